"""PINs: which are taken, that a row says nothing, and what people.db keeps of passes and PINs."""

import os
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from ostiary.controller.people import following, passes, pins, registry
from ostiary.controller.people.errors import Malformed, NoPin, NoSuchPass, NoSuchPerson, PinUnfit
from ostiary.controller.people.leaving import leave
from ostiary.controller.store.people_db import open_people

ADA = "p-" + "a" * 16
KEY = bytes(32)
CODE = "A" * 22


@pytest.fixture
def people(tmp_path: Path):
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "12345",
        "1234567890123",
        "abcdef",
        "12345a",
        "١٢٣٤٥٦",
        "111111",
        "123456",
        "987654",
        "890123",
        "121212",
        "123123",
    ],
)
def test_what_is_guessed_first_is_not_taken(pin: str) -> None:
    with pytest.raises(PinUnfit) as refused:
        pins.check_fit(pin, None)
    assert pin == "" or pin not in str(refused.value)


def test_a_duress_pin_is_no_slip_of_the_other() -> None:
    for duress in ("274951", "274950", "2749501", "000000"):
        with pytest.raises(PinUnfit):
            pins.check_fit("274950", duress)
    pins.check_fit("274950", "274905")
    pins.check_fit("274950", None)


def test_a_row_opens_with_its_key_for_its_person_and_says_nothing_else() -> None:
    rows = [pins.seal_pin(ADA, "274950", duress, KEY, os.urandom(60)) for duress in (None, "913574")]
    assert len(rows[0]) == len(rows[1]), "nobody sees who has a duress PIN"
    for row, said in zip(rows, (pins.WRONG, pins.DURESS), strict=True):
        held = pins.open_pin(ADA, row, KEY)
        assert held is not None
        assert [pins.compare(held, pin) for pin in ("274950", "913574", "27495", "")] == [
            pins.RIGHT,
            said,
            *["wrong"] * 2,
        ]
        assert pins.open_pin("p-" + "b" * 16, row, KEY) is None
        assert pins.open_pin(ADA, row, bytes([1]) * 32) is None


def test_a_person_has_one_pin_and_the_keeper_hears_of_it(people) -> None:
    with people.begin() as conn:
        pins.set_pin(conn, ADA, b"one", "test", 5)
        pins.set_pin(conn, ADA, b"two", "test", 6)
        assert following.snapshot(conn).people[ADA].pin == b"two"
        version = following.version(conn)
        pins.clear_pin(conn, ADA)
        assert not pins.has_pin(conn, ADA)
        changed = following.changes(conn, version).people[ADA]
        assert changed is not None and changed.pin is None
        with pytest.raises(NoPin):
            pins.clear_pin(conn, ADA)
        with pytest.raises(NoSuchPerson):
            pins.set_pin(conn, "p-" + "z" * 16, b"x", "test", 7)


def test_a_pass_is_kept_revoked_once_and_goes_with_its_person(people) -> None:
    with people.begin() as conn:
        made = passes.add_pass(conn, "northside", ADA, CODE, ["front", "studio"], 10, 20, "test", 5, single=True)
        assert (made.doors, made.from_ms, made.until_ms, made.single) == (("front", "studio"), 10_000, 20_000, True)
        before = following.snapshot(conn)
        assert before.passes == {CODE: ADA}
        assert passes.revoke_pass(conn, made.id, "test", 4).revoked_at_ms == 5
        with pytest.raises(NoSuchPass):
            passes.revoke_pass(conn, made.id, "test", 9)
        after = before.after(following.changes(conn, before.version))
        assert after == following.snapshot(conn)
        assert [held.revoked for held in after.people[ADA].passes] == [True]
        pins.set_pin(conn, ADA, b"one", "test", 5)
        removed = leave(conn, ADA, 30).removed
        assert (removed["visitor_pass"], removed["pin"]) == (1, 1)
        assert passes.passes_of(conn) == ()
        assert after.after(following.changes(conn, after.version)).passes == {}


@pytest.mark.parametrize(
    ("code", "doors", "until_s"),
    [
        (CODE[1:], ["front"], 20),
        (CODE, [], 20),
        (CODE, ["Front"], 20),
        (CODE, ["a", "a"], 20),
        (CODE, ["front"], 10),
        (CODE, ["front"], 10 + 32 * 86_400),
        (CODE, list("abcdefghi"), 20),
    ],
)
def test_a_pass_that_cannot_be_is_refused(people, code: str, doors: list[str], until_s: int) -> None:
    with people.begin() as conn, pytest.raises(Malformed):
        passes.add_pass(conn, "northside", ADA, code, doors, 10, until_s, "test", 5, single=False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE visitor_pass SET until_ms = until_ms + 1",
        "UPDATE visitor_pass SET doors = 'laser-room'",
        "UPDATE visitor_pass SET revoked_at_ms = NULL, revoked_by = NULL",
        "DELETE FROM visitor_pass",
        "UPDATE pin SET sealed = x'00'",
        "INSERT OR REPLACE INTO pin (person, sealed, author, at_ms) SELECT person, x'00', author, at_ms FROM pin",
    ],
)
def test_the_database_refuses_by_itself(people, statement: str) -> None:
    with people.begin() as conn:
        made = passes.add_pass(conn, "northside", ADA, CODE, ["front"], 10, 20, "test", 5, single=False)
        passes.revoke_pass(conn, made.id, "test", 6)
        pins.set_pin(conn, ADA, b"one", "test", 5)
    with pytest.raises(IntegrityError), people.begin() as conn:
        conn.exec_driver_sql(statement)
