"""What an operator orders of doors and nodes, as JSON: release, lockdown and resume, face off and on, alarms."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.doors import DoorId
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1", tags=["doors"])

NodeId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$")]
WHY = described({"purpose": "a parcel at the front"}, {"purpose": PURPOSE}, ("purpose",))
DOOR = {"type": ["string", "null"], "maxLength": 40, "description": "One door; null or absent: the whole site"}
LOCK = described(
    {"door": "laser-room", "purpose": "the laser is repaired"}, {"door": DOOR, "purpose": PURPOSE}, ("purpose",)
)
SECONDS = {"seconds": {"type": "integer", "minimum": 1, "maximum": 600, "default": 60}}


@router.get("/standing", dependencies=[signed_in("see-now")], responses=answers({"site": "northside", "nodes": []}))
async def standing(request: Request) -> dict[str, Any]:
    """How the keeper and its nodes are: who is online, what is locked down, whether the log can be written."""
    return await desk_of(request).act("standing", {})


@router.get("/alarms", dependencies=[signed_in("see-now")], responses=answers({"alarms": []}))
async def alarms(request: Request) -> dict[str, Any]:
    """Every alarm that stands, acknowledged or not."""
    return await desk_of(request).act("alarms", {})


@router.post(
    "/alarms/{number}/acknowledge", dependencies=[signed_in("acknowledge-alarm")], responses=answers({"index": 1234})
)
async def acknowledge(request: Request, number: Annotated[int, Path(ge=0, le=2**53)]) -> dict[str, Any]:
    """Say that somebody looks after it. It stays until its cause is gone."""
    return await desk_of(request).act("acknowledge", {"number": number})


@router.post(
    "/doors/{door}/release",
    dependencies=[signed_in("release")],
    openapi_extra=WHY,
    responses=answers({"index": 1234, "receipt": "7K3MZQ9W2H5D8RXA", "node": "front-1", "pulse_ms": 5000}),
)
async def release(request: Request, door: DoorId) -> dict[str, Any]:
    """Let the strike go once, for the door's own time. Refused in a lockdown."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("release", {"door": door}, body.text("purpose"))


@router.post("/lockdown", dependencies=[signed_in("lockdown")], openapi_extra=LOCK, responses=answers({"index": 1234}))
async def lockdown(request: Request) -> dict[str, Any]:
    """Let nobody in from now on. Leaving is never locked."""
    return await _locked(request, "lockdown")


@router.post("/resume", dependencies=[signed_in("lockdown")], openapi_extra=LOCK, responses=answers({"index": 1234}))
async def resume(request: Request) -> dict[str, Any]:
    """End a lockdown: of the site, or of one door."""
    return await _locked(request, "resume")


@router.put("/doors/{door}/face-off", dependencies=[signed_in("face-off")], openapi_extra=WHY, responses=answers({}))
async def face_off(request: Request, door: DoorId) -> dict[str, Any]:
    """The door looks at no face until it is switched on again; its other ways in go on."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("face-off", {"door": door}, body.text("purpose"))


@router.delete("/doors/{door}/face-off", dependencies=[signed_in("face-off")], openapi_extra=WHY, responses=answers({}))
async def face_on(request: Request, door: DoorId) -> dict[str, Any]:
    """The door looks at faces again, as its rule says."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("face-on", {"door": door}, body.text("purpose"))


@router.post(
    "/nodes/{node}/locate",
    dependencies=[signed_in("command-node")],
    openapi_extra=described({"seconds": 60}, SECONDS, ()),
    responses=answers({"index": 1234, "node": "front-1", "door": "front"}),
)
async def locate(request: Request, node: NodeId) -> dict[str, Any]:
    """The node blinks, so that whoever installs it finds it."""
    body = await Body.of(request, "seconds")
    return await desk_of(request).act("locate", {"node": node, "seconds": body.whole("seconds", 1, 600, 60)})


@router.post(
    "/nodes/{node}/reboot",
    dependencies=[signed_in("command-node")],
    openapi_extra=WHY,
    responses=answers({"index": 1234, "node": "front-1", "door": "front"}),
)
async def reboot(request: Request, node: NodeId) -> dict[str, Any]:
    """The node starts anew. Nothing moves by it."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("reboot", {"node": node}, body.text("purpose"))


async def _locked(request: Request, do: str) -> dict[str, Any]:
    body = await Body.of(request, "door", "purpose")
    door = body.text("door", most=40) if body.has("door") else None
    return await desk_of(request).act(do, {"door": door}, body.text("purpose"))
