"""What an operator does to one door or node: release, face off and on, locate, reboot; and an alarm acknowledged."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.doorway import name_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Releases = Annotated[Operator, signed_in("release")]
Faces = Annotated[Operator, signed_in("face-off")]
Commands = Annotated[Operator, signed_in("command-node")]
Sees = Annotated[Operator, signed_in("acknowledge-alarm")]
LOCATE_S = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """The one question before a deed: what is done, what that means, the button's words, and where it goes."""

    title: str
    means: str
    button: str
    action: str


@router.get("/doors/{door}/release")
async def ask_release(request: Request, door: str, who: Releases) -> Response:
    await desk_of(request).require_site_door(door)
    said = "The strike lets go once, for the door’s own time, whoever stands there. It is recorded with your purpose."
    return _ask(request, Asked(f"Release {name_of(door)} once", said, "Yes, release it", f"/doors/{door}/release"))


@router.post("/doors/{door}/release")
async def release(request: Request, door: str, who: Releases) -> Response:
    purpose = purpose_from(await read_form(request))
    await desk_of(request).act("release", {"door": door}, purpose, **by(who))
    return RedirectResponse("/", 303)


@router.get("/doors/{door}/face")
async def ask_face(request: Request, door: str, who: Faces) -> Response:
    desk = desk_of(request)
    await desk.require_site_door(door)
    action = f"/doors/{door}/face"
    if await _faceless(request, door):
        said = "From then on the door looks at faces again, as its rule says."
        return _ask(request, Asked(f"Face on at {name_of(door)}", said, "Yes, face on", action))
    said = "The door looks at no face until it is switched on again. Its other ways in go on."
    return _ask(request, Asked(f"Face off at {name_of(door)}", said, "Yes, face off", action))


@router.post("/doors/{door}/face")
async def face(request: Request, door: str, who: Faces) -> Response:
    purpose = purpose_from(await read_form(request))
    do = "face-on" if await _faceless(request, door) else "face-off"
    await desk_of(request).act(do, {"door": door}, purpose, **by(who))
    return RedirectResponse("/", 303)


@router.post("/nodes/{node}/locate")
async def locate(request: Request, node: str, who: Commands) -> Response:
    done = await desk_of(request).act("locate", {"node": node, "seconds": LOCATE_S}, **by(who))
    return RedirectResponse(f"/doors/{done['door']}?done=locate", 303)


@router.post("/nodes/{node}/reboot")
async def reboot(request: Request, node: str, who: Commands) -> Response:
    purpose = purpose_from(await read_form(request))
    done = await desk_of(request).act("reboot", {"node": node}, purpose, **by(who))
    return RedirectResponse(f"/doors/{done['door']}?done=reboot", 303)


@router.post("/alarms/{number}/acknowledge")
async def acknowledge(request: Request, number: int, who: Sees) -> Response:
    await desk_of(request).act("acknowledge", {"number": number}, **by(who))
    return RedirectResponse("/", 303)


async def _faceless(request: Request, door: str) -> bool:
    standing: dict[str, Any] = await desk_of(request).act("standing", {})
    return door in {off["door"] for off in standing["faceless"]}


def _ask(request: Request, asked: Asked) -> Response:
    return page(request, "door_ask.html", here="/", asked=asked, purpose_now=purpose_of(request) or "")
