"""The ledger of the site: record an entry with its document, what each kind weighs, and what ends soon."""

import hashlib
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people.evidence import Evidence
from ostiary.controller.web import enrolling, ledger_ahead, roster
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.ledger_ahead import SOON, KindLine
from ostiary.controller.web.panel.people import LONGEST
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm, RuleBroken
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Enters = Annotated[Operator, signed_in("ledger-entry")]
Lists = Annotated[Operator, signed_in("list-people")]
DONE = {"entry": "The entry is recorded, with its document."}


@router.get("/ledger")
async def ledger(request: Request, who: Lists, done: str = "") -> Response:
    desk = desk_of(request)
    policy = await desk.policy()

    def read() -> tuple[KindLine, ...]:
        with desk.reading.begin() as conn:
            return ledger_ahead.kinds(conn, policy, enrolling.now_ms()) if policy is not None else ()

    return page(
        request, "ledger.html", here="/ledger", rules=policy.score if policy else None, kinds=roster.recordable(policy),
        lines=await run_in_threadpool(read), soon=[said for _, said in SOON], done=DONE.get(done, ""),
    )  # fmt: skip


@router.post("/ledger")
async def record(request: Request, who: Enters) -> Response:
    desk = desk_of(request)
    policy = await desk.policy()
    if policy is None:
        raise RuleBroken("The entry was not recorded.", "No policy rules, so no kind is known.", "Publish one first.")
    form = await read_form(request)
    person = await run_in_threadpool(_person, desk, form.text("person", LONGEST, "The person"))
    choices = {choice.name: choice for choice in roster.recordable(policy)}
    kind, _, evidence = form.choice("kind", choices, "The kind of entry").partition(":")
    occurred_ms = _occurred(form)
    await enrolling.record_entry(desk, person, policy, kind, _document(form, evidence), by(who), occurred_ms)
    return RedirectResponse("/ledger?done=entry", 303)


def _person(desk: Desk, words: str) -> str:
    """The one person of this name or id. Raises `BadForm` for nobody and for several."""
    found = desk.directory.find(words, 0, enrolling.now_ms())
    same = [one for one in found.people if one.id == words or one.name.casefold() == words.casefold()]
    if len(same) == 1 or (not same and found.total == 1):
        return (same or list(found.people))[0].id
    why = f"{found.total} people here have this name." if found.total else "Nobody here has this name or id."
    raise BadForm("The entry was not recorded.", why, "Take the id from the person’s page, and send the form again.")


def _occurred(form: Form) -> int:
    """The chosen day, at its end or now, whichever comes first."""
    now_ms = enrolling.now_ms()
    return min(form.day("occurred", "The day") or now_ms, now_ms)


def _document(form: Form, kind: str) -> Evidence:
    """The document by its bytes where it was brought, which are hashed and forgotten; else by its title."""
    title = form.text("evidence", LONGEST, "The document")
    if files := form.files.get("document"):
        digest = hashlib.sha256(files[-1]).hexdigest()
        return Evidence(f"{kind}-{digest[:12]}", digest, kind, title)
    return enrolling.document(kind, title)
