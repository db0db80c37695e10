"""The site now as JSON, and what an operator does to a door or a node; each deed with its purpose."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.who import Operator, by, signed_in

router = APIRouter(prefix="/api/v1", tags=["site"])

DoorId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$")]
NodeId = Annotated[str, Path(pattern="^[a-z0-9-]{1,60}$")]
Number = Annotated[int, Path(ge=0, le=2**53)]
Sees = Annotated[Operator, signed_in("see-now")]
Releases = Annotated[Operator, signed_in("release")]
Faces = Annotated[Operator, signed_in("face-off")]
Locks = Annotated[Operator, signed_in("lockdown")]
Commands = Annotated[Operator, signed_in("command-node")]
Acknowledges = Annotated[Operator, signed_in("acknowledge-alarm")]
WITH_PURPOSE = described({"purpose": "a parcel"}, {"purpose": PURPOSE}, ("purpose",))
LOCKING = described(
    {"door": None, "purpose": "smoke in the hall"},
    {
        "door": {"type": ["string", "null"], "description": "One door; null or left out: the whole site"},
        "purpose": PURPOSE,
    },
    ("purpose",),
)
RECORDED = answers({"index": 1234})


@router.get("/now", responses=answers({"doors": [{"id": "front", "word": "ready", "locked_ms": None}], "alarms": []}))
async def now(request: Request, who: Sees) -> dict[str, Any]:
    """Every door in a word, its nodes and whether each has acknowledged what it shall be, and the alarms that stand."""
    standing, doors, _ = await desk_of(request).now()
    return {"doors": [asdict(door) for door in doors], "alarms": standing["alarms"], "locked": standing["locked"]}


@router.get("/doors/{door}", responses=answers({"door": "front", "settings": {}, "nodes": [], "alarms": []}))
async def door(request: Request, door: DoorId, who: Sees) -> dict[str, Any]:
    """One door: its rule's settings, its nodes, what is locked, off or in alarm."""
    return await desk_of(request).act("door", {"door": door}, **by(who))


@router.post("/doors/{door}/release", openapi_extra=WITH_PURPOSE, responses=RECORDED)
async def release(request: Request, door: DoorId, who: Releases) -> dict[str, Any]:
    """Let the strike go once. Recorded first, then ordered of the strike's own node."""
    return await _purposed(request, "release", {"door": door}, who)


@router.post("/doors/{door}/face-off", openapi_extra=WITH_PURPOSE, responses=RECORDED)
async def face_off(request: Request, door: DoorId, who: Faces) -> dict[str, Any]:
    """The door looks at no face until `face-on`; its other ways in go on."""
    return await _purposed(request, "face-off", {"door": door}, who)


@router.post("/doors/{door}/face-on", openapi_extra=WITH_PURPOSE, responses=RECORDED)
async def face_on(request: Request, door: DoorId, who: Faces) -> dict[str, Any]:
    """The door looks at faces again, as its rule says."""
    return await _purposed(request, "face-on", {"door": door}, who)


@router.post("/lockdown", openapi_extra=LOCKING, responses=answers({"index": 1234, "nodes": ["front-1"]}))
async def lockdown(request: Request, who: Locks) -> dict[str, Any]:
    """Nobody is let in until `resume`; leaving works as ever. `nodes` are those that must acknowledge it."""
    return await _locking(request, "lockdown", who)


@router.post("/resume", openapi_extra=LOCKING, responses=answers({"index": 1234, "nodes": ["front-1"]}))
async def resume(request: Request, who: Locks) -> dict[str, Any]:
    """End a lockdown: of the site, or of one door."""
    return await _locking(request, "resume", who)


@router.post("/nodes/{node}/locate", responses=RECORDED)
async def locate(request: Request, node: NodeId, who: Commands) -> dict[str, Any]:
    """The node shows where it hangs for a minute."""
    return await desk_of(request).act("locate", {"node": node, "seconds": 60}, **by(who))


@router.post("/nodes/{node}/reboot", openapi_extra=WITH_PURPOSE, responses=RECORDED)
async def reboot(request: Request, node: NodeId, who: Commands) -> dict[str, Any]:
    """The node starts anew."""
    return await _purposed(request, "reboot", {"node": node}, who)


@router.post("/alarms/{number}/acknowledge", responses=RECORDED)
async def acknowledge(request: Request, number: Number, who: Acknowledges) -> dict[str, Any]:
    """Somebody has looked at this alarm; the log says who."""
    return await desk_of(request).act("acknowledge", {"number": number}, **by(who))


async def _purposed(request: Request, act: str, args: dict[str, Any], who: Operator) -> dict[str, Any]:
    body = await Body.of(request, "purpose")
    return await desk_of(request).act(act, args, body.text("purpose"), **by(who))


async def _locking(request: Request, act: str, who: Operator) -> dict[str, Any]:
    body = await Body.of(request, "door", "purpose")
    door = body.text("door", most=40) if body.has("door") else None
    return await desk_of(request).act(act, {"door": door}, body.text("purpose"), **by(who))
