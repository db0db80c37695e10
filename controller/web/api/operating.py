"""Operators and one's own token as JSON: who there is, and what the program that asks may do."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people import operators
from ostiary.controller.web.api.body import answers
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1", tags=["operators"])


@router.get("/me", responses=answers({"name": "anna", "roles": ["admin"], "deeds": ["see-now", "read-log"]}))
async def me(who: Annotated[Operator, signed_in("see-now")]) -> dict[str, Any]:
    """Whose token it is, and what it may do now: its scopes, as far as its operator may."""
    return {"name": who.name, "roles": sorted(who.roles), "deeds": sorted(who.deeds)}


@router.get(
    "/operators",
    dependencies=[signed_in("manage-operators")],
    responses=answers({"operators": [{"name": "anna", "roles": ["admin"], "active": True}]}),
)
async def everybody(request: Request) -> dict[str, Any]:
    """All who ever were, by name. They are added and changed in the panel, by somebody who has just signed in."""

    def read() -> list[dict[str, Any]]:
        with desk_of(request).reading.begin() as conn:
            known = operators.operators(conn)
        return [{"name": one.name, "roles": sorted(one.roles), "active": one.active} for one in known]

    return {"operators": await run_in_threadpool(read)}
