"""The log: filtered and paged by its index at any depth, exported with proofs, and each record verified in place."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ostiary.controller.web import log_words, verifying
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.register import Filter
from ostiary.controller.web.render import page
from ostiary.controller.web.views import LogState

router = APIRouter(include_in_schema=False)

Reads = Annotated[Operator, signed_in("read-log")]
Exports = Annotated[Operator, signed_in("export")]
Proves = Annotated[Operator, signed_in("give-receipt")]
PAGE = 100
VERDICTS = ("grant", "deny")
MOST_EXPORTED = 1_000_000


@router.get("/log")
async def log(
    request: Request, who: Reads, kind: str = "", door: str = "", verdict: str = "", code: str = "",
    since: str = "", until: str = "", before: str = "",
) -> Response:  # fmt: skip
    desk = desk_of(request)
    days = Form({"since": since, "until": until}, {})
    wanted = Filter(
        kind or None, door or None, verdict or None, code or None,
        days.first_of_day("since", "The first day"), days.day("until", "The last day"),
    )  # fmt: skip
    below = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None

    def read() -> tuple[list[log_words.LogLine], bool]:
        positions = desk.register.page(wanted, PAGE + 1, before=below)
        return [log_words.line(row) for row in desk.index.rows_at(positions[:PAGE])], len(positions) > PAGE

    lines, more = await run_in_threadpool(read)
    asked = {name: value for name, value in request.query_params.items() if value and name != "before"}
    older = f"/log?{urlencode(asked | {'before': str(lines[-1].position)})}" if more else ""
    return page(
        request, "log.html", here="/log", lines=lines, older=older, newest=f"/log?{urlencode(asked)}" if below else "",
        asked=asked, choices=desk.register.choices(), verdicts=VERDICTS,
        behind=await run_in_threadpool(desk.following.behind), log=await _state(desk), asks=purpose_of(request) or "",
    )  # fmt: skip


@router.post("/log/export")
async def export(request: Request, who: Exports) -> Response:
    """Records with their proofs, one JSON object a line, as they come."""
    desk = desk_of(request)
    form = await read_form(request)
    purpose = purpose_from(form)
    first, upto = _number(form, "first", "The first record"), _number(form, "last", "The last record") + 1
    if not first < upto <= first + MOST_EXPORTED:
        why = f"The first stands before the last, and at most {MOST_EXPORTED} records go at once."
        raise BadForm("Nothing was exported.", why, "Go back and choose other numbers.")
    pieces = await exported(desk, first, upto, purpose, who)
    name = f"ostiary-log-{first}-{upto - 1}.jsonl"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type="application/jsonl", headers=headers)


@router.post("/decisions/{position}/verify")
async def verify(request: Request, position: int, who: Proves) -> Response:
    """The receipt of a record, given to the verifier that shares no code with the controller; and what it said."""
    purpose = purpose_from(await read_form(request))
    found = await desk_of(request).act("receipt", {"index": position}, purpose, **by(who))
    said = await verifying.verify(found["file"], (await _state(desk_of(request))).key)
    return page(request, "verified.html", here="/log", position=position, said=said)


@router.post("/decisions/{position}/receipt")
async def receipt(request: Request, position: int, who: Proves) -> Response:
    """The receipt as a file, for the person, who has shown who they are."""
    purpose = purpose_from(await read_form(request))
    found = await desk_of(request).act("receipt", {"index": position}, purpose, **by(who))
    headers = {"content-disposition": f'attachment; filename="receipt-{position}.txt"'}
    return Response(found["file"], media_type="text/plain; charset=utf-8", headers=headers)


async def exported(desk: Desk, first: int, upto: int, purpose: str, who: Operator) -> AsyncIterator[bytes]:
    """The lines of an export that the keeper has recorded."""
    begun = await desk.act("export", {"first": first, "upto": upto}, purpose, **by(who))
    return _pieces(desk, begun, purpose, who)


async def _pieces(desk: Desk, begun: dict[str, Any], purpose: str, who: Operator) -> AsyncIterator[bytes]:
    told = begun
    while True:
        for record in told["records"]:
            yield verifying.line(record)
        if told["next"] >= told["upto"] or not told["records"]:
            return
        more = {"first": told["next"], "upto": told["upto"], "begun": told["begun"]}
        told = await desk.act("export", more, purpose, **by(who))


async def _state(desk: Desk) -> LogState:
    standing = await desk.act("standing", {})
    return LogState(
        standing["log_size"],
        standing["checkpoint"] or "",
        standing["log_key"] or "",
        tuple(standing["log_witnesses"] or ()),
        tuple(standing["log_alarms"] or ()),
    )


def _number(form: Form, name: str, called: str) -> int:
    value = form.text(name, 15, called)
    if not value.isascii() or not value.isdigit():
        raise BadForm(f"{called} is no number.", "Records are numbered from 0.", "Go back and correct it.")
    return int(value)
