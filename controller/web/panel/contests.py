"""Contests: the queue, one case on one page, and an outcome whose effect is shown before it is confirmed."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import contests
from ostiary.controller.web import deciding
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.contest_case import Case, case
from ostiary.controller.web.contest_queue import Waiting, queue
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel import purpose as purposes
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page

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
        with desk_of(request).people.begin() as conn:
            return queue(conn, now_ms(), everything=everything)

    return page(request, "contests.html", here="/contests", queue=await run_in_threadpool(read), everything=everything)


@router.get("/contests/{number}")
async def one(request: Request, number: int, who: Reads, done: str = "") -> Response:
    purpose = purpose_of(request)
    if purpose is None:
        return purposes.ask(request)
    shown = await read_case(desk_of(request), number, purpose, by(who, "reviewer"))
    return _page(request, shown, who, DONE.get(done, ""))


@router.post("/contests/{number}/assign")
async def assign(request: Request, number: int, who: Reads) -> Response:
    form = await read_form(request)
    reviewer = form.text("reviewer", 100, "The reviewer")
    await deciding.assign(desk_of(request), number, reviewer, by(who))
    return RedirectResponse(f"/contests/{number}?done=assigned", 303)


@router.post("/contests/{number}/link")
async def link(request: Request, number: int, who: Reads) -> Response:
    """The link for a reviewer from outside, shown this once."""
    desk = desk_of(request)
    purpose = purpose_of(request)
    if purpose is None:
        return RedirectResponse(f"/contests/{number}", 303)
    made = await desk.act("review-link", {"contest": number}, **by(who))
    shown = await read_case(desk, number, purpose, by(who, "reviewer"))
    address = f"{request.base_url}review/{number}/{made['token']}"
    return _page(request, shown, who, "", Link(address, made["reviewer"]))


@router.post("/contests/{number}/decide")
async def decide(request: Request, number: int, who: Reviews) -> Response:
    """First the effect, then, from that page, the outcome."""
    desk = desk_of(request)
    form = await read_form(request)
    outcome = form.choice("outcome", deciding.DECIDE, "The outcome")
    reasons = form.text("reasons", LONGEST, "The reasons")
    asks = by(who, "reviewer")
    if form.ticked("sure"):
        done = await deciding.decide(desk, number, outcome, reasons, asks)
        return RedirectResponse(f"/contests/{number}?done={done.outcome}", 303)
    purpose = purpose_of(request) or f"deciding contest {number}"
    return await confirm(request, number, outcome, reasons, purpose, asks, f"/contests/{number}")


async def confirm(
    request: Request, number: int, outcome: str, reasons: str, purpose: str, asks: Asks, back: str
) -> Response:
    """The page that shows what an outcome does and asks whether it is meant."""
    desk = desk_of(request)
    shown = await read_case(desk, number, purpose, asks)
    weighed: dict[str, Any] = {"differing": [], "differing_all_named": True}
    if outcome == "overturn":
        weighed = await desk.act("contest-weigh", {"contest": number}, purpose, **asks)
    return page(
        request, "contest_decide.html", here="/contests", case=shown, outcome=outcome, reasons=reasons,
        differing=weighed["differing"], all_named=weighed["differing_all_named"], back=back,
    )  # fmt: skip


async def read_case(desk: Desk, number: int, purpose: str, asks: Asks) -> Case:
    """The case, read once the keeper has recorded that somebody looks, for whom it concerns."""
    policy = await desk.policy()

    def known() -> contests.Contest:
        with desk.people.begin() as conn:
            return contests.contest_of(conn, number)

    contest = await run_in_threadpool(known)
    await desk.act("look-at-ledger", {"person": contest.person}, purpose, **asks)
    opened = None
    if contest.kind == "decision":
        opened = await desk.act("look-up", {"index": contest.number}, purpose, **asks)

    def doors_of(positions: list[int]) -> dict[int, str]:
        rows = (desk.index.decision_at(position) for position in positions)
        return {row.position: row.door for row in rows if row is not None}

    def read() -> Case:
        with desk.people.begin() as conn:
            return case(conn, number, policy, now_ms(), opened, doors_of)

    return await run_in_threadpool(read)


def _page(request: Request, shown: Case, who: Operator, done: str, link: Link | None = None) -> Response:
    mine = shown.line.reviewer is not None and contests.same_name(shown.line.reviewer, who.name)
    return page(
        request, "contest.html", here="/contests", case=shown, done=done, link=link, mine=mine, outside=False,
        operator=who.name, decide_at=f"/contests/{shown.line.id}/decide",
    )  # fmt: skip
