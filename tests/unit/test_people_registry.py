"""Persons, their cards, memberships, holdings and standing; and that nothing of theirs is left when they leave."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from ostiary.controller.people import (
    cards,
    consent,
    contests,
    enrolment,
    errors,
    evidence,
    following,
    holding,
    leaving,
    membership,
    more_time,
    passes,
    pins,
    registry,
    standing,
)
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.people.notice import notice
from ostiary.controller.store import people_tables
from ostiary.controller.store.people_db import open_people, scrub

ADA, BO = "p-" + "a" * 16, "p-" + "b" * 16
NEW = "p-" + "d" * 16
HOUR_MS = 3_600_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada Özgür", 1)
        registry.add(conn, BO, "Bo", 1)
        evidence.keep(conn, Evidence("form-1", "0" * 64, "form", "Joining form of Ada"))
        evidence.keep(conn, Evidence("form-2", "1" * 64, "form", "Both of them"))
    yield engine
    engine.dispose()


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_ids_have_the_shape_that_the_database_asks_for_and_differ(one: bytes, other: bytes) -> None:
    made = registry.new_id(one)
    assert len(made) == 18
    assert made.startswith("p-")
    assert set(made[2:]) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert (made == registry.new_id(other)) == (one == other)


def test_a_person_is_found_by_any_part_of_the_name(engine: Engine) -> None:
    with engine.begin() as conn:
        for words in ("ada", "OZGUR ada", "özg", ADA, f" {ADA} "):
            assert [person.id for person in registry.find(conn, words)] == [ADA]
        for words in ("", "ada bo", "%", "eve"):
            assert registry.find(conn, words) == ()
        assert [person.name for person in registry.everybody(conn)] == ["Ada Özgür", "Bo"]
        assert registry.rename(conn, BO, " Åke ").name == "Åke"
        assert [person.name for person in registry.everybody(conn)] == ["Ada Özgür", "Åke"]


def test_an_id_is_given_out_once(engine: Engine) -> None:
    with engine.begin() as conn:
        with pytest.raises(errors.PersonAlreadyHere):
            registry.add(conn, ADA, "Eve", 2)
        leaving.leave(conn, ADA, 3)
        with pytest.raises(errors.PersonAlreadyHere):
            registry.add(conn, ADA, "Eve", 4)


@pytest.mark.parametrize(
    ("person", "name", "at_ms"),
    [
        ("p-short", "X", 1),
        (ADA + "\n", "X", 1),
        *((NEW, name, 1) for name in (" ", "a\0b", "two\nlines", "X" * 201)),
        *((NEW, "X", at_ms) for at_ms in (-1, 2**60, 1.5, True)),
    ],
)
def test_a_malformed_person_is_refused(engine: Engine, person: str, name: str, at_ms: int) -> None:
    with engine.begin() as conn, pytest.raises(errors.Malformed) as caught:
        registry.add(conn, person, name, at_ms)
    assert all((caught.value.what, caught.value.why, caught.value.now))


def test_a_card_speaks_for_one_person(engine: Engine) -> None:
    with engine.begin() as conn:
        card = cards.add_card(conn, ADA, "0" * 64, "blue", 5)
        with pytest.raises(errors.CardAlreadyAdded, match="blue"):
            cards.add_card(conn, ADA, "0" * 64, "again", 6)
        with pytest.raises(errors.TagTaken, match=ADA):
            cards.add_card(conn, BO, "0" * 64, "blue", 6)
        assert cards.revoke_card(conn, card.id, 7).revoked_at_ms == 7
        with pytest.raises(errors.NoSuchCard):
            cards.revoke_card(conn, card.id, 8)
        assert cards.add_card(conn, BO, "0" * 64, "blue", 9).person == BO
        with pytest.raises(errors.Malformed):
            cards.add_card(conn, BO, "04:A1:B2", "red", 9)
        assert [one.revoked_at_ms for one in cards.cards(conn, ADA)] == [7]


@pytest.mark.parametrize(
    ("add", "end", "read"),
    [
        (membership.add_membership, membership.end_membership, membership.memberships),
        (holding.add_holding, holding.end_holding, holding.holdings),
    ],
)
def test_a_membership_and_a_holding_last_until_they_end(engine: Engine, add, end, read) -> None:
    with engine.begin() as conn:
        span = add(conn, ADA, "active", "form-1", "op", 5, from_ms=3, until_ms=50)
        assert (span.what, span.from_ms, span.until_ms, span.effective_until_ms) == ("active", 3, 50, 50)
        with pytest.raises(errors.EvidenceMissing):
            add(conn, ADA, "active", "form-9", "op", 5, from_ms=3)
        for word, author, until_ms in (("Active!", "op", None), ("active", "", None), ("active", "op", 3)):
            with pytest.raises(errors.Malformed):
                add(conn, ADA, word, "form-1", author, 5, from_ms=3, until_ms=until_ms)
        ended = end(conn, span.id, "op 2", 20)
        assert (ended.effective_until_ms, ended.ended_by, ended.until_ms) == (20, "op 2", 50)
        assert read(conn, ADA) == (ended,)
        assert read(conn, BO) == ()
        with pytest.raises(errors.NoSuchSpan):
            end(conn, span.id, "op", 21)


def test_a_suspension_is_short_and_is_not_stretched(engine: Engine) -> None:
    with engine.begin() as conn:
        for until_ms in (0, 10, 10 + 72 * HOUR_MS + 1):
            with pytest.raises(errors.SuspensionTooLong):
                standing.suspend(conn, ADA, until_ms, "op", "smoke", 10)
        until_ms = 10 + 72 * HOUR_MS
        now = standing.suspend(conn, ADA, until_ms, "op", "smoke", 10)
        assert [now.suspended(at_ms) for at_ms in (10, until_ms - 1, until_ms)] == [True, True, False]
        with pytest.raises(errors.SuspensionRuns):
            standing.suspend(conn, ADA, until_ms + 1, "op", "smoke", until_ms - 1)
        assert not standing.lift(conn, ADA, "op", 20).suspended(20)
        with pytest.raises(errors.NothingToLift):
            standing.lift(conn, ADA, "op", 21)
        assert standing.suspend(conn, ADA, 40, "op", "smoke", 30).suspended(30)
        assert standing.standing_of(conn, BO) == standing.Standing(BO)


def test_a_revocation_stands_until_it_is_lifted(engine: Engine) -> None:
    with engine.begin() as conn:
        standing.suspend(conn, ADA, 40, "op", "smoke", 30)
        first = standing.revoke(conn, ADA, "op", "left the key outside", 31)
        assert first.revoked
        assert first.suspended(31)
        assert standing.revoke(conn, ADA, "op 2", "other", 32) == first
        assert not standing.reinstate(conn, ADA, "op 3", 33).revoked
        with pytest.raises(errors.NothingToLift):
            standing.reinstate(conn, ADA, "op", 34)
        again = standing.revoke(conn, ADA, "op", "again", 35)
        assert [(one.at_ms, one.lifted_at_ms, one.lifted_by) for one in again.revocations] == [
            (31, 33, "op 3"),
            (35, None, None),
        ]


def test_more_time_at_a_door_is_given_and_ended_without_a_reason(engine: Engine) -> None:
    with engine.begin() as conn:
        assert not more_time.has_more_time(conn, ADA)
        for at_ms in (5, 6):
            more_time.give_more_time(conn, ADA, "op", at_ms)
            assert more_time.has_more_time(conn, ADA)
        assert following.snapshot(conn).people[ADA].more_time
        for at_ms in (4, 8):
            more_time.end_more_time(conn, ADA, "op", at_ms)
            assert not more_time.has_more_time(conn, ADA)
        assert not following.snapshot(conn).people[ADA].more_time
        assert not more_time.has_more_time(conn, BO)
        rows = conn.execute(select(people_tables.more_time)).all()
        assert [(row.at_ms, row.ended_at_ms) for row in rows] == [(5, 5)]


def _bytes(tmp_path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(tmp_path.glob("people.db*")))


def test_nothing_is_left_of_who_left(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        for person, tag in ((ADA, "a" * 64), (BO, "b" * 64)):
            consent.give(conn, person, notice(), 5)
            enrolment.enrol_face(conn, person, b"sealed for " + person.encode(), "0" * 64, "litert", 5)
            cards.add_card(conn, person, tag, "blue", 5)
            membership.add_membership(conn, person, "active", "form-2", "op", 5, from_ms=5)
            standing.revoke(conn, person, "op", "reason", 6)
            standing.suspend(conn, person, 9, "op", "smoke", 6)
            more_time.give_more_time(conn, person, "op", 6)
            contests.open_contest(conn, person, "decision", 4, f"Not so, says {person}.", "op", 6)
            passes.add_pass(
                conn, "site", person, ("A" if person == ADA else "Q") * 22, ["front"], 5, 9, "op", 5, single=False
            )
            pins.set_pin(conn, person, b"pin of " + person.encode(), "op", 5)
        holding.add_holding(conn, ADA, "key", "form-1", "op", 5, from_ms=5)
    with engine.begin() as conn:
        left = leaving.leave(conn, ADA, 10)
    assert left.removed == {
        "consent": 1,
        "template": 1,
        "card": 1,
        "membership": 1,
        "holding": 1,
        "entry": 0,
        "contest": 1,
        "attachment": 0,
        "suspension": 1,
        "revocation": 1,
        "more_time": 1,
        "visitor_pass": 1,
        "pin": 1,
        "evidence": 1,
    }
    theirs = (b"Ada", f"Not so, says {ADA}".encode(), b"sealed for " + ADA.encode(), b"a" * 64, b"Joining form")
    theirs += (b"pin of " + ADA.encode(), b"A" * 22 + b"front")
    assert all(trace in _bytes(tmp_path) for trace in theirs)
    assert scrub(engine)
    assert not [trace for trace in theirs if trace in _bytes(tmp_path)]
    with engine.begin() as conn:
        for table in people_tables.metadata.sorted_tables:
            if "person" in table.c:
                count = select(func.count()).select_from(table).where(table.c.person == ADA)
                assert conn.execute(count).scalar() == (table.name == "change"), table.name
        for act in (lambda: registry.rename(conn, ADA, "Eve"), lambda: leaving.leave(conn, ADA, 11)):
            with pytest.raises(errors.NoSuchPerson):
                act()
        assert registry.person_here(conn, BO).name == "Bo"
        assert evidence.evidence_of(conn, "form-2").title == "Both of them"
        assert cards.add_card(conn, BO, "a" * 64, "Ada's old one", 12).person == BO


def test_every_error_has_its_three_parts() -> None:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.PeopleError) and kind is not errors.PeopleError:
            arguments = {"person": ADA, "asked": ("form",), "value": "x", "length": 3}
            names = list(kind.__init__.__annotations__)
            given_now = [
                arguments.get(name, 7 if name in {"number", "last", "hours", "card"} else "x") for name in names
            ]
            mistake = kind(*[value for name, value in zip(names, given_now, strict=True) if name != "return"])
            assert all((mistake.what.strip(), mistake.why.strip(), mistake.now.strip())), kind
            assert kind.__doc__


def test_what_is_returned_cannot_be_changed(engine: Engine) -> None:
    with engine.begin() as conn:
        person = registry.person_here(conn, ADA)
        with pytest.raises(dataclasses.FrozenInstanceError):
            person.name = "Eve"
