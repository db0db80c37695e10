"""The keeper's picture: replaying the change feed gives what reading everything gives, whatever was done before."""

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import Connection, Engine

from ostiary.controller.people import (
    cards,
    consent,
    enrolment,
    errors,
    evidence,
    following,
    holding,
    leaving,
    ledger,
    membership,
    more_time,
    registry,
    standing,
)
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.people.notice import notice
from ostiary.controller.policy.document import EntryKind
from ostiary.controller.policy.facts import Holding, Membership
from ostiary.controller.policy.title import Titles
from ostiary.controller.store.people_db import follow_people, open_people, scrub

ADA, BO = "p-" + "a" * 16, "p-" + "b" * 16
PENALTY = EntryKind(Titles.read(None).of("left-running"), -8, ("form",), 1000)
tags = st.sampled_from(["a" * 64, "b" * 64, "c" * 64])
numbers = st.integers(1, 6)
which = st.sampled_from([0, 1])
adds = st.sampled_from([membership.add_membership, holding.add_holding])


@pytest.fixture(scope="module", autouse=True)
def empty(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file that the machine copies for each run: migrating one takes longer than a run."""
    Feed.empty = tmp_path_factory.mktemp("empty") / "people.db"
    open_people(Feed.empty).dispose()


class Feed(RuleBasedStateMachine):
    """Random acts, some refused, some rolled back; one follower at every step and one that seldom looks."""

    empty: ClassVar[Path]

    @initialize()
    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="ostiary-test-"))
        path = Path(shutil.copy(self.empty, self.directory))
        self.owner, self.follower = open_people(path), follow_people(path)
        self.now_ms, self.here = 1, [ADA, BO]
        with self.owner.begin() as conn:
            evidence.keep(conn, Evidence("form-1", "0" * 64, "form", "Form 1"))
            evidence.keep(conn, Evidence("form-2", "1" * 64, "form", "Form 2"))
            for person in self.here:
                registry.add(conn, person, "Somebody", self.now_ms)
        with self.follower.connect() as conn:
            self.known = self.seldom = following.snapshot(conn)

    def act(self, act, *arguments, **options) -> None:
        self.now_ms += 1
        try:
            with self.owner.begin() as conn:
                act(conn, *arguments, **options)
        except errors.PeopleError:
            return
        self.follow()

    def follow(self) -> None:
        with self.follower.connect() as conn:
            self.known = self.known.after(following.changes(conn, self.known.version))
            assert self.known == following.snapshot(conn)
        held = {tag: person for person, one in self.known.people.items() for tag in one.cards}
        assert self.known.cards == held

    @rule()
    def add(self) -> None:
        """A new person in place of the one who was here longest, so that there are few and much happens to them."""
        new = registry.new_id(self.now_ms.to_bytes(10, "big"))
        self.here = [*self.here[1:], new]
        self.act(registry.add, new, "Somebody", self.now_ms)

    @rule(which=which, name=st.sampled_from(["Ada", "Bo"]))
    def rename(self, which: int, name: str) -> None:
        self.act(registry.rename, self.here[which], name)

    @rule(which=which, tag=tags)
    def add_card(self, which: int, tag: str) -> None:
        self.act(cards.add_card, self.here[which], tag, "blue", self.now_ms)

    @rule(card=numbers)
    def revoke_card(self, card: int) -> None:
        self.act(cards.revoke_card, card, self.now_ms)

    @rule(which=which, tag=tags)
    def hand_a_card_on(self, which: int, tag: str) -> None:
        def hand_on(conn: Connection) -> None:
            for card in cards.cards(conn, self.here[which]):
                if card.revoked_at_ms is None and card.tag == tag:
                    cards.revoke_card(conn, card.id, self.now_ms)
            cards.add_card(conn, self.here[1 - which], tag, "handed on", self.now_ms)

        self.act(hand_on)

    @rule(which=which)
    def agree(self, which: int) -> None:
        self.act(consent.give, self.here[which], notice(), self.now_ms)

    @rule(which=which, sealed=st.binary(min_size=1, max_size=4), model=st.sampled_from(["0" * 64, "1" * 64]))
    def enrol(self, which: int, sealed: bytes, model: str) -> None:
        self.act(consent.give, self.here[which], notice(), self.now_ms)
        self.act(enrolment.enrol_face, self.here[which], sealed, model, "litert", self.now_ms)

    @rule(which=which)
    def withdraw(self, which: int) -> None:
        self.act(consent.withdraw, self.here[which], self.now_ms)

    @rule(which=which, document=st.sampled_from(["form-1", "form-2"]), lasts_ms=st.none() | st.integers(1, 9), add=adds)
    def join(self, which: int, document: str, lasts_ms: int | None, add) -> None:
        until_ms = None if lasts_ms is None else self.now_ms + lasts_ms
        self.act(add, self.here[which], "active", document, "op", self.now_ms, from_ms=self.now_ms, until_ms=until_ms)

    @rule(number=numbers)
    def end(self, number: int) -> None:
        self.act(membership.end_membership, number, "op", self.now_ms)
        self.act(holding.end_holding, number, "op", self.now_ms)

    @rule(which=which, document=st.sampled_from(["form-1", "form-2"]))
    def record(self, which: int, document: str) -> None:
        self.act(ledger.record, self.here[which], PENALTY, "safety", document, "op", 1, self.now_ms)

    @rule(entry=numbers, step=st.sampled_from([ledger.contest, ledger.uphold]))
    def contest(self, entry: int, step) -> None:
        self.act(step, entry, self.now_ms)

    @rule(entry=numbers)
    def cancel(self, entry: int) -> None:
        self.act(ledger.cancel, entry, "mistaken", self.now_ms)

    @rule(which=which, lasts_ms=st.integers(1, 9))
    def suspend(self, which: int, lasts_ms: int) -> None:
        self.act(standing.suspend, self.here[which], self.now_ms + lasts_ms, "op", "smoke", self.now_ms)

    @rule(which=which)
    def revoke(self, which: int) -> None:
        self.act(standing.revoke, self.here[which], "op", "reason", self.now_ms)

    @rule(which=which, step=st.sampled_from([standing.lift, standing.reinstate]))
    def forgive(self, which: int, step) -> None:
        self.act(step, self.here[which], "op", self.now_ms)

    @rule(which=which, step=st.sampled_from([more_time.give_more_time, more_time.end_more_time]))
    def take_time(self, which: int, step) -> None:
        self.act(step, self.here[which], "op", self.now_ms)

    @rule(which=which)
    def leave(self, which: int) -> None:
        self.act(leaving.leave, self.here[which], self.now_ms)

    @rule(which=which)
    def change_their_mind(self, which: int) -> None:
        def rolled_back(conn: Connection) -> None:
            leaving.leave(conn, self.here[which], self.now_ms)
            raise errors.NoSuchPerson(self.here[which])

        self.act(rolled_back)

    @rule()
    def scrub(self) -> None:
        assert scrub(self.owner)

    @rule()
    def catch_up(self) -> None:
        with self.follower.connect() as conn:
            self.seldom = self.seldom.after(following.changes(conn, self.seldom.version))
        assert self.seldom == self.known

    def teardown(self) -> None:
        if hasattr(self, "owner"):
            self.catch_up()
            self.owner.dispose()
            self.follower.dispose()
            shutil.rmtree(self.directory)


# Without shrinking: looking for a shorter story on a real database takes minutes.
Feed.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
TestFeed = Feed.TestCase


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
        registry.add(conn, BO, "Bo", 1)
        evidence.keep(conn, Evidence("form-1", "0" * 64, "form", "Form 1"))
    return engine


def test_the_picture_has_what_a_decision_needs_and_no_name(engine: Engine) -> None:
    with engine.begin() as conn:
        consent.give(conn, ADA, notice(), 5)
        enrolment.enrol_face(conn, ADA, b"sealed", "0" * 64, "litert", 5)
        lost = cards.add_card(conn, ADA, "a" * 64, "blue", 5)
        cards.add_card(conn, ADA, "b" * 64, "red", 5)
        cards.revoke_card(conn, lost.id, 6)
        membership.add_membership(conn, ADA, "active", "form-1", "op", 5, from_ms=5, until_ms=90)
        early = membership.add_membership(conn, ADA, "guest", "form-1", "op", 5, from_ms=50)
        membership.end_membership(conn, early.id, "op", 6)
        held = holding.add_holding(conn, ADA, "key", "form-1", "op", 5, from_ms=5)
        holding.end_holding(conn, held.id, "op", 7)
        entry = ledger.record(conn, ADA, PENALTY, "safety", "form-1", "op", 4, 5)
        ledger.contest(conn, entry.id, 8)
        taken = following.snapshot(conn)
    ada = taken.people[ADA]
    assert taken.cards == {"b" * 64: ADA}
    assert [(one.model, one.runtime, one.sealed) for one in ada.templates] == [("0" * 64, "litert", b"sealed")]
    assert ada.facts.member == (Membership("active", 5, 90),)
    assert ada.facts.holds == (Holding("key", 5, 7),)
    (counted,) = ada.facts.entries
    assert (counted.points, counted.occurred_ms, counted.expires_ms, counted.contested_ms) == (-8, 4, 1004, 8)
    assert counted.evidence == "form-1 sha256:" + "0" * 64
    assert "Ada" not in repr(taken)


def test_a_suspension_ends_by_itself(engine: Engine) -> None:
    with engine.begin() as conn:
        standing.suspend(conn, ADA, 20, "op", "smoke", 10)
        ada, bo = (following.snapshot(conn).people[person] for person in (ADA, BO))
    assert [ada.facts.suspended_at(at_ms) for at_ms in (10, 19, 20)] == [True, True, False]
    assert not bo.facts.suspended_at(10)


def test_a_stalled_writer_holds_up_no_picture(engine: Engine, tmp_path: Path) -> None:
    follower = follow_people(tmp_path / "people.db")
    with follower.connect() as conn:
        before = following.snapshot(conn)
    with engine.begin() as writing:
        registry.rename(writing, ADA, "Ada L.")
        leaving.leave(writing, BO, 9)
        with follower.connect() as conn:
            assert following.changes(conn, before.version).people == {}
            assert following.snapshot(conn) == before
    with follower.connect() as conn:
        changes = following.changes(conn, before.version)
    assert changes.people[BO] is None
    assert set(before.after(changes).people) == {ADA}
    assert set(before.people) == {ADA, BO}  # the picture before stays what it was


def test_a_feed_that_went_back_is_noticed(engine: Engine) -> None:
    with engine.connect() as conn:
        version = following.version(conn)
        assert following.changes(conn, version) == following.Changes(version, {})
        with pytest.raises(errors.FeedWentBack):
            following.changes(conn, version + 1)


def test_many_changes_at_once_are_all_seen(engine: Engine, tmp_path: Path) -> None:
    ids = [registry.new_id(number.to_bytes(10, "big")) for number in range(1, 1101)]
    with engine.begin() as conn:
        for person in ids:
            registry.add(conn, person, "Somebody", 2)
    with follow_people(tmp_path / "people.db").connect() as conn:
        everyone = following.Snapshot(0, {}, {}).after(following.changes(conn, 0))
        assert everyone == following.snapshot(conn)
    assert len(everyone.people) == 1102
