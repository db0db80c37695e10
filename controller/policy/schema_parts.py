"""Pieces of JSON Schema (draft 2020-12) for what `reading.py` reads, so that an editor and the loader say the same."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

NAME: Schema = {
    "type": "string",
    "pattern": "^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$",
    "description": "1 to 40 small letters, digits and inner hyphens",
}
CLAUSES: Schema = {"$ref": "#/$defs/clauses"}  # a list of clauses, of whatever types there are
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def text(what: str, longest: int = 120) -> Schema:
    """1 to `longest` printable characters."""
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": what}


def word(words: Iterable[str], what: str) -> Schema:
    """One word of a closed set."""
    return {"enum": list(words), "description": what}


def integer(low: int, high: int, what: str) -> Schema:
    """A whole number within [low, high]."""
    return {"type": "integer", "minimum": low, "maximum": high, "description": what}


def duration(units: Iterable[str], what: str) -> Schema:
    """A duration such as `180d`."""
    listed = list(units)
    return {
        "type": "string",
        "pattern": f"^[0-9]{{1,6}}(?:{'|'.join(listed)})$",
        "description": f"{what}, with a unit: {', '.join(listed)}",
    }


def mapping(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, what: str | None = None
) -> Schema:
    """A mapping with these keys and no other."""
    described = {"description": what} if what else {}
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **described,
    }


def named(item: Schema, what: str) -> Schema:
    """A mapping from names of the document's own."""
    return {"type": "object", "propertyNames": NAME, "additionalProperties": item, "description": what}


def one_or_list(item: Schema, what: str) -> Schema:
    """One of something, or a list of it."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}], "description": what}


def any_number(item: Schema, what: str) -> Schema:
    """One of something, or a list of any number of it."""
    return {"anyOf": [item, {"type": "array", "items": item}], "description": what}
