"""The register gives what the log's index says, whatever the filter and however deep, and is made anew when broken."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.record.reading import Row
from ostiary.controller.web.register import AGAIN_MS, HOUR_MS, Filter, Register

KINDS, DOORS, VERDICTS, CODES = ("decision", "event", "look-up"), ("front", "studio", None), ("grant", "deny", None), (
    "granted", "face-near", None,
)  # fmt: skip
SORTS = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(DOORS), st.sampled_from(VERDICTS), st.sampled_from(CODES),
    st.integers(0, 3 * HOUR_MS),
)  # fmt: skip


def rows(sorts: list[tuple[str, str | None, str | None, str | None, int]]) -> list[Row]:
    """Records in the order of their times."""
    late = sorted(sorts, key=lambda one: one[4])
    return [
        Row(at, kind, door, at_ms, verdict, code, None) for at, (kind, door, verdict, code, at_ms) in enumerate(late)
    ]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    made = Register(tmp_path / "register.db")
    yield made
    made.close()


@settings(max_examples=15, deadline=None)
@given(
    st.lists(SORTS, max_size=60),
    st.sampled_from([None, *KINDS]),
    st.sampled_from([None, "front", "cellar"]),
    st.sampled_from([None, "grant"]),
    st.sampled_from([None, "face-near"]),
    st.one_of(st.none(), st.integers(0, 3 * HOUR_MS)),
    st.one_of(st.none(), st.integers(0, 3 * HOUR_MS)),
    st.integers(1, 9),
)
def test_pages_are_what_the_filter_says_newest_first(
    sorts: list[tuple[str, str | None, str | None, str | None, int]],
    kind: str | None, door: str | None, verdict: str | None, code: str | None,
    since_ms: int | None, until_ms: int | None, size: int,
) -> None:  # fmt: skip
    held = rows(sorts)
    wanted = Filter(kind, door, verdict, code, since_ms, until_ms)
    with tempfile.TemporaryDirectory() as folder:
        register = Register(Path(folder) / "register.db")
        register.take(held[:7])
        register.take(held[7:])
        found: list[int] = []
        before = None
        while page := register.page(wanted, size, before=before):
            found += page
            before = page[-1]
        register.close()
    assert found == [
        row.position
        for row in reversed(held)
        if kind in (None, row.kind)
        and door in (None, row.door)
        and verdict in (None, row.verdict)
        and code in (None, row.code)
        and (since_ms is None or row.at_ms >= since_ms)
        and (until_ms is None or row.at_ms < until_ms)
    ]


def test_counts_by_the_hour_add_up_and_go_on_where_they_were(tmp_path: Path) -> None:
    held = [Row(at, "decision", "front", at * HOUR_MS // 4, "grant", "granted", None) for at in range(10)]
    first = Register(tmp_path / "register.db")
    first.take(held[:5])
    first.close()
    again = Register(tmp_path / "register.db")
    assert again.upto() == 4
    again.take(held[5:])
    assert [(one.hour_ms // HOUR_MS, one.count) for one in again.counts(0)] == [(0, 4), (1, 4), (2, 2)]
    assert [one.hour_ms // HOUR_MS for one in again.counts(2 * HOUR_MS)] == [2]
    assert [(one.hour_ms // HOUR_MS, one.count) for one in again.counts(0, 2, "front")] == [(0, 8), (2, 2)]
    assert again.counts(0, 24, "studio") == []
    assert again.choices().doors == ("front",)
    again.close()


def test_another_log_is_not_taken_for_the_one_before(register: Register) -> None:
    known = Row(0, "publish", None, 1, None, "publish", None)
    assert register.agrees(None)
    register.take([known])
    assert register.agrees(known)
    assert not register.agrees(None), "the log became shorter"
    assert not register.agrees(Row(0, "publish", None, 2, None, "publish", None))
    register.clear()
    assert (register.upto(), register.counts(0)) == (-1, [])
    register.take([known])
    assert register.page(Filter(kind="publish"), 5) == [0]


def test_a_grant_just_after_an_unrecognised_face_is_a_sign(register: Register) -> None:
    register.take(
        [
            Row(0, "decision", "front", 1_000, "deny", "face-near", None),
            Row(1, "decision", "studio", 2_000, "grant", "granted", None),
            Row(2, "decision", "front", 3_000, "grant", "granted", None),
            Row(3, "decision", "front", 4_000, "grant", "granted", None),
            Row(4, "decision", "front", 5_000, "deny", "quality-sharpness", None),
            Row(5, "decision", "front", 5_001 + AGAIN_MS, "grant", "granted", None),
            Row(6, "decision", "front", 5_002 + AGAIN_MS, "deny", "score-below", None),
            Row(7, "decision", "front", 5_003 + AGAIN_MS, "grant", "granted", None),
        ]
    )
    assert register.late(0) == [(0, "front", 1)]


@pytest.mark.parametrize(
    "broken", [b"", b"this is no database, whatever it is called", b"SQLite format 3\0" + b"x" * 200]
)
def test_a_broken_file_is_made_anew(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "register.db"
    path.write_bytes(broken)
    register = Register(path)
    assert register.upto() == -1
    register.take([Row(0, "publish", None, 1, None, "publish", None)])
    assert register.page(Filter(), 5) == [0]
    assert path.stat().st_mode & 0o077 == 0
    register.close()
