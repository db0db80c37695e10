"""Doors as JSON: which there are, how their pins stand, and stepping up to one."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web import doorway
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.panel.step_up import CARD_LONGEST, pictures_of
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in
from ostiary.protocol.doorstep import MOST_PICTURES

router = APIRouter(prefix="/api/v1/doors", tags=["doors"])

DoorId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$")]


@router.get("", dependencies=[signed_in("see-now")])
async def doors(request: Request) -> list[dict[str, Any]]:
    """Every door of the policy, what it asks for, and its pins now."""
    desk = desk_of(request)
    known = await desk.doors()
    states = await doorway.states(desk.places, [door.id for door in known])
    return [
        {
            "door": door.id,
            "asks": door.asks,
            "pins": {"strike": state.strike, "contact": state.contact} if state.here else None,
        }
        for door, state in zip(known, states, strict=True)
    ]


@router.post(
    "/{door}/present",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "picture": {
                                "type": "array",
                                "items": {"type": "string", "format": "binary"},
                                "maxItems": MOST_PICTURES,
                                "description": "JPEG, PNG or WebP, at most 20 MB together; several are seen one after "
                                "the other, as a door that asks for motion wants",
                            },
                            "portrait": {"type": "string", "description": "The name of a sample portrait instead"},
                            "card": {"type": "string", "maxLength": CARD_LONGEST},
                            "walk": {"type": "boolean", "description": "Walk through if the door opens"},
                            "purpose": {
                                "type": "string",
                                "description": "With a purpose, `decision` has the record; the look-up is recorded",
                            },
                        },
                    }
                }
            },
        }
    },
)
async def present(request: Request, door: DoorId, who: Annotated[Operator, signed_in("try-door")]) -> dict[str, Any]:
    """Show pictures, a card or both to a virtual door. `decision` is null unless a purpose was given."""
    desk = desk_of(request)
    await desk.require_door(door)
    form = await read_form(request)
    card = "".join(form.text("card", CARD_LONGEST, "The card", needed=False).split()) or None
    purpose = purpose_from(form) if "purpose" in form.fields else None
    pictures = pictures_of(form, form.fields.get("portrait", "-"))
    reply = await doorway.step_up(desk.places, door, pictures, card, form.ticked("walk"))
    code = doorway.receipt_of(reply)
    decision = (
        await desk.act("look-up", {"receipt": code}, purpose) if code and purpose and who.may("open-decision") else None
    )
    return {
        "door": door,
        "show": reply["show"],
        "receipt": code,
        "outcome": reply.get("outcome"),
        "asked_to_turn": reply.get("asked_to_turn", False),
        "ms": reply.get("ms") or {},
        "decision": decision,
    }
