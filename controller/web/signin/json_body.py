"""Reads what a script of our own pages sends: one JSON object."""

from typing import Any

from starlette.requests import Request

from ostiary.controller.web.problem import BadForm
from ostiary.protocol import strict_json
from ostiary.protocol.errors import Refused


async def read_json(request: Request) -> dict[str, Any]:
    """Raises `BadForm`, and `BodyTooLarge` from the guard's bounded stream."""
    try:
        return strict_json.loads_object(await request.body())
    except Refused as error:
        raise BadForm(
            "The request was not understood.", f"The body is not JSON as it should be ({error.detail}).", "Try again."
        ) from error


def credential_of(body: dict[str, Any]) -> dict[str, Any]:
    """What the browser's passkey said; an empty object, which nothing accepts, where it said nothing."""
    said = body.get("credential")
    return said if isinstance(said, dict) else {}
