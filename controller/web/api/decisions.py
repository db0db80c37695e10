"""Decisions as JSON, from the log's index: when, where, what and the reason's code. Never a name."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.who import signed_in
from ostiary.controller.web.views import Row

router = APIRouter(prefix="/api/v1/decisions", tags=["decisions"])

MOST = 200


def told(row: Row) -> dict[str, Any]:
    return {
        "position": row.position,
        "at_ms": row.at_ms,
        "door": row.door,
        "verdict": row.verdict,
        "reason": row.code,
    }


@router.get("", dependencies=[signed_in("read-log")])
async def decisions(
    request: Request,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="Only positions below this one")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """The newest decisions first. `next` is the `before` of the following page, null at the log's beginning."""
    rows, following = await run_in_threadpool(desk_of(request).index.newest, limit, before)
    return {"decisions": [told(row) for row in rows], "next": following}
