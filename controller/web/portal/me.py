"""A person's own page: their score and how it came about, their entries, what doors decided, who looked and why."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import cards, consent, contests, holding, ledger, membership, registry
from ostiary.controller.people.contests import Contest
from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.past import history
from ostiary.controller.policy.document import Policy
from ostiary.controller.web import deciding, record_words, score_chart
from ostiary.controller.web.charts import Chart
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.ledger_words import entry_lines, score_line
from ostiary.controller.web.portal import asking, receipts
from ostiary.controller.web.portal.speaking import portal_page
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.signin.known import Person
from ostiary.controller.web.signin.who import own_person
from ostiary.controller.web.views import EntryLine, ScoreLine

router = APIRouter(include_in_schema=False)

Own = Annotated[Person, own_person()]
LOOKED = {"look-up", "look-at-ledger"}
# Records that tell nothing of an operator: doors' own words, and what the person did.
SILENT = {"decision", "outcome", "door", "event", "contest-open", "duress"}


@dataclass(frozen=True, slots=True)
class OwnSpan:
    id: int
    kind: str
    what: str
    evidence: str
    author: str
    from_ms: int
    until_ms: int | None
    over: bool


@dataclass(frozen=True, slots=True)
class OwnThings:
    """Everything of a person that people.db holds, as their page and their copy show it."""

    name: str
    score: ScoreLine | None
    chart: Chart | None
    entries: tuple[EntryLine, ...]
    spans: tuple[OwnSpan, ...]
    cards: tuple[str, ...]
    face_since_ms: int | None
    contests: tuple[Contest, ...]


@router.get("/me")
async def me(request: Request, who: Own, contested: str = "") -> Response:
    desk = desk_of(request)
    policy = await desk.policy()
    things = await run_in_threadpool(own_things, desk.reading, who.id, policy, now_ms())
    records = await asking.own_records(desk, who.id)
    standing = [(one, one.state(now_ms())) for one in reversed(things.contests)]
    return portal_page(
        request,
        "me.html",
        things=things,
        contests=standing,
        decisions=[one for one in records if one["kind"] == "decision"],
        looks=[look_of(one) for one in records if one.get("operator") and one["kind"] not in SILENT],
        days=asking.DAYS,
        contested=contested,
    )


@router.get("/me/decisions/{position}")
async def decision(request: Request, position: int, who: Own) -> Response:
    desk = desk_of(request)
    found = await asking.own_record(desk, who.id, position)
    shown = record_words.opened(found, {who.id: who.name})

    def look() -> list[tuple[Contest, str]]:
        with desk.reading.begin() as conn:
            return [(one, one.state(now_ms())) for one in contests.about_decision(conn, position)]

    standing = await run_in_threadpool(look)
    return portal_page(request, "decision.html", decision=shown, contests=standing)


@router.get("/me/contest")
async def contest_form(request: Request, who: Own, what: str = "") -> Response:
    kind, number = _what(what)
    return portal_page(request, "contest.html", kind=kind, number=number)


@router.post("/me/contest")
async def contest(request: Request, who: Own) -> Response:
    desk, form = desk_of(request), await read_form(request)
    kind, number = _what(form.fields.get("what", ""))
    words = form.text("words", receipts.WORDS_LONGEST, "What is wrong")
    if kind == "decision":
        await asking.own_record(desk, who.id, number)  # raises for somebody else's
    await deciding.open_contest(
        desk,
        who.id,
        kind,
        number,
        words,
        who.name,
        lambda done: receipts.recorded(desk, who.id, done),
        form.files.get("file", ()),
    )
    return RedirectResponse("/me?contested=yes#contests", 303)


def own_things(engine: Engine, person: str, policy: Policy | None, at_ms: int) -> OwnThings:
    """Reads it all at once. Raises `NoSuchPerson`."""
    with engine.begin() as conn:
        given = consent.live(conn, person)
        spans = [("membership", one) for one in membership.memberships(conn, person)]
        spans += [("holding", one) for one in holding.holdings(conn, person)]
        return OwnThings(
            name=registry.person_here(conn, person).name,
            score=score_line(conn, person, policy, at_ms),
            chart=None if policy is None or not ledger.ledger(conn, person) else _chart(conn, person, policy, at_ms),
            entries=entry_lines(conn, person, policy, at_ms),
            spans=tuple(
                OwnSpan(
                    one.id,
                    kind,
                    one.what,
                    evidence_of(conn, one.evidence).title,
                    one.author,
                    one.from_ms,
                    one.ended_at_ms if one.ended_at_ms is not None else one.until_ms,
                    one.ended_at_ms is not None or (one.until_ms is not None and one.until_ms <= at_ms),
                )
                for kind, one in spans
            ),
            cards=tuple(card.label for card in cards.cards(conn, person) if card.revoked_at_ms is None),
            face_since_ms=given.given_at_ms if given is not None else None,
            contests=contests.contests(conn, person),
        )


def _chart(conn: Any, person: str, policy: Policy, at_ms: int) -> Chart | None:
    return score_chart.chart(history(conn, person), policy, at_ms)


def look_of(record: dict[str, Any]) -> dict[str, Any]:
    """Who did what about the person, and why, in the words that the page fills in."""
    roles = record.get("roles") or [record.get("role") or ""]
    kind = record["kind"]
    return {
        "at_ms": record["at_ms"],
        "operator": record["operator"],
        "roles": ", ".join(filter(None, roles)),
        "what": f"what-{kind}" if kind in LOOKED else "what-other",
        "kind": kind.replace("-", " "),
        "purpose": record.get("purpose"),
    }


def _what(what: str) -> tuple[str, int]:
    """`kind:number` as a link of ours says it. Raises `BadForm`."""
    kind, _, number = what.partition(":")
    if kind not in contests.KINDS or not number.isascii() or not number.isdigit() or len(number) > 15:
        raise BadForm("Nothing was contested.", "What is contested was not chosen.", "Go back and choose it.")
    return kind, int(number)
