"""Enrolling a face as JSON: from a picture and the consent, with the question whether the person is here already."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.web import doubles, enrolling, roster
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.doubles import Newcomer
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.people import require_consent
from ostiary.controller.web.panel.step_up import picture_of
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/people", tags=["people"])

PersonId = Annotated[str, Path(pattern="^p-[a-z2-7]{16}$")]
Enrols = Annotated[Operator, signed_in("enrol")]
ONE = "p-mfrggzdfmztwq2lk"
HELD = {"type": "string", "minLength": 1, "maxLength": 64}


@router.post(
    "/{person}/face",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "picture": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP"},
                            "portrait": {"type": "string", "description": "The name of a sample portrait instead"},
                            "consent": {"type": "boolean", "description": "The person read the notice and agrees"},
                        },
                    }
                }
            },
        }
    },
    responses=answers({"person": ONE, "held": None}),
)
async def enrol(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """A template of the picture, which is forgotten. With `held` nothing was enrolled: the face may be somebody's who
    is enrolled already. Look whose with `/face/look-up`, and say who it is with `/face/settle`, within ten minutes."""
    desk = desk_of(request)
    await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    form = await read_form(request)
    picture = picture_of(form, form.fields.get("portrait", "-"))
    if picture is None:
        raise BadForm("No picture came.", "A template is made of one.", "Send a picture.")
    require_consent(form, picture)
    probe = await desk.faces.probe(picture)
    held = await doubles.held(desk, person, probe)
    if held is None:
        await enrolling.agree(desk, person)
        await enrolling.enrol_face(desk, person, probe)
    return {"person": person, "held": held}


@router.post(
    "/{person}/face/look-up",
    openapi_extra=described(
        {"held": "kXz0", "purpose": "enrolling Ada"}, {"held": HELD, "purpose": PURPOSE}, ("held", "purpose")
    ),
    responses=answers({"people": [{"id": ONE, "name": "Ada Lovelace"}]}),
)
async def look_up(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """Whom the held face looks like. They can read who looked and why."""
    body = await Body.of(request, "held", "purpose")
    alike = await doubles.looked_up(desk_of(request), body.text("held", most=64), body.text("purpose"))
    return {"people": [{"id": one.id, "name": one.name} for one in alike]}


@router.post(
    "/{person}/face/settle",
    openapi_extra=described(
        {"held": "kXz0", "reason": "Twins; both were here."},
        {
            "held": HELD,
            "same": {"type": "string", "description": "Who of those it looks like it is; without it, somebody else"},
            "reason": {"type": "string", "maxLength": 500, "description": "How it is known to be somebody else"},
        },
        ("held",),
    ),
    responses=answers({"person": ONE}),
)
async def settle(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """Who it is: the face is enrolled for that person, and the answer names them."""
    desk = desk_of(request)
    body = await Body.of(request, "held", "same", "reason")
    named = await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    held = body.text("held", most=64)
    if body.has("same"):
        one = body.text("same", most=40)
        await doubles.same(desk, held, one)
        return {"person": one}
    newcomer = Newcomer(named.name, "", False, named.id)
    return {"person": await doubles.another(desk, held, newcomer, body.text("reason", most=500), who.name)}
