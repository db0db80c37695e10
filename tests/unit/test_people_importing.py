"""An import shows what it would do as a value, then does exactly that or nothing, in memory that does not grow."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from ostiary.controller.people import errors, evidence, importing, leaving, ledger, registry
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.people.importing import COLUMNS, Counts, Difference
from ostiary.controller.people.reporting import Report, enter
from ostiary.controller.policy.document import load
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.people_db import open_people

ADA, BO, GONE = "p-" + "a" * 16, "p-" + "b" * 16, "p-" + "c" * 16
NOW = 1_800_000_000_000
WHEN = "2026-06-06T10:00:00+02:00"
WHEN_MS = 1_780_732_800_000
POLICY = load("""
policy: workshop
score: {context: safety, min: 350, max: 950, start: 600}
entries:
  round: {points: +6, evidence: sheet, expires: 365d}
  left-running: {points: -8, evidence: report, expires: 180d}
limits: {largest_penalty: 10, penalties_in_30d: 20}
doors:
  front: {face: off, or: [card], grant: [score: {at_least: 600}]}
""")
HEAD = ",".join(COLUMNS)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        for person in (ADA, BO, GONE):
            registry.add(conn, person, "Somebody", 1)
        leaving.leave(conn, GONE, 2)
        yield conn
    engine.dispose()


def line(
    person: str = ADA,
    kind: str = "round",
    document: str = "sheet-1",
    sha256: str = "1" * 64,
    sort: str = "sheet",
    title: str = "Round",
    occurred: str = WHEN,
) -> str:
    return ",".join((person, kind, document, sha256, sort, title, occurred))


def compared(conn: Connection, *lines: str, head: str = HEAD) -> Difference:
    text = "\n".join((head, *lines))
    return importing.compare(conn, importing.lines_of(io.StringIO(text)), POLICY, NOW)


def applied(conn: Connection, *lines: str) -> int:
    with compared(conn, *lines) as difference:
        return importing.apply(conn, difference, POLICY, "office", NOW)


def test_rows_are_sorted_by_what_would_happen(conn: Connection) -> None:
    assert applied(conn, line(), line(BO, document="sheet-2", sha256="2" * 64)) == 2
    with compared(
        conn,
        line(BO, document="sheet-4", sha256="4" * 64),
        line(),
        line(occurred="2026-06-07T10:00:00Z"),
        line(document="sheet-2", sha256="9" * 64),
        line(document="sheet-3", sha256="3" * 64),
        line("p-" + "z" * 16),
    ) as difference:
        assert difference.counts == Counts(unchanged=1, added=2, conflicting=2, refused=1)
        assert [(row.line, row.report.person) for row in difference.added()] == [(6, ADA), (2, BO)]
        assert [row.line for row in difference.unchanged()] == [3]
        assert [(one.line, one.what) for one in difference.conflicting()] == [
            (4, "No second entry 'round' was recorded."),
            (5, "Evidence 'sheet-2' was not kept."),
        ]
        (refused,) = difference.refused()
        assert refused.line == 7
        assert all((refused.what, refused.why, refused.now))
        assert not difference.clean
        with pytest.raises(errors.ImportMistaken):
            importing.apply(conn, difference, POLICY, "office", NOW)
    assert conn.execute(select(func.count()).select_from(tables.entry)).scalar() == 2


def test_an_entry_has_what_the_policy_gives_it(conn: Connection) -> None:
    applied(conn, line(), line(kind="left-running", document="report-1", sort="report", sha256="2" * 64))
    penalty, award = ledger.ledger(conn, ADA)  # sorted as the difference is
    assert (award.points, award.context, award.author, award.recorded_at_ms) == (6, "safety", "office", NOW)
    assert (award.occurred_at_ms, award.expires_at_ms) == (WHEN_MS, WHEN_MS + 365 * 86_400_000)
    assert (penalty.points, penalty.kind) == (-8, "left-running")
    assert evidence.evidence_of(conn, "report-1") == Evidence("report-1", "2" * 64, "report", "Round")


def test_the_same_file_again_changes_nothing(conn: Connection) -> None:
    lines = [line(document=f"sheet-{number}") for number in range(3)]
    assert applied(conn, *lines) == 3
    with compared(conn, *lines) as difference:
        assert difference.counts == Counts(3, 0, 0, 0)
    assert applied(conn, *lines) == 0


def test_rows_are_held_against_the_rows_before_them(conn: Connection) -> None:
    with compared(
        conn,
        line(),
        line(),  # twice
        line(occurred="2026-06-07T10:00:00Z"),  # the same document for another time
        line(BO, sha256="2" * 64),  # the same document with another content
        line(BO),  # one document for two persons
        line(document="sheet-2", sha256="2" * 64),  # two entries of one instant
    ) as difference:
        assert difference.counts == Counts(unchanged=1, added=3, conflicting=2, refused=0)
        assert [one.line for one in difference.conflicting()] == [4, 5]


REFUSED = {
    "of nobody": line("p-" + "z" * 16),
    "of one who left": line(GONE),
    "of no person": line("Ada"),
    "of a kind that the policy does not know": line(kind="rond"),
    "on the wrong kind of document": line(sort="report"),
    "without a document": line(document=" "),
    "without a hash": line(sha256=""),
    "without a title": line(title=""),
    "at a time without an offset": line(occurred="2026-06-06T10:00:00"),
    "at a time that a clock skipped, since it names no offset": line(occurred="2026-03-29T02:30:00"),
    "on a day that is none": line(occurred="2026-02-29T10:00:00Z"),
    "at no time": line(occurred="yesterday"),
    "at the end of time": line(occurred="9999-12-31T23:59:59Z"),
    "before time": line(occurred="0001-01-01T00:00:00+14:00"),
    "from the future": line(occurred="2030-01-01T00:00:00Z"),
    "with too few fields": "x,y",
    "with too many fields": line() + ",more",
    "with a quotation mark left open": line(title='"Round"x'),
    "with bytes that are no text": line(title="R\udcff"),
    "with a zero": line(title="R\0"),
    "of endless length": line(title="R" * 5000),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_a_row_is_refused_in_words(conn: Connection, row: str) -> None:
    with compared(conn, row, line()) as difference:
        assert difference.counts == Counts(0, 1, 0, 1), list(difference.refused())
        (refused,) = difference.refused()
        assert refused.line == 2
        assert all((refused.what, refused.why, refused.now))


@pytest.mark.parametrize(
    "text",
    ["", "\n", "person,kind\n", HEAD.replace("title", "name") + "\n", HEAD + ",person\n", HEAD + "\n" + "x" * 20_000],
)
def test_a_file_that_is_no_such_table_is_refused(conn: Connection, text: str) -> None:
    with pytest.raises(errors.FileRefused, match="first line is"):
        importing.compare(conn, importing.lines_of(io.StringIO(text)), POLICY, NOW)


def test_columns_may_stand_in_any_order(conn: Connection) -> None:
    names = list(reversed(COLUMNS))
    with compared(
        conn, ",".join(reversed(line().split(","))), "", head="\ufeff" + ", ".join(names).upper()
    ) as difference:
        assert difference.counts == Counts(0, 1, 0, 0)


def test_a_difference_has_one_name_whatever_the_order(conn: Connection) -> None:
    rows = [line(document=f"sheet-{number}") for number in range(5)]
    with compared(conn, *rows) as one, compared(conn, *reversed(rows)) as same, compared(conn, *rows[1:]) as other:
        assert one.sha256() == same.sha256() != other.sha256()


def test_a_policy_without_a_score_takes_nothing(conn: Connection) -> None:
    bare = load("{policy: bare, doors: {front: {face: off, or: [card], grant: [member: active]}}}")
    with importing.compare(conn, iter([HEAD + "\n", line()]), bare, NOW) as difference:
        (refused,) = difference.refused()
        assert "no score" in refused.why


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_no_text_gives_more_than_words(text: str) -> None:
    """Whatever stands after a good first line: rows, mistakes, or one sentence about the file."""
    engine = Fuzz.engine
    with engine.connect() as conn:
        try:
            with importing.compare(conn, importing.lines_of(io.StringIO(f"{HEAD}\n{text}")), POLICY, NOW) as found:
                assert found.counts.added == found.counts.unchanged == 0
        except errors.FileRefused:
            return


class Fuzz:
    engine = None


@pytest.fixture(scope="module", autouse=True)
def _people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    Fuzz.engine = open_people(tmp_path_factory.mktemp("fuzz") / "people.db")
    yield
    Fuzz.engine.dispose()


def many(rows: int) -> Iterator[str]:
    yield HEAD + "\n"
    for number in range(rows):
        yield line((ADA, BO)[number % 2], document=f"sheet-{number}", sha256=f"{number:064x}") + "\n"


def test_a_large_file_takes_no_more_memory_than_a_small_one(conn: Connection) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        try:
            savepoint = conn.begin_nested()
            with importing.compare(conn, many(rows), POLICY, NOW) as difference:
                assert importing.apply(conn, difference, POLICY, "office", NOW) == rows
            savepoint.rollback()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(500)  # what is made once and kept
    # Rows that were held would take a kilobyte each.
    assert peak(6000) < peak(2000) + 4000 * 250


def test_a_report_gives_one_entry_however_often_it_comes(conn: Connection) -> None:
    report = Report(ADA, "round", Evidence("sheet-1", "1" * 64, "sheet", "Round"), 10)
    entry, new = enter(conn, report, POLICY, "source a", 20)
    assert new
    assert enter(conn, report, POLICY, "source b", 30) == (entry, False)
    with pytest.raises(errors.KindUnknown, match="left-running, round"):
        enter(conn, Report(ADA, "rond", report.evidence, 10), POLICY, "source a", 20)
    with pytest.raises(errors.EntryDiffers):
        enter(conn, Report(ADA, "round", report.evidence, 11), POLICY, "source a", 20)
