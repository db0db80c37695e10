"""What operators and persons sign in with: once is once, another's is none of mine, and whoever is gone is gone."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ostiary.controller.people import (
    credentials,
    failures,
    leaving,
    links,
    operators,
    registry,
    secrets,
    sessions,
    tokens,
)
from ostiary.controller.people.errors import (
    LastAdmin,
    LastCredential,
    LinkUsed,
    Malformed,
    NoSuchOperator,
    NoSuchPasskey,
    NoSuchSession,
    NoSuchToken,
    OperatorAlreadyHere,
    OperatorNeeded,
    ScopeTooWide,
)
from ostiary.controller.people.putting_out import put_out
from ostiary.controller.store.people_db import open_people

AT = 1_772_500_000_000
ANNA, BEN, PERSON = "o-" + "a" * 16, "o-" + "b" * 16, "p-" + "c" * 16
KEY = bytes(32)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        operators.add(conn, ANNA, "Anna", ("admin",), "console", AT)
        operators.add(conn, BEN, "ben", ("enroller", "reviewer"), "Anna", AT)
        registry.add(conn, PERSON, "Carl", AT)
        yield conn
    engine.dispose()


# --- operators ---------------------------------------------------------------------------------------------------


def test_a_name_is_one_whatever_its_case_and_is_given_out_once(conn: Connection) -> None:
    assert operators.active_named(conn, " ANNA ") == operators.operator_of(conn, ANNA)
    operators.disable(conn, "ben", AT)
    for name in ("anna", "ANNA", "Ben"):
        with pytest.raises(OperatorAlreadyHere):
            operators.add(conn, "o-" + "d" * 16, name, ("admin",), "x", AT)
    with pytest.raises(DBAPIError, match="stays"):
        conn.exec_driver_sql("DELETE FROM operator")


@pytest.mark.parametrize(
    "name", ["", "web", "Console", "founding", "source x", "a b", "-a", "a" * 65, "ä", "a\0", "a\nb"]
)
def test_some_names_are_none(conn: Connection, name: str) -> None:
    with pytest.raises(Malformed):
        operators.add(conn, "o-" + "d" * 16, name, ("admin",), "x", AT)
    assert operators.active_named(conn, name) is None


@given(st.text())
def test_any_text_that_passes_as_a_name_is_safe_in_a_path(name: str) -> None:
    try:
        kept = operators.checked_name(name)
    except Malformed:
        return
    assert kept.isascii() and "/" not in kept and " " not in kept and not kept.startswith(("-", "."))


def test_somebody_stays_who_can_manage_operators(conn: Connection) -> None:
    for change in (
        lambda: operators.disable(conn, "anna", AT),
        lambda: operators.set_roles(conn, "anna", ("reviewer",)),
    ):
        with pytest.raises(LastAdmin):
            change()
    operators.set_roles(conn, "ben", ("admin",))
    operators.disable(conn, "anna", AT)
    with pytest.raises(LastAdmin):
        operators.disable(conn, "ben", AT)


def test_who_acts_is_named_or_the_only_one(conn: Connection) -> None:
    with pytest.raises(OperatorNeeded, match="Anna, ben"):
        operators.acting(conn, "")
    operators.disable(conn, "ben", AT)
    assert operators.acting(conn, "").name == "Anna"
    with pytest.raises(NoSuchOperator):
        operators.acting(conn, "ben")


@pytest.mark.parametrize("roles", [(), ("keeper",), ("admin", "root")])
def test_unknown_roles_are_refused(conn: Connection, roles: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        operators.set_roles(conn, "ben", roles)


def test_whoever_is_disabled_is_out_everywhere_at_once(conn: Connection) -> None:
    token = sessions.begin(conn, BEN, "passkey", "a", "b", KEY, AT)
    _, text = tokens.add(conn, operators.operator_of(conn, BEN), "x", ("enrol",), 7, KEY, AT)
    link = links.make(conn, BEN, "Anna", bytes(31) + b"x", AT)
    operators.disable(conn, "ben", AT + 5)
    held, made = sessions.session_with(conn, token), tokens.token_with(conn, text)
    assert held is not None and not held.live(AT + 6)
    assert made is not None and not made.live(AT + 6)
    with pytest.raises(LinkUsed):
        links.good(conn, link, AT + 6)
    with pytest.raises(DBAPIError, match="gone"):
        sessions.begin(conn, BEN, "passkey", "a", "b", bytes(31) + b"y", AT + 6)


# --- links -------------------------------------------------------------------------------------------------------


def test_a_link_is_good_once_for_a_day_and_until_a_newer_one(conn: Connection) -> None:
    token = links.make(conn, BEN, "Anna", KEY, AT)
    link = links.good(conn, token, AT + links.GOOD_FOR_MS - 1)
    assert link.owner == BEN
    for other, at_ms in (
        (token, AT + links.GOOD_FOR_MS),
        (token[:-1], AT),
        ("", AT),
        ("x" * 10_000, AT),
        ("\ud800", AT),
    ):
        with pytest.raises(LinkUsed):
            links.good(conn, other, at_ms)
    links.use(conn, link, AT)
    for again in (lambda: links.use(conn, link, AT), lambda: links.good(conn, token, AT)):
        with pytest.raises(LinkUsed):
            again()
    old = links.make(conn, BEN, "Anna", bytes(31) + b"1", AT)
    links.make(conn, BEN, "Anna", bytes(31) + b"2", AT)
    with pytest.raises(LinkUsed):
        links.good(conn, old, AT)


# --- what one signs in with --------------------------------------------------------------------------------------


def test_anothers_passkey_is_none_of_mine_and_the_last_one_stays(conn: Connection) -> None:
    for owner, credential in ((ANNA, b"1"), (BEN, b"2")):
        credentials.add_passkey(conn, owner, credential, b"key", 0, "phone", AT)
    [mine], [theirs] = credentials.passkeys(conn, ANNA), credentials.passkeys(conn, BEN)
    with pytest.raises(NoSuchPasskey):
        credentials.remove_passkey(conn, ANNA, theirs.id)
    with pytest.raises(LastCredential):
        credentials.remove_passkey(conn, ANNA, mine.id)
    credentials.set_password(conn, ANNA, "$argon2id$", b"sealed", 1, AT)
    credentials.remove_passkey(conn, ANNA, mine.id)
    with pytest.raises(LastCredential):
        credentials.remove_password(conn, ANNA)
    with pytest.raises(DBAPIError, match="UNIQUE"):
        credentials.add_passkey(conn, ANNA, b"2", b"key", 0, "somebody else's", AT)


def test_a_time_step_is_used_once_and_never_after_a_later_one(conn: Connection) -> None:
    credentials.set_password(conn, ANNA, "$argon2id$", b"sealed", 100, AT)
    assert [credentials.use_step(conn, ANNA, step) for step in (100, 99, 101, 101, 103, 102)] == [
        *(False, False, True, False, True, False),
    ]


def test_recovery_codes_are_good_once_and_new_ones_replace_them(conn: Connection) -> None:
    old = credentials.new_codes(conn, ANNA, [bytes([n]) * 10 for n in range(10)], AT)
    assert credentials.use_code(conn, old[0].lower(), AT) == ANNA
    assert credentials.use_code(conn, old[0], AT) is None
    assert credentials.codes_left(conn, ANNA) == 9
    new = credentials.new_codes(conn, ANNA, [bytes([n + 50]) * 10 for n in range(10)], AT)
    assert credentials.use_code(conn, old[1], AT) is None
    assert credentials.use_code(conn, new[1], AT) == ANNA


@given(st.binary(min_size=10, max_size=10))
def test_a_code_may_be_typed_as_it_is_read(random: bytes) -> None:
    code = secrets.code(random)
    as_heard = code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert secrets.code_known_by(as_heard) == secrets.code_known_by(code)
    assert len(code) == 19 and len(secrets.known_by(code)) == hashlib.sha256().digest_size


def test_no_secret_stands_in_the_file(conn: Connection, tmp_path: Path) -> None:
    told = [
        links.make(conn, BEN, "Anna", b"L" * 32, AT),
        sessions.begin(conn, ANNA, "passkey", "a", "b", b"S" * 32, AT),
        tokens.add(conn, operators.operator_of(conn, ANNA), "x", ("enrol",), 7, b"T" * 32, AT)[1],
        *credentials.new_codes(conn, ANNA, [b"R" * 10] * 1, AT),
    ]
    rows = "".join(
        str(row)
        for table in ("setup_link", "session", "api_token", "recovery_code")
        for row in conn.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608 - names of this test
    )
    assert not [secret for secret in told if secret in rows]


def test_a_person_who_leaves_signs_in_no_more(conn: Connection) -> None:
    credentials.add_passkey(conn, PERSON, b"3", b"key", 0, "phone", AT)
    token = sessions.begin(conn, PERSON, "passkey", "a", "b", KEY, AT)
    leaving.leave(conn, PERSON, AT + 1)
    assert credentials.passkeys(conn, PERSON) == () and sessions.session_with(conn, token) is None
    with pytest.raises(DBAPIError, match="gone"):
        links.make(conn, PERSON, "Anna", KEY, AT)


# --- sessions and tokens -----------------------------------------------------------------------------------------


def test_a_session_idles_and_ends(conn: Connection) -> None:
    token = sessions.begin(conn, ANNA, "passkey", "a", "b", KEY, AT)
    held = sessions.session_with(conn, token)
    assert held is not None and held.live(AT + sessions.IDLE_MS - 1) and not held.live(AT + sessions.IDLE_MS)
    sessions.seen(conn, held.id, AT + sessions.LASTS_MS - 1)
    late = sessions.session_with(conn, token)
    assert late is not None and late.live(AT + sessions.LASTS_MS - 1) and not late.live(AT + sessions.LASTS_MS)
    with pytest.raises(NoSuchSession):
        sessions.end(conn, BEN, held.id, AT)
    sessions.end(conn, ANNA, held.id, AT)
    with pytest.raises(DBAPIError, match="stays as it was"):
        conn.exec_driver_sql("UPDATE session SET ended_at_ms = NULL")


def test_nobody_has_endless_sessions(conn: Connection) -> None:
    for number in range(sessions.MOST_AT_ONCE + 5):
        sessions.begin(conn, ANNA, "passkey", "a", "b", number.to_bytes(32, "big"), AT)
    live = [one for one in sessions.sessions(conn, ANNA) if one.live(AT)]
    assert len(live) == sessions.MOST_AT_ONCE and max(one.id for one in live) == live[0].id
    assert sessions.end_others(conn, ANNA, live[0].id, AT) == sessions.MOST_AT_ONCE - 1


def test_a_token_is_for_deeds_that_its_owner_may_do(conn: Connection) -> None:
    ben = operators.operator_of(conn, BEN)
    with pytest.raises(ScopeTooWide, match="manage-operators"):
        tokens.add(conn, ben, "x", ("enrol", "manage-operators"), 7, KEY, AT)
    for scopes, days in ((("fly",), 7), ((), 7), (("enrol",), 0), (("enrol",), 367)):
        with pytest.raises(Malformed):
            tokens.add(conn, ben, "x", scopes, days, KEY, AT)
    made, text = tokens.add(conn, ben, "x", ("enrol",), 7, KEY, AT)
    assert tokens.token_with(conn, text) == made and made.live(made.until_ms - 1) and not made.live(made.until_ms)
    with pytest.raises(NoSuchToken):
        tokens.revoke(conn, ANNA, made.id, AT)
    tokens.revoke(conn, BEN, made.id, AT)
    with pytest.raises(NoSuchToken):
        tokens.revoke(conn, BEN, made.id, AT)


def test_after_a_restore_nobody_is_in(conn: Connection) -> None:
    token = sessions.begin(conn, ANNA, "passkey", "a", "b", KEY, AT)
    _, text = tokens.add(conn, operators.operator_of(conn, ANNA), "x", ("enrol",), 7, KEY, AT)
    link = links.make(conn, BEN, "Anna", KEY, AT)
    put_out(conn, AT + 1)
    held, made = sessions.session_with(conn, token), tokens.token_with(conn, text)
    assert held is not None and made is not None and not held.live(AT + 2) and not made.live(AT + 2)
    with pytest.raises(LinkUsed):
        links.good(conn, link, AT + 2)


# --- guessing ----------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000))
def test_the_wait_grows_and_has_an_end(times: int) -> None:
    assert failures.wait_ms(times) <= failures.wait_ms(times + 1) <= failures.LONGEST_MS
    assert (failures.wait_ms(times) == 0) == (times < failures.FREE)


def test_mistakes_are_counted_and_forgotten(conn: Connection) -> None:
    key = failures.about("name", " Anna ")
    assert key == failures.about("name", "anna") != failures.about("address", "anna")
    for _ in range(failures.FREE):
        assert failures.left_ms(conn, key, AT) == 0
        failures.failed(conn, key, AT)
    assert failures.left_ms(conn, key, AT) == failures.FIRST_MS
    assert failures.left_ms(conn, key, AT - 10**9) == failures.FIRST_MS, (
        "a clock set back opens nothing and locks nobody"
    )
    assert failures.left_ms(conn, key, AT + failures.FIRST_MS) == 0
    failures.failed(conn, key, AT)
    assert failures.left_ms(conn, key, AT) == 2 * failures.FIRST_MS
    failures.over(conn, key)
    assert failures.left_ms(conn, key, AT) == 0
