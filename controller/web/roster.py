"""Reads about persons for pages: each function is one reading transaction and says things in words."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from ostiary.controller.people import (
    cards,
    consent,
    contests,
    enrolment,
    holding,
    membership,
    more_time,
    passes,
    pins,
    registry,
    standing,
)
from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.past import history
from ostiary.controller.people.spans import Span
from ostiary.controller.policy.document import Policy
from ostiary.controller.web import score_chart
from ostiary.controller.web.charts import Chart
from ostiary.controller.web.contest_queue import Waiting, waiting
from ostiary.controller.web.ledger_words import entry_lines, score_line, signed
from ostiary.controller.web.pocket import Pocket, grouped
from ostiary.controller.web.views import CardLine, EntryLine, FaceLine, KindChoice, Named, ScoreLine, SpanLine

MEMBERSHIPS = ("active",)


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything that a person's page shows. `more_time`: doors stay open longer for them."""

    person: Named
    chart: Chart | None
    suspended_until_ms: int | None
    more_time: bool
    contests: tuple[Waiting, ...]
    score: ScoreLine | None
    entries: tuple[EntryLine, ...]
    kinds: tuple[KindChoice, ...]
    spans: tuple[SpanLine, ...]
    grantable: tuple[KindChoice, ...]
    cards: tuple[CardLine, ...]
    passes: tuple[passes.Pass, ...]
    has_pin: bool
    face: FaceLine | None


def named(engine: Engine, person: str, at_ms: int) -> Named:
    """Raises `NoSuchPerson`."""
    with engine.begin() as conn:
        return Named(person, registry.person_here(conn, person).name, _note(conn, person, at_ms))


def live_cards(engine: Engine, person: str) -> int:
    """How many cards of this person open doors."""
    with engine.begin() as conn:
        return sum(card.revoked_at_ms is None for card in cards.cards(conn, person))


def person_page(engine: Engine, person: str, policy: Policy | None, pocket: Pocket, at_ms: int) -> PersonPage:
    """Raises `NoSuchPerson`."""
    numbers = {card.card: grouped(card.number) for card in pocket.cards()}
    with engine.begin() as conn:
        known = registry.person_here(conn, person)
        stands = standing.standing_of(conn, person)
        return PersonPage(
            person=Named(person, known.name, _note(conn, person, at_ms)),
            chart=score_chart.chart(history(conn, person), policy, at_ms) if policy is not None else None,
            suspended_until_ms=stands.suspended_until_ms if stands.suspended(at_ms) else None,
            more_time=more_time.has_more_time(conn, person),
            contests=tuple(waiting(one, at_ms) for one in reversed(contests.contests(conn, person))),
            score=score_line(conn, person, policy, at_ms),
            entries=entry_lines(conn, person, policy, at_ms),
            kinds=recordable(policy),
            spans=(
                *(_span(conn, span, "membership", at_ms) for span in membership.memberships(conn, person)),
                *(_span(conn, span, "holding", at_ms) for span in holding.holdings(conn, person)),
            ),
            grantable=grantable(policy),
            cards=tuple(
                CardLine(card.id, card.label, card.at_ms, numbers.get(card.id, ""))
                for card in cards.cards(conn, person)
                if card.revoked_at_ms is None
            ),
            passes=tuple(
                one for one in passes.passes_of(conn, person) if one.revoked_at_ms is None and one.until_ms > at_ms
            ),
            has_pin=pins.has_pin(conn, person),
            face=_face(conn, person),
        )


def recordable(policy: Policy | None) -> tuple[KindChoice, ...]:
    """Every kind of entry with every kind of document it may rest on, as `kind:document`."""
    if policy is None:
        return ()
    return tuple(
        KindChoice(f"{kind.name}:{evidence}", f"{kind.name} ({signed(kind.points)} points, rests on: {evidence})")
        for kind in policy.entries.values()
        for evidence in kind.evidence
    )


def grantable(policy: Policy | None) -> tuple[KindChoice, ...]:
    """What can be added to a person: each holding that some door asks for, and the membership."""
    asked: dict[str, None] = {}
    for door in policy.doors.values() if policy else ():
        for clause in door.grant:
            if clause.name == "holds":
                asked |= dict.fromkeys(_words(clause.as_document()))
    return (
        *(KindChoice(f"holding:{name}", name) for name in asked),
        *(KindChoice(f"membership:{state}", f"membership: {state}") for state in MEMBERSHIPS),
    )


def _words(document: object) -> list[str]:
    return (
        [document]
        if isinstance(document, str)
        else [str(word) for word in document]
        if isinstance(document, list)
        else []
    )


def _note(conn: Connection, person: str, at_ms: int) -> str:
    stands = standing.standing_of(conn, person)
    return "revoked" if stands.revoked else "suspended" if stands.suspended(at_ms) else ""


def _span(conn: Connection, span: Span, kind: str, at_ms: int) -> SpanLine:
    until_ms = span.effective_until_ms
    title = evidence_of(conn, span.evidence).title
    over = until_ms is not None and until_ms <= at_ms
    return SpanLine(span.id, span.what, kind, span.from_ms, until_ms, f"{title}, recorded by {span.author}", over)


def _face(conn: Connection, person: str) -> FaceLine | None:
    stands = consent.live(conn, person)
    if stands is None:
        return None
    made = enrolment.templates(conn, person)
    return FaceLine(stands.notice_version, stands.given_at_ms, made[-1].at_ms if made else None)
