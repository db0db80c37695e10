"""Joining by a list: looked at first, done whole or not at all, and the same list again changes nothing."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ostiary.controller.people import cards, joining, membership, registry
from ostiary.controller.people.errors import FileRefused, ImportMistaken
from ostiary.controller.store.people_db import open_people

AT_MS = 1_795_471_200_000
HEAD = "name,evidence,title,until,card\n"


def tag_of(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()


def card_of(number: str) -> tuple[str, bytes]:
    return tag_of(number), b"sealed"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_people(tmp_path / "people.db")
    yield made
    made.dispose()


def looked(engine: Engine, text: str) -> joining.Joining:
    with engine.begin() as conn:
        return joining.compare(conn, text.splitlines(keepends=True), AT_MS, card_of)


def done(engine: Engine, text: str) -> list[str]:
    with engine.begin() as conn:
        found = joining.compare(conn, text.splitlines(keepends=True), AT_MS, card_of)
        return joining.apply(conn, found, "test", AT_MS, os.urandom)


def test_a_list_makes_members_with_cards_and_ends(engine: Engine) -> None:
    text = HEAD + "Ada Lovelace,m-1,Form 1,,4711\nGrace Hopper,m-2,Form 2,2027-01-31,\n"
    ada, grace = done(engine, text)
    with engine.begin() as conn:
        assert [person.name for person in registry.everybody(conn)] == ["Ada Lovelace", "Grace Hopper"]
        assert [card.tag for card in cards.cards(conn, ada)] == [tag_of("4711")]
        assert "4711" not in cards.cards(conn, ada)[0].tag
        [span] = membership.memberships(conn, grace)
        assert (span.what, span.author, span.until_ms) == ("active", "test", 1_801_440_000_000)


def test_the_same_list_again_finds_everybody_here(engine: Engine) -> None:
    text = HEAD + "".join(f"Person {at},m-{at},Form {at},,{1000 + at}\n" for at in range(200))
    assert len(done(engine, text)) == 200
    again = looked(engine, text)
    assert (len(again.added), again.unchanged, again.refused) == (0, 200, ())
    assert done(engine, text) == []


def test_one_mistake_and_nobody_joins(engine: Engine) -> None:
    text = HEAD + "Ada,m-1,Form,,\n,m-2,Form,,\nBob,m-3,Form,yesterday,\nCy,m-4\nAda,m-5,Form,2020-01-01,\n"
    found = looked(engine, text)
    assert [mistake.line for mistake in found.refused] == [3, 4, 5, 6]
    assert all(mistake.what and mistake.why and mistake.now for mistake in found.refused)
    with pytest.raises(ImportMistaken):
        done(engine, text)
    with engine.begin() as conn:
        assert registry.everybody(conn) == ()


@pytest.mark.parametrize(
    "second", ["Bob,m-1,Form,,\n", "Bob,m-2,Form,,4711\n"], ids=["another's document", "another's card"]
)
def test_what_is_somebody_elses_is_refused_within_a_file_and_after_it(engine: Engine, second: str) -> None:
    first = HEAD + "Ada,m-1,Form,,4711\n"
    assert len(looked(engine, first + second).refused) == 1
    done(engine, first)
    assert len(looked(engine, HEAD + second).refused) == 1


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "x" * 3_000, HEAD + "y" * 3_000])
def test_what_is_no_such_table_is_refused_in_words(engine: Engine, text: str) -> None:
    with pytest.raises(FileRefused) as refused:
        looked(engine, text)
    assert refused.value.why


def test_the_name_of_a_difference_is_that_of_its_additions(engine: Engine) -> None:
    lines = ["Ada,m-1,Form,,\n", "Bob,m-2,Form,,\n"]
    names = {looked(engine, HEAD + "".join(order)).sha256() for order in (lines, lines[::-1])}
    assert len(names) == 1
    assert looked(engine, HEAD + lines[0]).sha256() not in names


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=200))
def test_no_text_gives_a_traceback(text: str) -> None:
    try:
        fields = list(joining._table((HEAD + text).splitlines(keepends=True)))
    except FileRefused:
        return
    assert all(line > 0 for line, _ in fields)
