"""The contract described from its own tables: as an AsyncAPI 3 document, and as tables for a person to read.

AsyncAPI is https://www.asyncapi.com/docs/reference/specification/v3.0.0; payloads are JSON Schema (draft 7), which says
less than `messages.py` checks: what fields say against each other, and that a message has at most 8192 bytes.
"""

from ostiary.protocol import codes, messages, topics
from ostiary.protocol.parts import VERSION

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

TITLES = {
    "ask": "somebody stands at the door",
    "answer": "what was decided, and what the display says",
    "event": "the door's journal, complete and without gaps",
    "live": "the same as it happens; may be lost",
    "status": "whether the node is there, and the nonce of the moment",
    "desired": "what the node shall be",
    "reported": "what the node took of it",
    "command": "an order of an operator",
    "release": "a grant that moves the strike of another node",
    "pack": "a part of what the node needs to decide alone",
}
_SEALED = (
    "What travels is a compact JWE (RFC 7516) with alg dir and enc A128CBC-HS256, sealed with the node's key of this "
    "purpose; the payload described here is its plaintext."
)


def asyncapi() -> "dict[str, Any]":
    """The whole contract as an AsyncAPI 3.0.0 document, from the node's side: it sends what goes up."""
    channels: "dict[str, Any]" = {}
    operations: "dict[str, Any]" = {}
    described: "dict[str, Any]" = {}
    for purpose in topics.PURPOSES:
        title = purpose + ": " + TITLES[purpose]
        channels[purpose] = {
            "address": topics.ROOT + "/{site}/{node}/" + purpose,
            "title": title,
            "parameters": {
                "site": {"description": "the site: 1 to 40 of a-z, 0-9 and the hyphen"},
                "node": {"description": "the node, as its certificate names it; the same letters"},
            },
            "messages": {purpose: {"$ref": "#/components/messages/" + purpose}},
        }
        up = topics.DIRECTION[purpose] == "up"
        operation: "dict[str, Any]" = {
            "action": "send" if up else "receive",
            "channel": {"$ref": "#/channels/" + purpose},
            "title": title,
            "messages": [{"$ref": "#/channels/" + purpose + "/messages/" + purpose}],
        }
        if up:  # the binding says how a message is published, and only what goes up is published by a node
            binding = {"qos": topics.qos(purpose), "retain": topics.retained(purpose), "bindingVersion": "0.2.0"}
            operation["bindings"] = {"mqtt": binding}
        if purpose == "ask":
            operation["reply"] = {
                "channel": {"$ref": "#/channels/answer"},
                "messages": [{"$ref": "#/channels/answer/messages/answer"}],
            }
        operations[("send-" if up else "receive-") + purpose] = operation
        described[purpose] = {
            "name": purpose,
            "title": title,
            "description": _SEALED,
            "contentType": "application/json",
            "payload": schema(("object", messages.KINDS[purpose])),
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ostiary: a door's node and its keeper",
            "version": str(VERSION) + ".0.0",
            "description": "MQTT 3.1.1 over TLS with the node's certificate. docs/protocol.md says the rest: seal, "
            "freshness, what is refused and how.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": described},
    }


def schema(shape: "tuple[Any, ...]") -> "dict[str, Any]":
    """JSON Schema (draft 7) of one shape of `shapes.py`."""
    kind = shape[0]
    if kind in ("integer", "number"):
        return {"type": kind, "minimum": shape[1], "maximum": shape[2]}
    if kind == "flag":
        return {"type": "boolean"}
    if kind == "one-of":
        return {"type": "string", "enum": list(shape[1])}
    if kind == "name":
        return _pattern(_class(topics.NAME_ALPHABET), 1, topics.NAME_LONGEST)
    if kind == "word":
        return _pattern(_class(shape[1]), shape[2], shape[3])
    if kind == "reason":
        return {
            "anyOf": [{"type": "string", "enum": list(shape[1])}, {"type": "string", "pattern": _measured(shape[2])}]
        }
    if kind == "text":
        return _pattern("[^\\u0000-\\u001f\\u007f-\\u009f]", shape[1], shape[2])
    if kind == "bytes":
        return _pattern("[A-Za-z0-9_-]", (shape[1] * 4 + 2) // 3, (shape[2] * 4 + 2) // 3)
    if kind == "numbers":
        return {
            "type": "object",
            "maxProperties": shape[1],
            "propertyNames": {"pattern": _measured("")},
            "additionalProperties": {"type": "number", "minimum": shape[2], "maximum": shape[3]},
        }
    if kind == "set-of":
        items = {"type": "string", "enum": list(shape[1])}
        return {"type": "array", "items": items, "minItems": 1, "maxItems": len(shape[1]), "uniqueItems": True}
    properties: "dict[str, Any]" = {}
    for name, _, inner, says in shape[1]:
        properties[name] = schema(inner)
        properties[name]["description"] = says
    return {"type": "object", "properties": properties, "required": [name for name, needed, _, _ in shape[1] if needed]}


def _pattern(letters: str, low: int, high: int) -> "dict[str, Any]":
    return {"type": "string", "pattern": "^" + letters + "{" + str(low) + "," + str(high) + "}$"}


def _class(alphabet: str) -> str:
    # The hyphen last, where it means itself.
    return "[" + alphabet.replace("-", "") + ("-" if "-" in alphabet else "") + "]"


def _measured(prefix: str) -> str:
    return "^" + prefix + "[a-z0-9_-]{1,40}$"


def words(shape: "tuple[Any, ...]") -> str:
    """One shape, to be read by a person."""
    kind = shape[0]
    if kind == "integer":
        return str(shape[1]) if shape[1] == shape[2] else "integer, " + str(shape[1]) + " to " + str(shape[2])
    if kind == "number":
        return "number, " + str(shape[1]) + " to " + str(shape[2])
    if kind == "flag":
        return "true or false"
    if kind == "one-of":
        return (
            "an event's kind, below" if shape[1] is codes.EVENTS else ", ".join(["`" + one + "`" for one in shape[1]])
        )
    if kind == "name":
        return "name"
    if kind == "word":
        return _span(shape[2], shape[3]) + " of `" + shape[1] + "`"
    if kind == "reason":
        return ", ".join(["`" + one + "`" for one in shape[1]]) + ", or `" + shape[2] + "` and a measure"
    if kind == "text":
        return "text, " + _span(shape[1], shape[2]) + " characters"
    if kind == "bytes":
        return "base64url of " + _span(shape[1], shape[2]) + " bytes"
    if kind == "numbers":
        return "object of at most " + str(shape[1]) + " measures, each " + str(shape[2]) + " to " + str(shape[3])
    if kind == "set-of":
        return "array of " + ", ".join(["`" + one + "`" for one in shape[1]]) + ", each once"
    return "object"


def _span(low: int, high: int) -> str:
    return str(low) if low == high else str(low) + " to " + str(high)


def fields(kind: str) -> str:
    """The fields of one kind of message as a table in Markdown."""
    lines = ["| field | | | what it says |", "|---|---|---|---|"]
    _rows(lines, "", messages.KINDS[kind])
    return "\n".join(lines)


def _rows(lines: "list[str]", path: str, table: "tuple[Any, ...]") -> None:
    for name, needed, shape, says in table:
        lines.append(
            "| `"
            + path
            + name
            + "` | "
            + ("needed" if needed else "optional")
            + " | "
            + words(shape)
            + " | "
            + says
            + " |"
        )
        if shape[0] == "object":
            _rows(lines, path + name + ".", shape[1])


def purposes() -> str:
    """Every topic's purpose as a table in Markdown."""
    lines = ["| purpose | direction | QoS | retained | what |", "|---|---|---|---|---|"]
    for purpose in topics.PURPOSES:
        said = ["`" + purpose + "`", "node →" if topics.DIRECTION[purpose] == "up" else "→ node"]
        said += [str(topics.qos(purpose)), "yes" if topics.retained(purpose) else "no", TITLES[purpose]]
        lines.append("| " + " | ".join(said) + " |")
    return "\n".join(lines)


def sentences(listed: "tuple[str, ...]") -> str:
    """Codes with their sentences as a table in Markdown."""
    lines = ["| code | |", "|---|---|"]
    lines += ["| `" + code + "` | " + codes.SAYS[code] + " |" for code in listed]
    return "\n".join(lines)


def page(text: str) -> str:
    """A page in Markdown with every table in it made anew: each stands between `<!-- NAME -->` and `<!-- end -->`."""
    made = [text.split("<!-- ", 1)[0]]
    for part in text.split("<!-- ")[1:]:
        name, _, rest = part.partition(" -->")
        if name == "end":
            made.append("<!-- end -->" + rest)
        else:
            made.append("<!-- " + name + " -->\n" + _table(name) + "\n")
    return "".join(made)


def _table(name: str) -> str:
    if name == "purposes":
        return purposes()
    if name == "refusals":
        return sentences(codes.REFUSALS)
    if name == "events":
        return sentences(codes.EVENTS)
    return fields(name)
