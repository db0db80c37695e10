"""Alarms: on change, never twice, whatever happens in whatever order; and the log tells them again."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.access import alarming
from ostiary.controller.access.intake import Standing
from ostiary.controller.fleet.alarms import (
    BY_EVENT,
    LEAVES_BY_ITSELF,
    LOST,
    MAIL_FAILED,
    MOMENTS,
    OTHER_OWNER,
    Alarm,
    Alarms,
    Change,
    Happening,
    Turn,
    says,
    told,
)
from ostiary.controller.fleet.heard import Node
from ostiary.controller.record.log import Log
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import codes

KINDS = sorted((*BY_EVENT, LOST, MAIL_FAILED, OTHER_OWNER))
SITE = "northside"


def happening(kind: str, at_ms: int = 1, *, over: bool = False, node: str = "front-1") -> Happening:
    return Happening(node, "front", kind, at_ms, over)


class Kept:
    """Alarms whose changes are durable at once, numbered as a log would."""

    def __init__(self) -> None:
        self.alarms, self.size = Alarms(), 0

    def tell(self, *happenings: Happening) -> list[tuple[str, str]]:
        changes = self.alarms.changes(happenings)
        for change in changes:
            self.keep(change)
        return [(change.turn.value, change.alarm.kind) for change in changes]

    def keep(self, change: Change) -> None:
        raised = change.turn is Turn.RAISED
        self.alarms.recorded(Change(change.turn, replace(change.alarm, number=self.size)) if raised else change)
        self.size += 1

    def acknowledge(self, kind: str) -> None:
        [alarm] = [one for one in self.alarms.all() if one.kind == kind]
        self.keep(Change(Turn.ACKNOWLEDGED, replace(alarm, by="ada")))

    def standing(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms.all()]


def test_what_people_do_stays_until_somebody_has_looked_and_equipment_mends_itself() -> None:
    kept = Kept()
    assert kept.tell(happening("tamper")) == [("alarm", "tamper")]
    assert kept.tell(happening("tamper", 2)) == []
    assert kept.tell(happening("tamper", 3, over=True)) == [("alarm-over", "tamper")]
    assert kept.tell(happening("tamper", 4, over=True)) == []
    assert kept.standing() == ["tamper"]
    kept.acknowledge("tamper")
    assert kept.standing() == []
    kept.tell(happening(LOST))
    kept.acknowledge(LOST)
    assert kept.standing() == [LOST], "acknowledged, and still so"
    assert kept.tell(happening(LOST)) == []
    kept.tell(happening(LOST, over=True))
    assert kept.standing() == []


def test_a_moment_has_no_end_and_leaves_when_somebody_has_looked() -> None:
    kept = Kept()
    kept.tell(happening("duress"))
    assert kept.tell(happening("duress", 2)) == []
    kept.acknowledge("duress")
    assert kept.standing() == []
    assert kept.tell(happening("duress", 3)) == [("alarm", "duress")]


def test_a_journal_that_comes_late_tells_an_outage_that_is_over_in_its_events_alone() -> None:
    kept = Kept()
    assert kept.tell(happening("line-lost"), happening("line-lost", 2, over=True)) == []
    assert kept.tell(happening("tamper"), happening("tamper", 2, over=True)) == [("alarm", "tamper")]
    assert kept.standing() == ["tamper"], "what people did is looked at, also when it is over"
    [alarm] = kept.alarms.all()
    assert alarm.over_ms == 2


@pytest.mark.parametrize(("kind", "ends"), [("closed", ["forced", "held"]), ("fire-over", ["fire"]), ("opened", [])])
def test_events_end_what_they_end(kind: str, ends: list[str]) -> None:
    assert told(kind) == [(one, True) for one in ends]


def test_every_kind_has_a_sentence_and_every_event_is_known() -> None:
    assert all(says(kind).endswith(".") for kind in KINDS)
    for kind in codes.EVENTS:
        for alarm, _ in told(kind):
            assert alarm in BY_EVENT
    assert MOMENTS <= BY_EVENT and set(KINDS) >= LEAVES_BY_ITSELF


STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["begins", "over", "acknowledged"])), max_size=40)


@given(STEPS, st.integers(1, 4))
def test_never_twice_in_any_order(steps: list[tuple[str, str]], together: int) -> None:
    kept, raised = Kept(), dict.fromkeys(KINDS, False)
    for begin in range(0, len(steps), together):
        batch = steps[begin : begin + together]
        for kind, what in batch:
            if what == "acknowledged" and kind in kept.standing():
                [alarm] = [one for one in kept.alarms.all() if one.kind == kind]
                if alarm.by is None:
                    kept.acknowledge(kind)
        said = kept.tell(*(happening(k, over=w == "over") for k, w in batch if w != "acknowledged"))
        for turn, kind in said:
            alarm = next((one for one in kept.alarms.all() if one.kind == kind), None)
            if turn == "alarm-over":
                assert raised[kind], "nothing is over that never began"
            raised[kind] = turn == "alarm" and alarm is not None
        # What was told once more changes nothing: a level that is known raises no alarm again.
        again = kept.alarms.changes(happening(one.kind) for one in kept.alarms.all() if one.over_ms is None)
        assert again == []
        assert all(alarm.stands for alarm in kept.alarms.all())


@settings(max_examples=15)  # each writes a log to the disk
@given(st.lists(st.tuples(st.sampled_from(("tamper", LOST, "duress")), st.booleans()), max_size=12))
def test_the_log_tells_the_same_alarms_again(steps: list[tuple[str, bool]]) -> None:
    import tempfile

    async def story(place: Path) -> None:
        keys = KeyStore(place / "keys.db", bytes(32))
        log = Log.start(place / "log.db", keys, SITE)
        alarms = Alarms()

        async def keep(change: Change, by: str | None = None) -> None:
            [receipt] = await log.append([alarming.draft(SITE, change, 5)])
            body = log.open(receipt.position)
            assert isinstance(body, dict)
            told_again = alarming.change_in(receipt.position, change.turn, body)
            assert told_again is not None
            alarms.recorded(told_again)

        for kind, over in steps:
            for change in alarms.changes([happening(kind, over=over)]):
                await keep(change)
            for alarm in alarms.all():
                if alarm.over_ms is not None and alarm.by is None:
                    await keep(Change(Turn.ACKNOWLEDGED, replace(alarm, by="ada")))
        assert alarming.remembered_alarms(log).all() == alarms.all()
        await log.close()
        keys.close()

    with tempfile.TemporaryDirectory() as place:
        asyncio.run(story(Path(place)))


def test_last_words_are_levels() -> None:
    standing = Standing("front-1", "front", True, {})
    assert alarming.by_words(standing, Node(), 7) == [], "who never spoke is not lost: they may not be there yet"
    gone = alarming.by_words(standing, Node(state="lost", at_ms=1), 7)
    assert Happening("front-1", "front", LOST, 7) in gone
    back = alarming.by_words(standing, Node(state="online", at_ms=1), 7)
    assert {(one.kind, one.over) for one in back} == {(LOST, True), (OTHER_OWNER, True), ("safe-mode", True)}
    obeys = Node(state="online", at_ms=1, reported={"term": 9})
    assert Happening("front-1", "front", OTHER_OWNER, 7) in alarming.by_words(standing, obeys, 7)


def test_an_alarm_of_the_store_is_none_of_a_node() -> None:
    assert alarming.change_in(3, "alarm", {"since_ms": 1, "why": "full"}) is None
    assert alarming.change_in(3, "decision", {"node": "front-1"}) is None
    assert Alarm("front-1", "front", "forced", 1).stands
