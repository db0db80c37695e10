"""The door's mind case by case: grants, denials, openings, patience, a journal that fails, alarms."""

import sys
from pathlib import Path
from typing import Any

import pytest

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import Door, UnknownEvent
from ostiary.protocol import codes

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from door_world import CARD, CLOCK_MS, DESIRED, FACE, World, kinds

LIMIT_MS = 3_000


def test_granted_and_opened_is_acted_at_the_opening() -> None:
    world = World()
    world.attempt()
    world.answer("grant", 5_000)
    assert world.shown == ["yes"]
    world.wait(2_000)
    world.handle(("contact", False))
    world.handle(("contact", True))
    kinds = [(entry["kind"], entry["at"]["ms"] - CLOCK_MS) for entry in world.entries]
    assert kinds == [("boot", 0), ("strike-on", 0), ("opened", 2_000), ("acted", 2_000)]
    world.wait(5_000)
    assert [entry["kind"] for entry in world.entries][4:] == ["strike-off"]


def test_granted_and_not_opened_is_unused_after_the_grace() -> None:
    world = World()
    world.handle(("contact", False))
    world.attempt()
    world.answer("grant", 1_000)
    world.wait(5_000)
    last = world.entries[-1]
    assert (last["kind"], last["at"]["ms"] - CLOCK_MS) == ("unused", 2_001)


def test_opened_without_grant_or_rex_is_forced_and_with_rex_is_not() -> None:
    world = World()
    world.handle(("contact", False))
    world.handle(("contact", True))
    world.handle(("contact", False))
    world.handle(("rex", True))
    world.handle(("contact", True))
    assert [entry["kind"] for entry in world.entries] == ["boot", "forced", "closed", "exit", "opened"]


def test_no_answer_in_time_shows_busy_and_a_late_one_moves_nothing() -> None:
    world = World()
    world.attempt()
    world.wait(LIMIT_MS)
    assert world.shown == ["busy"]
    world.answer("grant", 5_000)
    assert world.on_until_ms is None
    assert world.outcomes(world.answered[0]) == ["refused"]
    assert "late" in world.entries[-1]["detail"]


def test_a_second_attempt_while_one_waits_is_told_busy() -> None:
    world = World()
    world.attempt()
    world.attempt()
    assert (len(world.asks), world.shown) == (1, ["busy"])


def test_a_door_whose_journal_fails_asks_nothing_and_says_busy() -> None:
    world = World()
    world.disk = False
    world.attempt()
    world.answer("grant", 5_000)
    assert (world.edges, world.shown, world.door.locked) == ([], ["busy"], True)
    world.attempt()
    assert (len(world.asks), world.shown) == (1, ["busy", "busy"])
    world.handle(("rex", True))
    world.mend()
    assert kinds(world.entries) == ["boot", "refused", "denied", "exit"]
    world.attempt()
    assert len(world.asks) == 2


def test_a_grant_that_reaches_a_locked_door_is_refused() -> None:
    world = World()
    world.attempt()
    world.disk = False
    world.handle(("rex", True))
    assert world.door.locked
    world.answer("grant", 5_000)
    world.mend()
    assert (world.edges, world.outcomes(world.answered[0])) == ([], ["refused"])


def test_more_time_holds_for_openings_on_its_own_pulse_and_for_no_later_one() -> None:
    world = World()
    world.handle(("contact", False))
    world.attempt()
    world.answer("grant", 5_000, held_ms=60_000)
    opened_ms = world.now_ms
    world.handle(("contact", True))
    assert world.door.passage.contact.held_at_ms == opened_ms + 90_000
    world.handle(("contact", False))
    world.now_ms += 5_000
    world.handle(("tick",))
    world.now_ms += 5_000
    world.handle(("rex", True))
    world.handle(("contact", True))
    assert world.door.passage.contact.held_at_ms == world.now_ms + 30_000


def test_power_lost_during_a_pulse_closes_the_decision_at_the_next_start() -> None:
    world = World()
    world.attempt()
    world.answer("grant", 5_000)
    world.start()
    assert [(entry["boot"], entry["kind"]) for entry in world.entries] == [
        (1, "boot"), (1, "strike-on"), (2, "boot"), (2, "unused"),
    ]  # fmt: skip


def test_a_busy_keeper_without_a_decision_leaves_nothing_to_close() -> None:
    world = World()
    world.attempt()
    world.busy()
    assert (world.shown, kinds(world.entries)) == (["busy"], ["boot", "denied"])
    assert "receipt" not in world.entries[-1]


def test_numbers_that_the_keeper_knows_are_not_used_again() -> None:
    door = Door("front", 1, journal.recover(b""))
    door.handle(("start",), 0)
    effects = door.handle(("desired", {**DESIRED, "term": 1, "number": 1, "journal_upto": 500}), 5)
    assert effects[0][0] == "remember"
    assert effects[1] == ("acknowledge", 500)
    entry = effects[2][1]
    assert (entry["seq"], entry["kind"]) == (501, "boot")
    assert "500" in entry["detail"]


def test_an_unknown_event_is_a_mistake() -> None:
    with pytest.raises(UnknownEvent, match="unlock"):
        Door("front", 1, journal.recover(b"")).handle(("unlock",), 0)


def test_a_keeper_that_forgot_a_part_of_the_journal_is_noted_once() -> None:
    """What a restored backup of the log looks like from the door."""
    recovered = journal.recover(b"")
    recovered.acknowledge(9)
    door = Door("front", 1, recovered)

    def acknowledged(upto: int, number: int) -> list[tuple[Any, ...]]:
        return door.handle(("desired", {**DESIRED, "term": 0, "number": number, "journal_upto": upto}), number)

    assert acknowledged(9, 1) == []
    [(effect, entry)] = acknowledged(4, 2)
    assert effect == "journal"
    assert (entry["kind"], entry["seq"]) == (codes.BOOT, 10)
    assert entry["detail"] == "the keeper had this journal up to 9, and now 4"
    assert acknowledged(4, 3) == []
    assert acknowledged(10, 4) == [("acknowledge", 10)]


def test_each_denial_is_told_once_and_as_what_it_is() -> None:
    world = World()
    for how, told in (("deny", "denied"), ("expired", "expired")):
        world.attempt()
        receipt = world.answer(how)
        assert [(entry["kind"], entry.get("receipt")) for entry in world.entries[-2:]] == [
            (told, receipt), ("acted", receipt),
        ]  # fmt: skip


def test_a_stuck_rex_is_told_once_and_explains_every_opening() -> None:
    world = World()
    world.handle(("contact", False))
    world.handle(("rex", True))
    world.wait(600_000)
    assert kinds(world.entries) == ["boot", "exit", "exit-stuck"]
    world.handle(("contact", True))
    world.handle(("rex", False))
    world.handle(("rex", True))
    world.wait(119_000)
    assert kinds(world.entries)[3:] == ["opened", "exit", "held"]
    world.wait(1_000)
    assert kinds(world.entries)[-1] == "exit-stuck"


def test_a_fire_is_told_and_excuses_openings_and_open_doors() -> None:
    world = World()
    world.handle(("contact", False))
    world.handle(("fire", True))
    world.handle(("fire", True))
    world.handle(("contact", True))
    world.wait(600_000)
    assert kinds(world.entries) == ["boot", "fire", "opened"]
    world.handle(("fire", False))
    world.wait(40_000)
    world.handle(("contact", False))
    world.handle(("contact", True))
    assert kinds(world.entries)[3:] == ["fire-over", "held", "closed", "forced"]


def test_housing_mains_set_up_and_line_are_told_on_change() -> None:
    world = World()
    for name, well in (("tamper", False), ("power", True), ("config", False), ("line", True)):
        for level in (well, well, not well, not well, well):
            world.handle((name, level))
    assert kinds(world.entries) == [
        "boot", "tamper", "tamper-over", "power-fail", "power-restored", "config-entered", "config-left",
        "line-lost", "line-back",
    ]  # fmt: skip


def test_a_line_that_was_never_there_is_not_lost() -> None:
    world = World(online=False)
    world.handle(("line", False))
    world.handle(("line", True))
    assert kinds(world.entries) == ["boot"]


def test_a_second_opening_on_one_grant_is_a_tailgate_and_told_once() -> None:
    world = World()
    world.handle(("contact", False))
    world.attempt()
    world.answer("grant", 5_000)
    for level in (True, False, True, False, True):
        world.handle(("contact", level))
    assert kinds(world.entries)[2:] == ["opened", "acted", "closed", "opened", "tailgate", "closed", "opened"]


def test_who_leaves_while_another_may_enter_is_no_tailgate() -> None:
    world = World()
    world.handle(("contact", False))
    world.attempt()
    world.answer("grant", 5_000)
    world.handle(("contact", True))
    world.handle(("contact", False))
    world.handle(("rex", True))
    world.handle(("contact", True))
    assert "tailgate" not in kinds(world.entries)


def test_a_counter_sees_two_on_one_grant() -> None:
    world = World()
    world.handle(("passed",))
    world.attempt()
    world.answer("grant", 5_000)
    for _ in range(3):
        world.handle(("passed",))
    assert kinds(world.entries) == ["boot", "strike-on", "tailgate"]


def test_a_clock_that_is_set_is_told_and_one_that_is_steered_is_not() -> None:
    world = World()
    world.handle(("clock", CLOCK_MS + 900, "set"))
    world.handle(("clock", CLOCK_MS + 3_600_000, "set"))
    world.handle(("clock", 0, "unset"))
    assert kinds(world.entries) == ["boot", "clock-set", "clock-set"]
    assert world.entries[-2]["detail"] == "by 3599100 ms, from set to set"


def test_a_boot_is_good_after_an_answer_or_two_minutes() -> None:
    world = World()
    world.wait(119_999)
    assert "boot-good" not in world.other
    world.wait(1)
    assert world.other.count("boot-good") == 1
    world.start()
    world.attempt()
    world.answer("deny")
    world.wait(500_000)
    assert world.other.count("boot-good") == 2


def test_in_safe_mode_a_card_is_asked_about_and_a_face_is_not_looked_at() -> None:
    world = World(safe_mode=True)
    assert kinds(world.entries) == ["boot", "safe-mode"]
    assert (world.statuses[-1]["safe_mode"], world.reported[-1]["face"]) == (True, False)
    world.attempt(FACE)
    assert (world.asks, world.shown) == ([], ["busy"])
    world.attempt({**FACE, "claim": CARD["claim"], "pin": "2468"})
    assert [(ask["credential"], "probe" in ask, ask["pin"]) for ask in world.asks] == [("card", False, "2468")]
    world.answer("grant")
    assert len(world.edges) == 1


def test_lamp_and_buzzer_tell_what_the_door_does() -> None:
    world = World()
    world.handle(("contact", False))
    world.attempt()
    world.answer("grant", 1_000)
    world.wait(10_000)
    world.handle(("contact", True))
    world.wait(40_000)
    world.handle(("contact", False))
    world.handle(("rex", True))
    world.handle(("contact", True))
    world.wait(30_000)
    assert world.told == ["idle", "ask", "yes", "idle", "alarm", "idle", "held"]


def test_nothing_that_was_presented_stays_longer_than_its_decision() -> None:
    world = World()
    facts = {**FACE, "claim": CARD["claim"], "pin": "2468"}
    world.attempt(facts)
    session = world.door.asking._waiting
    assert session is not None
    assert "2468" not in str(session.facts)
    world.answer("deny")
    assert session.facts == {}
    world.attempt(facts)
    late = world.door.asking._waiting
    assert late is not None
    world.wait(LIMIT_MS)
    assert late.facts == {}
