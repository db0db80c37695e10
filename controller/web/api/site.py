"""The site now as JSON: every door in a word, and one door whole."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web.api.body import answers
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.who import Operator, by, signed_in

router = APIRouter(prefix="/api/v1", tags=["site"])

DoorId = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$")]
Sees = Annotated[Operator, signed_in("see-now")]


@router.get("/now", responses=answers({"doors": [{"id": "front", "word": "ready", "locked_ms": None}], "alarms": []}))
async def now(request: Request, who: Sees) -> dict[str, Any]:
    """Every door in a word, its nodes and whether each has acknowledged what it shall be, and the alarms that stand."""
    standing, doors, _ = await desk_of(request).now()
    return {"doors": [asdict(door) for door in doors], "alarms": standing["alarms"], "locked": standing["locked"]}


@router.get("/doors/{door}", responses=answers({"door": "front", "settings": {}, "nodes": [], "alarms": []}))
async def door(request: Request, door: DoorId, who: Sees) -> dict[str, Any]:
    """One door: its rule's settings, its nodes, what is locked, off or in alarm."""
    return await desk_of(request).act("door", {"door": door}, **by(who))
