"""Contests: the queue, one case on one page, and an outcome whose effect is shown before it is confirmed."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people.attachments import Attachment, attachments
from ostiary.controller.people.contests import same_name
from ostiary.controller.web import deciding, reviewing
from ostiary.controller.web.contest_case import Case
from ostiary.controller.web.contest_queue import Waiting, queue
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel import purpose as purposes
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import NotThere
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page
from ostiary.controller.web.reviewing import Reviewer

router = APIRouter(include_in_schema=False)

Reads = Annotated[Operator, signed_in("assign-contest")]
Reviews = Annotated[Operator, signed_in("review-contest")]
LONGEST = 2000
DONE = {
    "assigned": "Assigned. The reviewer decides until the deadline.",
    "upheld": "Upheld: what was contested stands. The person can read your reasons.",
    "overturned": "Overturned: it is cancelled, and doors follow from the next request on.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A reviewer's link, shown once."""

    address: str
    reviewer: str


@router.get("/contests")
async def waiting(request: Request, who: Reads, show: str = "") -> Response:
    everything = show == "all"

    def read() -> tuple[Waiting, ...]:
        with desk_of(request).reading.begin() as conn:
            return queue(conn, now_ms(), everything=everything)

    return page(request, "contests.html", here="/contests", queue=await run_in_threadpool(read), everything=everything)


@router.get("/contests/{number}")
async def one(request: Request, number: int, who: Reads, done: str = "") -> Response:
    return await _shown(request, number, who, DONE.get(done, ""))


@router.post("/contests/{number}/assign")
async def assign(request: Request, number: int, who: Reads) -> Response:
    desk = desk_of(request)
    reviewer = (await read_form(request)).text("reviewer", 100, "The reviewer")

    def record(done: Any) -> None:
        desk.act_now("contest-assign", {"contest": number, "reviewer": done.reviewer}, **by(who))

    await deciding.assign(desk, number, reviewer, record)
    return RedirectResponse(f"/contests/{number}?done=assigned", 303)


@router.post("/contests/{number}/link")
async def link(request: Request, number: int, who: Reads) -> Response:
    """The link for a reviewer from outside, shown this once."""
    made = await desk_of(request).act("review-link", {"contest": number}, **by(who))
    address = f"{request.base_url}review/{number}/{made['token']}"
    return await _shown(request, number, who, "", Link(address, made["reviewer"]))


@router.get("/contests/{number}/files/{file}")
async def file(request: Request, number: int, file: int, who: Reads) -> Response:
    """A file that the person sent along; to fetch it is a look-up, as to open the case is."""
    purpose = purpose_of(request)
    if purpose is None:
        return purposes.ask(request, f"/contests/{number}")
    known = await reviewing.contest(desk_of(request), number)
    reviewer = reviewing.inside(desk_of(request), number, known.person, purpose, by(who))
    return await sent_along(desk_of(request), number, file, reviewer)


@router.post("/contests/{number}/decide")
async def decide(request: Request, number: int, who: Reviews) -> Response:
    """First the effect, then, from that page, the outcome."""
    desk = desk_of(request)
    known = await reviewing.contest(desk, number)
    purpose = purpose_of(request) or f"deciding contest {number}"
    reviewer = reviewing.inside(desk, number, known.person, purpose, by(who))
    return await decided(request, number, reviewer, f"/contests/{number}")


async def decided(request: Request, number: int, reviewer: Reviewer, back: str) -> Response:
    """The page that shows what an outcome does and asks whether it is meant; from there, the outcome."""
    desk = desk_of(request)
    form: Form = await read_form(request)
    outcome = form.choice("outcome", deciding.DECIDE, "The outcome")
    reasons = form.text("reasons", LONGEST, "The reasons")
    if form.ticked("sure"):

        def record(done: Any) -> None:
            reviewer.act_now(outcome, {"reasons": done.reasons})

        done = await deciding.decide(desk, number, outcome, reviewer.name, reasons, record)
        return RedirectResponse(f"{back}?done={done.outcome}", 303)
    shown = await reviewing.read_case(desk, await reviewing.contest(desk, number), reviewer)
    weighed: dict[str, Any] = {"differing": [], "differing_all_named": True}
    if outcome == "overturn":
        weighed = await reviewer.act("weigh", {})
    view = {"case": shown, "outcome": outcome, "reasons": reasons, "back": back, "post": request.url.path}
    named = {"differing": weighed["differing"], "all_named": weighed["differing_all_named"]}
    return page(request, "contest_decide.html", here="/contests", **view, **named)


async def sent_along(desk: Desk, number: int, file: int, reviewer: Reviewer) -> Response:
    """The file as a download of no kind, so that no browser shows or runs it. Raises `NotThere`."""

    def read() -> tuple[Attachment, ...]:
        with desk.reading.begin() as conn:
            return attachments(conn, number, whole=True)

    found = [one for one in await run_in_threadpool(read) if one.number == file]
    if not found:
        raise NotThere("There is no such file.", "The person sent none of this number.", "Open the contest again.")
    await reviewer.act("look", {})
    headers = {"content-disposition": f'attachment; filename="{found[0].name}"', "cache-control": "no-store"}
    return Response(found[0].data, media_type="application/octet-stream", headers=headers)


async def _shown(request: Request, number: int, who: Operator, done: str, link: Link | None = None) -> Response:
    purpose = purpose_of(request)
    if purpose is None:
        return purposes.ask(request, f"/contests/{number}")
    desk: Desk = desk_of(request)
    known = await reviewing.contest(desk, number)
    reviewer = reviewing.inside(desk, number, known.person, purpose, by(who))
    shown: Case = await reviewing.read_case(desk, known, reviewer)
    mine = known.reviewer is not None and same_name(known.reviewer, who.name)
    view = {"case": shown, "done": done, "link": link, "mine": mine, "outside": False}
    here: dict[str, Any] = {"as_name": who.name, "decide_at": f"/contests/{number}/decide"}
    here["files_at"] = f"/contests/{number}/files"
    return page(request, "contest.html", here="/contests", **view, **here)
