"""Contests: who may do what when, what each outcome does, and that no story of moves breaks the rules of one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Connection

from ostiary.controller.people import contests, errors, evidence, following, holding, ledger, membership, registry
from ostiary.controller.people.contests import DECIDE_WITHIN_MS, Contest
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.facts import Holding, Membership
from ostiary.controller.policy.score import ScoreRules, score
from ostiary.controller.policy.title import Titles
from ostiary.controller.store.people_db import open_people

ADA, BO = "p-" + "a" * 16, "p-" + "b" * 16
PENALTY = EntryKind(Titles.read(None).of("left-running"), -8, ("form",), 10**12)
RULES = ScoreRules("safety", 350, 950, 600, 10, 20)
DUE = 30 + DECIDE_WITHIN_MS


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        for person in (ADA, BO):
            registry.add(conn, person, "Somebody", 1)
        for number in range(4):
            evidence.keep(conn, Evidence(f"form-{number}", str(number) * 64, "form", f"Form {number}"))
        yield conn
    engine.dispose()


def penalty(conn: Connection, document: str = "form-1") -> int:
    return ledger.record(conn, ADA, PENALTY, "safety", document, "Olga", 10, 20).id


def opened(conn: Connection, entry: int, at_ms: int = 30) -> Contest:
    return contests.open_contest(conn, ADA, "entry", entry, " It was Bo. ", "office", at_ms)


def value(conn: Connection, at_ms: int) -> int:
    return score(following.snapshot(conn).people[ADA].facts.entries, RULES, at_ms).value


def test_a_contested_penalty_does_not_count_until_it_is_upheld(conn: Connection) -> None:
    entry = penalty(conn)
    assert value(conn, 29) == 592
    contest = opened(conn, entry)
    assert (contest.words, contest.state(30), contest.suspends, contest.due_at_ms) == ("It was Bo.", "open", True, DUE)
    assert value(conn, 30) == 600
    assert contests.assign(conn, contest.id, "Rae", "Pat", 40).state(40) == "assigned"
    decided = contests.uphold(conn, contest.id, "rae", "Pat", "It was you.", 50)
    assert (decided.state(DUE + 1), decided.reasons) == ("upheld", "It was you.")
    assert [value(conn, at_ms) for at_ms in (29, 30, 49, 50)] == [592, 600, 600, 592]


def test_an_upheld_entry_is_not_suspended_again(conn: Connection) -> None:
    entry = penalty(conn)
    first = opened(conn, entry)
    with pytest.raises(errors.ContestRuns):
        opened(conn, entry)
    contests.assign(conn, first.id, "Rae", None, 40)
    contests.uphold(conn, first.id, "Rae", None, "It was you.", 50)
    second = opened(conn, entry, 60)
    assert not second.suspends
    assert value(conn, 60) == 592
    contests.assign(conn, second.id, "Sam", None, 61)
    contests.overturn(conn, second.id, "Sam", None, "It was not.", 70)
    assert [value(conn, at_ms) for at_ms in (69, 70)] == [592, 600]
    assert ledger.entry_of(conn, entry).cancelled_why == "Overturned: It was not."
    with pytest.raises(errors.EntryCancelled):
        opened(conn, entry, 80)


def test_what_nobody_decides_in_time_is_cancelled(conn: Connection) -> None:
    contest = opened(conn, penalty(conn))
    contests.assign(conn, contest.id, "Rae", None, 40)
    assert contests.lapse(conn, DUE - 1) == ()
    assert [contest.state(at_ms) for at_ms in (DUE - 1, DUE)] == ["open", "lapsed"]
    for late in (contests.uphold, contests.overturn):
        with pytest.raises(errors.ContestLapsed):
            late(conn, contest.id, "Rae", None, "It was you.", DUE)
    (lapsed,) = contests.lapse(conn, DUE + 5)
    assert (lapsed.outcome, lapsed.decided_at_ms) == ("lapsed", DUE + 5)
    assert contests.lapse(conn, DUE + 9) == ()
    assert ledger.entry_of(conn, contest.number).cancelled_at_ms == DUE + 5
    with pytest.raises(errors.ContestLapsed):  # a clock that was set back brings nothing back
        contests.uphold(conn, contest.id, "Rae", None, "It was you.", 50)


def test_the_keeper_is_told_once_of_each_deadline(conn: Connection) -> None:
    first, second = opened(conn, penalty(conn)), opened(conn, penalty(conn, "form-2"), 31)
    assert contests.fell_due(conn, 0, DUE - 1) == ()
    assert [one.id for one in contests.fell_due(conn, 0, DUE)] == [first.id]
    contests.lapse(conn, DUE)
    assert [one.id for one in contests.fell_due(conn, 0, DUE)] == [first.id]
    assert [one.id for one in contests.fell_due(conn, DUE, DUE + 1)] == [second.id]
    assert contests.fell_due(conn, DUE + 1, DUE + 9) == ()


def test_nobody_reviews_their_own_work(conn: Connection) -> None:
    contest = opened(conn, penalty(conn))
    for reviewer in ("Olga", " oLGA ", "Pat"):
        with pytest.raises(errors.OwnWork):
            contests.assign(conn, contest.id, reviewer, "Pat", 40)
    contests.assign(conn, contest.id, "Rae", "Pat", 40)
    with pytest.raises(errors.OwnWork):  # who published a policy since
        contests.uphold(conn, contest.id, "Rae", "Rae", "It was you.", 50)
    contests.assign(conn, contest.id, "Sam", "Rae", 51)
    with pytest.raises(errors.WrongReviewer, match="Sam"):
        contests.uphold(conn, contest.id, "Rae", None, "It was you.", 52)


def test_a_contest_has_an_owner_words_and_a_subject(conn: Connection) -> None:
    entry = penalty(conn)
    for person, kind, number in ((BO, "entry", entry), (ADA, "entry", 99), (ADA, "membership", 1)):
        with pytest.raises(errors.NotTheirs):
            contests.open_contest(conn, person, kind, number, "No.", "office", 30)
    for kind, number, words in (
        ("rumour", 1, "No."),
        ("decision", -1, "No."),
        ("decision", True, "No."),
        ("entry", entry, " "),
    ):
        with pytest.raises(errors.Malformed):
            contests.open_contest(conn, ADA, kind, number, words, "office", 30)
    for within_ms in (0, -1, 10**11):
        with pytest.raises(errors.Malformed):
            contests.open_contest(conn, ADA, "entry", entry, "No.", "office", 30, within_ms=within_ms)
    with pytest.raises(errors.NoSuchContest):
        contests.assign(conn, 9, "Rae", None, 40)
    contest = opened(conn, entry)
    for decide in (contests.uphold, contests.overturn):
        with pytest.raises(errors.NotAssigned):
            decide(conn, contest.id, "Rae", None, "So be it.", 40)
    contests.assign(conn, contest.id, "Rae", None, 40)
    with pytest.raises(errors.Malformed):
        contests.uphold(conn, contest.id, "Rae", None, " ", 50)


@pytest.mark.parametrize(
    ("kind", "add", "end", "read"),
    [
        ("membership", membership.add_membership, membership.end_membership, membership.memberships),
        ("holding", holding.add_holding, holding.end_holding, holding.holdings),
    ],
)
def test_an_ended_fact_goes_on_where_its_end_is_overturned(conn: Connection, kind: str, add, end, read) -> None:
    span = add(conn, ADA, "active", "form-1", "Olga", 5, from_ms=5, until_ms=900)
    end(conn, span.id, "Pat", 25)
    contest = contests.open_contest(conn, ADA, kind, span.id, "I paid.", "office", 30)
    for author in ("Olga", "Pat"):
        with pytest.raises(errors.OwnWork):
            contests.assign(conn, contest.id, author, None, 40)
    contests.assign(conn, contest.id, "Rae", None, 40)
    contests.overturn(conn, contest.id, "Rae", None, "The receipt is here.", 50)
    facts = following.snapshot(conn).people[ADA].facts
    made = Membership if kind == "membership" else Holding
    assert (facts.member or facts.holds) == (made("active", 5, 25), made("active", 50, 900))
    again = read(conn, ADA)[-1]
    assert (again.evidence, again.author) == ("form-1", "Rae")
    end(conn, again.id, "Olga", 60)  # and it can be ended again


def test_a_running_fact_is_ended_where_it_is_overturned(conn: Connection) -> None:
    span = membership.add_membership(conn, ADA, "barred", "form-1", "Olga", 5, from_ms=5)
    contest = contests.open_contest(conn, ADA, "membership", span.id, "Not me.", "office", 30)
    contests.lapse(conn, contest.due_at_ms)
    assert following.snapshot(conn).people[ADA].facts.member == (Membership("barred", 5, contest.due_at_ms),)


def test_a_clock_that_was_set_back_keeps_nobody_from_contesting(conn: Connection) -> None:
    contest = opened(conn, penalty(conn), 3)
    assert (contest.opened_at_ms, contest.due_at_ms) == (20, 20 + DECIDE_WITHIN_MS)
    assert contests.assign(conn, contest.id, "Rae", None, 2).assigned_at_ms == 20
    assert contests.overturn(conn, contest.id, "Rae", None, "It was Bo.", 1).decided_at_ms == 20


class Stories(RuleBasedStateMachine):
    """Random moves at a clock that mostly goes on; the rules are told again here, in the simplest words."""

    empty: ClassVar[Path]

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="ostiary-test-"))
        self.engine = open_people(Path(shutil.copy(Stories.empty, self.directory)))
        self.now_ms = 100
        self.contested: set[int] = set()
        self.told: dict[int, str] = {}
        self.due: dict[int, int] = {}
        self.about: dict[int, int] = {}
        with self.engine.begin() as conn:
            registry.add(conn, ADA, "Ada", 1)
            for number in (1, 2):
                evidence.keep(conn, Evidence(f"form-{number}", str(number) * 64, "form", "Form"))
                ledger.record(conn, ADA, PENALTY, "safety", f"form-{number}", "Olga", 10, 20)

    def live(self, number: int) -> bool:
        return number in self.told and self.told[number] in ("open", "assigned") and self.now_ms < self.due[number]

    def settle(self) -> None:
        for number, state in self.told.items():
            if state in ("open", "assigned") and self.now_ms >= self.due[number]:
                self.told[number] = "lapsed"

    def cancelled(self, entry: int) -> bool:
        return any(self.told[number] in ("overturned", "lapsed") for number, of in self.about.items() if of == entry)

    @rule(later_ms=st.sampled_from([0, 1, 50, 300]))
    def wait(self, later_ms: int) -> None:
        self.now_ms += later_ms

    @rule(entry=st.sampled_from([1, 2]), within_ms=st.sampled_from([10, 200, 1000]))
    def open(self, entry: int, within_ms: int) -> None:
        self.settle()
        runs = any(self.live(number) for number, of in self.about.items() if of == entry)
        try:
            with self.engine.begin() as conn:
                made = contests.open_contest(
                    conn, ADA, "entry", entry, "No.", "office", self.now_ms, within_ms=within_ms
                )
        except errors.PeopleError as refused:
            assert isinstance(refused, errors.EntryCancelled) == self.cancelled(entry)
            assert isinstance(refused, errors.ContestRuns) == runs
            return
        assert not runs
        assert not self.cancelled(entry)
        assert made.suspends == (entry not in self.contested)
        self.contested.add(entry)
        self.told[made.id], self.due[made.id], self.about[made.id] = "open", made.due_at_ms, entry

    @rule(number=st.integers(1, 6), reviewer=st.sampled_from(["Rae", "Sam", "Olga", "Pat"]))
    def assign(self, number: int, reviewer: str) -> None:
        may = self.live(number) and reviewer in ("Rae", "Sam")
        if self.moved(contests.assign, may, number, reviewer, "Pat", self.now_ms):
            self.told[number] = "assigned"
            self.reviewer = reviewer

    @rule(
        number=st.integers(1, 6),
        reviewer=st.sampled_from(["Rae", "Sam", "Pat"]),
        move=st.sampled_from([("upheld", contests.uphold), ("overturned", contests.overturn)]),
    )
    def decide(self, number: int, reviewer: str, move) -> None:
        outcome, act = move
        with self.engine.begin() as conn:
            assigned = {one.id: one.reviewer for one in contests.contests(conn, ADA)}.get(number)
        may = self.live(number) and assigned == reviewer
        if self.moved(act, may, number, reviewer, "Pat", "For a reason.", self.now_ms):
            self.told[number] = outcome

    @rule()
    def lapse(self) -> None:
        with self.engine.begin() as conn:
            contests.lapse(conn, self.now_ms)

    def moved(self, act, may: bool, *arguments) -> bool:
        try:
            with self.engine.begin() as conn:
                act(conn, *arguments)
        except errors.PeopleError as refused:
            assert not may, refused
            assert all((refused.what, refused.why, refused.now))
            return False
        assert may
        return True

    @invariant()
    def the_rows_say_what_the_rules_say(self) -> None:
        if not hasattr(self, "engine"):
            return
        self.settle()
        with self.engine.begin() as conn:
            found = {one.id: one.state(self.now_ms) for one in contests.contests(conn, ADA)}
            weighs = score(following.snapshot(conn).people[ADA].facts.entries, RULES, self.now_ms)
        assert found == self.told
        upheld = {entry for number, entry in self.about.items() if self.told[number] == "upheld"}
        counting = {1, 2} - (self.contested - upheld) - {entry for entry in (1, 2) if self.cancelled(entry)}
        assert weighs.value == 600 - 8 * len(counting)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            shutil.rmtree(self.directory)


@pytest.fixture(scope="module", autouse=True)
def empty(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file that the machine copies for each run: migrating one takes longer than a run."""
    Stories.empty = tmp_path_factory.mktemp("empty") / "people.db"
    open_people(Stories.empty).dispose()


# Without shrinking: looking for a shorter story on a real database takes minutes.
Stories.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
TestStories = Stories.TestCase
