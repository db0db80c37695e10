"""Everything about one contest on one page: what is contested, on what it rests, and what each outcome would do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from ostiary.controller.people import attachments, contests, ledger, registry, spans
from ostiary.controller.people.attachments import Attachment
from ostiary.controller.people.contests import Contest
from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.past import History, history
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import QUIET, Facts
from ostiary.controller.policy.score import score
from ostiary.controller.store import people_tables as tables
from ostiary.controller.web import record_words, score_chart
from ostiary.controller.web.charts import Chart
from ostiary.controller.web.contest_queue import Waiting, same_door, waiting
from ostiary.controller.web.doorway import name_of
from ostiary.controller.web.ledger_words import counts, signed
from ostiary.controller.web.redacting import Redacting
from ostiary.controller.web.render import day, moment
from ostiary.controller.web.views import Fact, Opened

_SPANS = {"membership": (tables.membership, "state"), "holding": (tables.holding, "name")}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an outcome would make of the score, and of whom the doors let in now; `doors` in words."""

    score: int | None
    doors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One contest. `about` is what is contested, line by line; `decision` is there where a decision is contested."""

    line: Waiting
    person: str
    name: str
    words: str
    kind: str
    opened_by: str
    suspends: bool
    decided_ms: int | None
    reasons: str | None
    about: tuple[Fact, ...]
    decision: Opened | None
    score_now: int | None
    upheld: Weighed | None
    overturned: Weighed | None
    chart: Chart | None
    others: tuple[Waiting, ...]
    files: tuple[Attachment, ...]


def case(
    conn: Connection,
    number: int,
    policy: Policy | None,
    at_ms: int,
    opened: Mapping[str, Any] | None,
    doors_of: Callable[[list[int]], Mapping[int, str]],
) -> Case:
    """The whole case. `opened` is the reply of the act look-up where a decision is contested; `doors_of` says at which
    doors decisions were made. Raises `NoSuchContest` and `NoSuchPerson`."""
    known = contests.contest_of(conn, number)
    name = registry.person_here(conn, known.person).name
    hide = Redacting((one.name for one in registry.everybody(conn)), name)
    told = history(conn, known.person)
    upheld, overturned = _outcomes(known, told, policy, at_ms)
    at_door = [one.number for one in contests.every_contest(conn) if one.kind == "decision"]
    door = None if opened is None else opened["door"]
    words = None if opened is None else _redacted(record_words.opened(opened, {known.person: name}), hide)
    marks = () if opened is None else ((opened["at_ms"], "decision"),)
    return Case(
        line=waiting(known, at_ms),
        person=known.person,
        name=name,
        words=hide.text(known.words),
        kind=known.kind,
        opened_by=known.opened_by,
        suspends=known.suspends,
        decided_ms=known.decided_at_ms,
        reasons=known.reasons,
        about=tuple(replace(fact, value=hide.text(fact.value)) for fact in _about(conn, known, policy, at_ms)),
        decision=words,
        score_now=_score(told, policy, at_ms),
        upheld=upheld,
        overturned=overturned,
        chart=None if policy is None else score_chart.chart(told, policy, at_ms, (*marks, *_entry_mark(conn, known))),
        files=attachments.attachments(conn, known.id),
        others=same_door(conn, known, door, doors_of(at_door) if at_door else {}, at_ms),
    )


def _entry_mark(conn: Connection, known: Contest) -> tuple[tuple[int, str], ...]:
    if known.kind != "entry":
        return ()
    return ((ledger.entry_of(conn, known.number).occurred_at_ms, "contested entry"),)


def _about(conn: Connection, known: Contest, policy: Policy | None, at_ms: int) -> list[Fact]:
    if known.kind == "entry":
        entry = ledger.entry_of(conn, known.number)
        document = evidence_of(conn, entry.evidence)
        weighs = None
        if policy is not None and policy.score is not None:
            now = score(history(conn, known.person).entries, policy.score, at_ms)
            weighs = next((item.points for item in now.counted if item.entry.id == str(entry.id)), None)
        return [
            Fact("Entry", f"{entry.kind}, {signed(entry.points)} points"),
            Fact("Context", entry.context),
            Fact("Happened", moment(entry.occurred_at_ms)),
            Fact("Recorded", f"{moment(entry.recorded_at_ms)}, by {entry.author}"),
            Fact("Rests on", f"{document.title} ({document.kind})"),
            Fact("Document’s sha256", document.sha256),
            Fact("Counts now", counts(entry, weighs, at_ms)),
        ]
    if known.kind in _SPANS:
        table, what = _SPANS[known.kind]
        found = next(one for one in spans.spans(conn, table, table.c[what], known.person) if one.id == known.number)
        document = evidence_of(conn, found.evidence)
        ended = f"ended {day(found.ended_at_ms)} by {found.ended_by}" if found.ended_at_ms is not None else "runs"
        return [
            Fact(known.kind.capitalize(), found.what),
            Fact("From", day(found.from_ms)),
            Fact("Until", day(found.until_ms) if found.until_ms is not None else "open"),
            Fact("Stands", ended),
            Fact("Recorded by", found.author),
            Fact("Rests on", f"{document.title} ({document.kind})"),
        ]
    return [Fact("Decision", str(known.number), f"/decisions/{known.number}")]


def _outcomes(
    known: Contest, told: History, policy: Policy | None, at_ms: int
) -> tuple[Weighed | None, Weighed | None]:
    """What upholding and overturning would make of the score and of the doors, judged now with nobody inside."""
    if known.kind != "entry" or policy is None:
        return None, None
    own = str(known.number)
    counting = replace(
        told,
        entries=tuple(
            replace(entry, upheld_ms=at_ms) if entry.id == own and entry.contested_ms is not None else entry
            for entry in told.entries
        ),
    )
    return _weighed(told, counting, policy, at_ms), _weighed(told, told.without_entry(own), policy, at_ms)


def _weighed(now: History, then: History, policy: Policy, at_ms: int) -> Weighed:
    doors = []
    for door in policy.doors:
        before, after = (evaluate(policy, Facts(one.at(at_ms), door, at_ms, QUIET)).granted for one in (now, then))
        if before != after:
            doors.append(f"{name_of(door)} {'lets' if after else 'no longer lets'} them in")
    return Weighed(_score(then, policy, at_ms), tuple(doors))


def _score(told: History, policy: Policy | None, at_ms: int) -> int | None:
    if policy is None or policy.score is None:
        return None
    return score(told.entries, policy.score, at_ms).value


def _redacted(opened: Opened, hide: Redacting) -> Opened:
    return replace(
        opened,
        sentence=hide.text(opened.sentence),
        counterfactual=None if opened.counterfactual is None else hide.text(opened.counterfactual),
        clauses=tuple(replace(line, say=hide.text(line.say)) for line in opened.clauses),
        facts=tuple(replace(fact, value=hide.text(fact.value)) for fact in opened.facts),
    )
