"""An entry is recorded once, rests on the right document, and is contested, upheld or cancelled but never rewritten."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ostiary.controller.people import consent, errors, evidence, following, ledger, registry
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.policy.document import EntryKind, load
from ostiary.controller.policy.score import score
from ostiary.controller.store.people_db import open_people

ADA, BO = "p-" + "a" * 16, "p-" + "b" * 16
DAY_MS = 86_400_000
REPORT = Evidence("report-1", "0" * 64, "incident-report", "Lathe left running")
SHEET = Evidence("sheet-1", "1" * 64, "round-sheet", "Safety round")
POLICY = """
policy: workshop
score: {context: workshop-safety, min: 350, max: 950, start: 600}
entries:
  safety-round: {points: +6, evidence: round-sheet, expires: 365d}
  course-passed: {points: +10, evidence: round-sheet, expires: never}
  machine-left-running: {points: -8, evidence: incident-report, expires: 180d}
limits: {largest_penalty: 10, penalties_in_30d: 20}
doors:
  front: {face: verify, or: [card], grant: [score: {at_least: 600}]}
"""
KINDS = load(POLICY).entries
PENALTY, ROUND, COURSE = KINDS["machine-left-running"], KINDS["safety-round"], KINDS["course-passed"]


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
        registry.add(conn, BO, "Bo", 1)
        evidence.keep(conn, REPORT)
        evidence.keep(conn, SHEET)
        yield conn
    engine.dispose()


def penalty(conn: Connection, *, occurred_at_ms: int = 10, at_ms: int = 20) -> ledger.LedgerEntry:
    return ledger.record(conn, ADA, PENALTY, "workshop-safety", "report-1", "op", occurred_at_ms, at_ms)


def test_an_entry_has_what_the_policy_gives_it(conn: Connection) -> None:
    entry = penalty(conn)
    assert (entry.points, entry.context, entry.evidence) == (-8, "workshop-safety", "report-1")
    assert (entry.occurred_at_ms, entry.recorded_at_ms, entry.expires_at_ms) == (10, 20, 10 + 180 * DAY_MS)
    course = ledger.record(conn, ADA, COURSE, "workshop-safety", "sheet-1", "op", 10, 20)
    assert (course.points, course.expires_at_ms) == (10, None)


def test_a_document_gives_one_entry_of_a_kind_to_a_person(conn: Connection) -> None:
    first = penalty(conn)
    assert penalty(conn, at_ms=99) == first
    for person, kind in ((ADA, ROUND), (BO, ROUND), (ADA, COURSE)):
        ledger.record(conn, person, kind, "workshop-safety", "sheet-1", "op", 10, 20)
        ledger.record(conn, person, kind, "workshop-safety", "sheet-1", "op", 10, 30)
    assert [entry.kind for entry in ledger.ledger(conn, ADA)] == [
        "machine-left-running",
        "safety-round",
        "course-passed",
    ]
    assert len(ledger.ledger(conn, BO)) == 1
    with pytest.raises(errors.EntryDiffers):
        penalty(conn, occurred_at_ms=11)


def test_a_rise_never_needs_a_face(conn: Connection) -> None:
    assert consent.live(conn, ADA) is None
    ledger.record(conn, ADA, ROUND, "workshop-safety", "sheet-1", "op", 10, 20)
    facts = following.snapshot(conn).people[ADA].facts
    rules = load(POLICY).score
    assert rules is not None
    assert score(facts.entries, rules, 20).value == 606


def test_a_cancelled_entry_is_not_recorded_anew(conn: Connection) -> None:
    cancelled = ledger.cancel(conn, penalty(conn).id, "It was Bo.", 30)
    assert penalty(conn, at_ms=40) == cancelled


def test_the_document_must_be_known_and_of_the_kind_asked_for(conn: Connection) -> None:
    with pytest.raises(errors.EvidenceMissing):
        ledger.record(conn, ADA, PENALTY, "workshop-safety", "report-9", "op", 10, 20)
    with pytest.raises(errors.EvidenceKindWrong, match="'incident-report', and this is 'round-sheet'"):
        ledger.record(conn, ADA, PENALTY, "workshop-safety", "sheet-1", "op", 10, 20)
    assert ledger.ledger(conn, ADA) == ()


@pytest.mark.parametrize(
    ("context", "author", "occurred_at_ms"),
    [("workshop safety", "op", 10), ("workshop-safety", " ", 10), ("workshop-safety", "op", 21)],
)
def test_a_malformed_entry_is_refused(conn: Connection, context: str, author: str, occurred_at_ms: int) -> None:
    with pytest.raises(errors.Malformed):
        ledger.record(conn, ADA, PENALTY, context, "report-1", author, occurred_at_ms, 20)


def test_nobody_unknown_gets_an_entry(conn: Connection) -> None:
    with pytest.raises(errors.NoSuchPerson):
        ledger.record(conn, "p-" + "z" * 16, PENALTY, "workshop-safety", "report-1", "op", 10, 20)


def test_a_contest_is_opened_once_and_upheld_once(conn: Connection) -> None:
    entry = penalty(conn).id
    with pytest.raises(errors.NotContested):
        ledger.uphold(conn, entry, 25)
    assert ledger.contest(conn, entry, 30).contested_at_ms == 30
    with pytest.raises(errors.AlreadyContested):
        ledger.contest(conn, entry, 31)
    assert ledger.uphold(conn, entry, 40).upheld_at_ms == 40
    with pytest.raises(errors.NotContested):
        ledger.uphold(conn, entry, 41)


def test_a_cancelled_entry_stays_with_its_reason_and_is_over(conn: Connection) -> None:
    entry = ledger.cancel(conn, penalty(conn).id, " It was Bo. ", 30)
    assert (entry.cancelled_at_ms, entry.cancelled_why) == (30, "It was Bo.")
    assert ledger.ledger(conn, ADA) == (entry,)
    with pytest.raises(errors.EntryCancelled):
        ledger.cancel(conn, entry.id, "Again", 31)
    with pytest.raises(errors.EntryCancelled):
        ledger.contest(conn, entry.id, 31)


def test_a_clock_that_was_set_back_keeps_nobody_from_contesting(conn: Connection) -> None:
    entry = penalty(conn)
    assert ledger.contest(conn, entry.id, 3).contested_at_ms == entry.recorded_at_ms
    assert ledger.cancel(conn, entry.id, "mistaken", 3).cancelled_at_ms == entry.recorded_at_ms


def test_an_unknown_entry_is_refused(conn: Connection) -> None:
    with pytest.raises(errors.NoSuchEntry):
        ledger.contest(conn, 99, 30)


def test_a_documents_id_means_one_document(conn: Connection) -> None:
    assert evidence.keep(conn, REPORT) == evidence.evidence_of(conn, "report-1") == REPORT
    for other, field in (
        (Evidence("report-1", "2" * 64, REPORT.kind, REPORT.title), "sha256"),
        (Evidence("report-1", REPORT.sha256, "round-sheet", REPORT.title), "kind"),
        (Evidence("report-1", REPORT.sha256, REPORT.kind, "Other"), "title"),
    ):
        with pytest.raises(errors.EvidenceDiffers, match=field):
            evidence.keep(conn, other)
    with pytest.raises(errors.Malformed):
        evidence.keep(conn, Evidence("report-2", "nonsense", "incident-report", "Other"))


def test_the_policys_kinds_are_what_the_ledger_takes() -> None:
    assert isinstance(PENALTY, EntryKind)
