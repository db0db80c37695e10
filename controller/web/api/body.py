"""The body of a request as one flat JSON object, each field with its type and bounds; all else is said in words."""

import difflib
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from ostiary.controller.policy.yaml_text import MAX_BYTES
from ostiary.controller.web.problem import BadForm
from ostiary.protocol import strict_json
from ostiary.protocol.errors import Refused


class Body:
    """The fields that a request brought."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    @classmethod
    async def of(cls, request: Request, *known: str) -> "Body":
        """Raises `BadForm`, also for a name that is none of `known`: it would have been meant to change something."""
        try:
            fields = strict_json.loads_object(await request.body())
        except Refused as error:
            raise _bad(f"The body is not a JSON object as it should be ({error.detail}).") from error
        for name in fields:
            if name not in known:
                near = difflib.get_close_matches(name[:80], known, n=1)
                meant = f' Did you mean "{near[0]}"?' if near else ""
                raise _bad(f'There is no field "{name[:80]}"; there are: {", ".join(known)}.{meant}')
        return cls(fields)

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def text(self, name: str, otherwise: str | None = None, *, most: int = 400) -> str:
        """Text of at most `most` characters; without `otherwise` it must be there. Raises `BadForm`."""
        value = self._fields.get(name, otherwise)
        if not isinstance(value, str) or not 0 < len(value) <= most:
            raise _bad(f"{name} is a text of 1 to {most} characters.")
        return value

    def page(self, name: str) -> bytes:
        """A policy's text in UTF-8. Raises `BadForm`."""
        page = self.text(name, most=MAX_BYTES).encode()
        if len(page) > MAX_BYTES:
            raise _bad(f"{name} has {len(page)} bytes, and a policy may have {MAX_BYTES}.")
        return page

    def number(self, name: str, least: float, most: float, otherwise: float | None = None) -> float:
        """A number in [least, most]. Raises `BadForm`."""
        value = self._fields.get(name, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise _bad(f"{name} is a number from {least:g} to {most:g}.")
        return value

    def whole(self, name: str, least: int, most: int, otherwise: int | None = None) -> int:
        """A whole number in [least, most]. Raises `BadForm`."""
        value = self.number(name, least, most, otherwise)
        if not isinstance(value, int):
            raise _bad(f"{name} is a whole number.")
        return value


def _bad(why: str) -> BadForm:
    return BadForm("The request was not understood.", why, "Correct it and send it again.")


def described(example: Mapping[str, Any], schema: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    """A JSON body for the OpenAPI description: its fields, which of them must be there, and an example."""
    made = {"type": "object", "properties": dict(schema), "required": list(required), "additionalProperties": False}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": made, "example": dict(example)}},
        }
    }


def answers(example: Any, media: str = "application/json") -> dict[int | str, dict[str, Any]]:
    """The answer for the OpenAPI description, by an example."""
    return {200: {"content": {media: {"example": example}}}}
