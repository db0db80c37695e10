"""How a person stood at any time can be told later, and gives the ledger's head that a decision recorded then."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ostiary.controller.people import (
    contests,
    errors,
    evidence,
    following,
    holding,
    ledger,
    membership,
    registry,
    standing,
)
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.people.past import History, history
from ostiary.controller.people.rejudging import Differs, Recorded, differing
from ostiary.controller.policy.document import load
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import Entry, Facts, Holding, Membership
from ostiary.controller.policy.title import Titles
from ostiary.controller.store.people_db import open_people

ADA = "p-" + "a" * 16
PENALTY = EntryKind(Titles.read(None).of("left-running"), -8, ("form",), 10**9)
POLICY = load("""
policy: workshop
score: {context: safety, min: 350, max: 950, start: 600}
entries:
  left-running: {points: -8, evidence: form, expires: 180d}
limits: {largest_penalty: 10, penalties_in_30d: 20}
doors:
  laser-room: {face: off, or: [card], grant: [member: active, score: {at_least: 600}]}
  front: {face: off, or: [card], grant: [member: active]}
""")


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
        for number in range(40):
            evidence.keep(conn, Evidence(f"form-{number}", f"{number:064x}", "form", f"Form {number}"))
        yield conn
    engine.dispose()


def test_facts_are_told_as_they_stood(conn: Connection) -> None:
    member = membership.add_membership(conn, ADA, "active", "form-1", "op", 10, from_ms=10)
    held = holding.add_holding(conn, ADA, "key", "form-1", "op", 12, from_ms=5, until_ms=90)
    standing.suspend(conn, ADA, 40, "op", "smoke", 20)
    standing.lift(conn, ADA, "op", 30)
    standing.suspend(conn, ADA, 60, "op", "smoke", 50)
    standing.revoke(conn, ADA, "op", "lost", 70)
    standing.reinstate(conn, ADA, "op", 80)
    membership.end_membership(conn, member.id, "op", 100)
    holding.end_holding(conn, held.id, "op", 60)
    told = history(conn, ADA)
    assert told.at(9) == told.at(0)
    assert [told.at(at_ms).member for at_ms in (9, 10, 99, 100)] == [
        (),
        (Membership("active", 10),),
        (Membership("active", 10),),
        (Membership("active", 10, 100),),
    ]
    assert [told.at(at_ms).holds for at_ms in (11, 12, 60)] == [(), (Holding("key", 5, 90),), (Holding("key", 5, 60),)]
    suspended = [at_ms for at_ms in range(110) if told.at(at_ms).suspended_at(at_ms)]
    assert suspended == [*range(20, 30), *range(50, 60)]
    assert [at_ms for at_ms in range(110) if told.at(at_ms).revoked] == list(range(70, 80))
    # Before the first one was lifted, it was to last longer.
    assert told.at(35, known_ms=29).suspended_at(35)


def test_the_past_is_what_the_keeper_knew_at_every_moment(conn: Connection) -> None:
    """Random acts on a ledger; at each moment the keeper's picture and its head are written down, and told later."""
    chance = random.Random(7)
    knew: list[tuple[int, following.Followed]] = []
    for at_ms in range(100, 400):
        number = chance.randint(1, 6)
        moves = [
            lambda at_ms=at_ms, number=number: ledger.record(
                conn, ADA, PENALTY, "safety", f"form-{number}", "Olga", number, at_ms
            ),
            lambda at_ms=at_ms, number=number: contests.open_contest(
                conn, ADA, "entry", number, "No.", "op", at_ms, within_ms=150
            ),
            lambda at_ms=at_ms, number=number: contests.assign(conn, number, "Rae", None, at_ms),
            lambda at_ms=at_ms, number=number: contests.uphold(conn, number, "Rae", None, "Yes.", at_ms),
            lambda at_ms=at_ms, number=number: contests.overturn(conn, number, "Rae", None, "No.", at_ms),
            lambda at_ms=at_ms: contests.lapse(conn, at_ms),
            lambda at_ms=at_ms: standing.suspend(conn, ADA, at_ms + 9, "op", "smoke", at_ms),
            lambda at_ms=at_ms: standing.lift(conn, ADA, "op", at_ms),
            lambda at_ms=at_ms: standing.revoke(conn, ADA, "op", "lost", at_ms),
            lambda at_ms=at_ms: standing.reinstate(conn, ADA, "op", at_ms),
            lambda at_ms=at_ms: membership.add_membership(conn, ADA, "active", "form-1", "op", at_ms, from_ms=at_ms),
            lambda at_ms=at_ms, number=number: membership.end_membership(conn, number, "op", at_ms),
        ]
        savepoint = conn.begin_nested()
        try:
            chance.choice(moves)()
            savepoint.commit()
        except errors.PeopleError:
            savepoint.rollback()
        knew.append((at_ms, following.snapshot(conn).people[ADA]))
    told = history(conn, ADA)
    assert any(entry.cancelled_ms for entry in told.entries)
    assert any(entry.upheld_ms for entry in told.entries)
    for (at_ms, known), (_, before) in zip(knew[1:], knew, strict=False):
        assert told.at(at_ms) == known.facts
        now, *late = told.as_known(at_ms, 1)
        assert now == known.facts
        # The keeper may not have read yet what was written in this very moment.
        assert late == [before.facts] or (not late and known.facts == before.facts)
    assert list(told.as_known(400, 0)) == [told.at(400)]


def test_who_left_has_no_past(conn: Connection) -> None:
    with pytest.raises(errors.NoSuchPerson):
        history(conn, "p-" + "z" * 16)


def decided(position: int, at_ms: int, door: str, told: History, **changed: object) -> Recorded:
    verdict = evaluate(POLICY, Facts(told.at(at_ms), door, at_ms))
    made = {
        "position": position,
        "at_ms": at_ms,
        "door": door,
        "policy_sha256": POLICY.sha256,
        "granted": verdict.granted,
        "held": tuple(finding.held for finding in verdict.findings),
    }
    return Recorded(**(made | changed))  # pyright: ignore[reportArgumentType]


def test_decisions_that_an_entry_changed_are_named(conn: Connection) -> None:
    membership.add_membership(conn, ADA, "active", "form-1", "op", 5, from_ms=5)
    entry = ledger.record(conn, ADA, PENALTY, "safety", "form-2", "Olga", 10, 20).id
    told = history(conn, ADA)
    corrected = told.without_entry(str(entry))
    decisions = [
        decided(4, 40, "laser-room", told),
        decided(0, 19, "laser-room", told),  # before the entry
        decided(1, 30, "front", told),  # reads no score
        decided(2, 30, "laser-room", told, held=(False, False)),  # not a member either, so the record says
        decided(3, 30, "laser-room", told),
        decided(5, 50, "laser-room", told, held=()),  # decided before any clause
        decided(6, 50, "laser-room", told, held=(False, True, False)),  # a forbid
        decided(7, 50, "laser-room", told, policy_sha256="0" * 64),  # its policy is not at hand
        decided(8, 50, "cellar", told, held=(False, False), granted=False),
    ]
    assert differing(decisions, {POLICY.sha256: POLICY}, told, corrected) == (
        Differs(3, 30, "laser-room", False),
        Differs(4, 40, "laser-room", False),
    )
    assert differing(decisions, {POLICY.sha256: POLICY}, told, told) == ()
    assert isinstance(told.entries[0], Entry)
