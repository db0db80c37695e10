"""A person's passes and PIN as JSON."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from ostiary.controller.web import credentials
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.people import DONE, LATEST_MS, Enrols, Number, PersonId
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.credentials import PIN_LONGEST
from ostiary.controller.web.panel.who import by

router = APIRouter(prefix="/api/v1/people", tags=["people"])

UNTIL_MS = 1_800_000_000_000


@router.post(
    "/{person}/passes",
    openapi_extra=described(
        {"doors": "front,studio", "until_ms": UNTIL_MS, "single": 1},
        {
            "doors": {"type": "string", "maxLength": 400, "description": "1 to 8 doors, with commas between them"},
            "until_ms": {"type": "integer", "description": "At most 31 days from now"},
            "single": {"type": "integer", "minimum": 0, "maximum": 1, "description": "1: it lets the person in once"},
        },
        ("doors", "until_ms"),
    ),
    responses=answers({"pass": 3, "text": "OST1.…", "doors": ["front"], "until_ms": UNTIL_MS, "single": True}),
)
async def give_pass(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """A pass from now on. Its text is said this once; whoever has it has the pass."""
    body = await Body.of(request, "doors", "until_ms", "single")
    doors = [door.strip() for door in body.text("doors").split(",") if door.strip()]
    until_ms, single = body.whole("until_ms", 0, LATEST_MS), body.whole("single", 0, 1, 0) == 1
    made, text = await credentials.give_pass(desk_of(request), person, doors, until_ms, by(who), single=single)
    return {"pass": made.id, "text": text, "doors": made.doors, "until_ms": made.until_ms, "single": made.single}


@router.post("/{person}/passes/{number}/revoke", responses=DONE)
async def revoke_pass(request: Request, person: PersonId, number: Number, who: Enrols) -> dict[str, Any]:
    """The pass opens nothing any more."""
    await credentials.revoke_pass(desk_of(request), person, number, by(who))
    return {"person": person}


@router.post(
    "/{person}/pin",
    openapi_extra=described(
        {"pin": "274950"}, {"pin": {"type": "string", "minLength": 6, "maxLength": PIN_LONGEST}}, ("pin",)
    ),
    responses=DONE,
)
async def set_pin(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """The person's PIN from now on: 6 to 12 digits. A duress PIN that was set before is gone as well."""
    body = await Body.of(request, "pin")
    await credentials.set_pin(desk_of(request), person, body.text("pin", most=PIN_LONGEST), by(who))
    return {"person": person}


@router.post("/{person}/pin/clear", responses=DONE)
async def clear_pin(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """The person has no PIN any more."""
    await credentials.clear_pin(desk_of(request), person, by(who))
    return {"person": person}
