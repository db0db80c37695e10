"""Imports of people and of ledger entries: a file is looked at first; a yes does exactly what was shown, or nothing."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import import_records, importing, joining
from ostiary.controller.people.errors import ImportChanged
from ostiary.controller.people.importing import Mistake
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm, RuleBroken
from ostiary.controller.web.render import day, page
from ostiary.protocol import base64url

router = APIRouter(include_in_schema=False)

Imports = Annotated[Operator, signed_in("import")]
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference on a page: counts, the first of what would be added, and the first mistakes."""

    name: str
    added: int
    unchanged: int
    refused: int
    lines: tuple[tuple[int, str], ...]
    mistakes: tuple[Mistake, ...]


@router.get("/people/import")
def people_form(request: Request, who: Imports) -> Response:
    return _page(request, "people")


@router.get("/ledger/import")
def ledger_form(request: Request, who: Imports) -> Response:
    return _page(request, "ledger")


@router.post("/people/import")
async def people(request: Request, who: Imports) -> Response:
    return await _imported(request, "people", who, _people)


@router.post("/ledger/import")
async def ledger(request: Request, who: Imports) -> Response:
    desk = desk_of(request)
    policy = await desk.policy()
    if policy is None:
        raise RuleBroken(
            "Nothing was imported.", "No policy rules, so no kind of entry is known.", "Publish one first."
        )

    def entries(desk: Desk, text: str, name: str, expect: str | None, asks: Asks) -> Shown:
        at_ms = now_ms()
        engine = desk.reading if expect is None else desk.people
        with engine.begin() as conn, importing.compare(conn, io.StringIO(text), policy, at_ms) as found:
            known, counts = found.sha256(), found.counts
            if expect is not None:
                _expected(expect, known)
                importing.apply(conn, found, policy, asks["operator"], at_ms)
                for asked, _ in import_records.pieces(found.added(), name, known):
                    desk.act_now("ledger-import", asked, **asks)
            said = ((row.line, f"{row.report.person}: {row.report.kind}, {day(row.report.occurred_ms)}, "
                     f"{row.report.evidence.title}") for row in found.added())  # fmt: skip
            mistakes = [*found.refused(), *found.conflicting()][:SHOWN]
            lines = tuple(line for line, _ in zip(said, range(SHOWN), strict=False))
            return Shown(
                known, counts.added, counts.unchanged, counts.refused + counts.conflicting, lines, tuple(mistakes)
            )

    return await _imported(request, "ledger", who, entries)


def _people(desk: Desk, text: str, name: str, expect: str | None, asks: Asks) -> Shown:
    at_ms = now_ms()
    engine = desk.reading if expect is None else desk.people

    def card_of(number: str) -> tuple[str, bytes]:
        told = desk.act_now("card-tag", {"number": number}, **asks)
        return told["tag"], base64url.decode(told["sealed"])

    with engine.begin() as conn:
        found = joining.compare(conn, io.StringIO(text), at_ms, card_of)
        known = found.sha256()
        if expect is not None:
            _expected(expect, known)
            joining.apply(conn, found, asks["operator"], at_ms, os.urandom)
    lines = tuple((one.line, f"{one.name}, {one.evidence.title}") for one in found.added[:SHOWN])
    return Shown(known, len(found.added), found.unchanged, len(found.refused), lines, found.refused[:SHOWN])


def _expected(expect: str, found: str) -> None:
    if expect != found:
        raise ImportChanged(expect, found)


Work = Callable[[Desk, str, str, str | None, Asks], Shown]


async def _imported(request: Request, what: str, who: Operator, work: Work) -> Response:
    """A file: look at it. The key of one that was looked at: import it."""
    desk = desk_of(request)
    form = await read_form(request)
    if key := form.fields.get("key", ""):
        held = desk.held_files.take(key, who.name)
        done = await run_in_threadpool(work, desk, held.text, held.name, held.expect, by(who))
        await desk.refresh()
        return RedirectResponse(f"/{what}/import?added={done.added}", 303)
    text = _file(form)
    shown = await run_in_threadpool(work, desk, text, "panel", None, by(who))
    key = desk.held_files.keep(text, "panel", shown.name, who.name) if shown.added and not shown.refused else ""
    return _page(request, what, shown, key)


def _file(form: Form) -> str:
    files = form.files.get("file", ())
    try:
        text = files[-1].decode("utf-8-sig") if files else form.fields.get("text", "")
    except UnicodeDecodeError as error:
        raise BadForm(
            "The file was not read.", "It is not UTF-8.", "Save it as CSV in UTF-8 and bring it again."
        ) from error
    if not text.strip():
        raise BadForm("There is nothing to import.", "No file came, or it is empty.", "Choose a CSV file.")
    return text


def _page(request: Request, what: str, shown: Shown | None = None, key: str = "") -> Response:
    columns = joining.COLUMNS if what == "people" else importing.COLUMNS
    added = request.query_params.get("added", "")
    done = f"Imported: {int(added)}." if added.isascii() and added.isdigit() and len(added) < 8 else ""
    view = {"what": what, "shown": shown, "key": key, "columns": ", ".join(columns), "done": done, "most": SHOWN}
    return page(request, "import.html", here=f"/{what}", **view)
