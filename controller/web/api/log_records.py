"""The log as JSON: any filter at any depth, receipts, exports with their proofs, and its numbers."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ostiary.controller.web import numbers, verifying
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.api.policy_preview import NDJSON
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.panel.log import MOST_EXPORTED, exported
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.register import HOUR_MS, Filter

router = APIRouter(prefix="/api/v1", tags=["log"])

Position = Annotated[int, Path(ge=0, le=2**53)]
Word = Annotated[str | None, Query(max_length=64)]
Time = Annotated[int | None, Query(ge=0, le=2**53, description="Unix milliseconds")]
Reads = Annotated[Operator, signed_in("read-log")]
Proves = Annotated[Operator, signed_in("give-receipt")]
Exports = Annotated[Operator, signed_in("export")]
Counts = Annotated[Operator, signed_in("see-numbers")]
MOST = 500
WITH_PURPOSE = described({"purpose": "contest 7"}, {"purpose": PURPOSE}, ("purpose",))
WHOLE = {"type": "integer", "minimum": 0}


@router.get("/records", responses=answers({"records": [{"position": 7, "kind": "decision"}], "next": 7, "behind": 0}))
async def records(
    request: Request, who: Reads, kind: Word = None, door: Word = None, verdict: Word = None, code: Word = None,
    since_ms: Time = None, until_ms: Time = None,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="The `next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Records by their index columns, the newest first; `behind` counts those that are not arranged yet."""
    desk = desk_of(request)
    wanted = Filter(kind, door, verdict, code, since_ms, until_ms)

    def read() -> tuple[list[dict[str, Any]], bool]:
        positions = desk.register.page(wanted, limit + 1, before=before)
        return [asdict(row) for row in desk.index.rows_at(positions[:limit])], len(positions) > limit

    found, more = await run_in_threadpool(read)
    following = found[-1]["position"] if more else None
    return {"records": found, "next": following, "behind": await run_in_threadpool(desk.following.behind)}


@router.post("/decisions/{position}/receipt", openapi_extra=WITH_PURPOSE, responses=answers({"index": 7, "file": "…"}))
async def receipt(request: Request, position: Position, who: Proves) -> dict[str, Any]:
    """The receipt of a record, for the person, who has shown who they are."""
    return await _purposed(request, "receipt", position, who)


@router.post("/decisions/{position}/verify", openapi_extra=WITH_PURPOSE, responses=answers({"holds": True, "says": []}))
async def verify(request: Request, position: Position, who: Proves) -> dict[str, Any]:
    """What the verifier that shares no code with the controller says of the record's receipt."""
    found = await _purposed(request, "receipt", position, who)
    key = (await desk_of(request).act("standing", {}))["log_key"] or ""
    return asdict(await verifying.verify(found["file"], key))


@router.post(
    "/records/export",
    response_class=StreamingResponse,
    openapi_extra=described(
        {"first": 0, "last": 99, "purpose": "the yearly audit"},
        {"first": WHOLE, "last": WHOLE, "purpose": PURPOSE},
        ("first", "last", "purpose"),
    ),
    responses=answers('{"index":0,"kind":"fleet","record":"…","file":"…"}\n', NDJSON),
)
async def export(request: Request, who: Exports) -> Response:
    """Records with their proofs, one JSON text a line."""
    body = await Body.of(request, "first", "last", "purpose")
    first, last = body.whole("first", 0, 2**53), body.whole("last", 0, 2**53)
    if not first <= last < first + MOST_EXPORTED:
        why = f"first is no later than last, and at most {MOST_EXPORTED} records go at once."
        raise BadForm("Nothing was exported.", why, "Correct it and send it again.")
    return StreamingResponse(
        await exported(desk_of(request), first, last + 1, body.text("purpose"), who), media_type=NDJSON
    )


@router.get("/numbers", responses=answers({"reasons": [], "late": [], "waits": {"by": []}}))
async def counted(request: Request, who: Counts, days: Annotated[int, Query(ge=1, le=366)] = 7) -> dict[str, Any]:
    """Decisions by hour and door, reasons, waits by credential, and signs of false rejection; nobody is named."""
    desk = desk_of(request)
    since_ms = now_ms() - days * 24 * HOUR_MS
    counts = await run_in_threadpool(desk.register.counts, since_ms)
    late = await run_in_threadpool(desk.register.late, since_ms)
    return {
        "since_ms": since_ms,
        "counts": [asdict(one) for one in counts if one.kind == "decision"],
        "reasons": [asdict(one) for one in numbers.reasons(counts)],
        "late": [{"hour_ms": hour_ms, "door": door, "count": count} for hour_ms, door, count in late],
        "waits": await desk.act("waits", {"since_ms": since_ms}, **by(who)),
    }


async def _purposed(request: Request, act: str, position: int, who: Operator) -> dict[str, Any]:
    body = await Body.of(request, "purpose")
    return await desk_of(request).act(act, {"index": position}, body.text("purpose"), **by(who))
