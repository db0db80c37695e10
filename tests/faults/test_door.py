"""A door to which everything happens, in virtual time: nothing unearned, nothing lost, and everybody gets out.

`OSTIARY_SEED` chooses other cases; a failing one says its number, and the same seed and number are the same case.
"""

from collections.abc import Callable

import pytest

from ostiary.scenarios.play.language import Show
from tests.faults.door_cases import Case
from tests.faults.judging import LONG

CASES = 2_000 if LONG else 80
SAMPLED = 24  # bytes of the journal at which the power fails in the short form


@pytest.mark.parametrize("part", range(CASES // 20))
def test_everything_at_random(part: int) -> None:
    for number in range(20 * part, 20 * part + 20):
        case = Case(number, any_door=True)
        case.happen(40)
        case.judged("everything at random")


def test_the_same_number_is_the_same_case() -> None:
    told = []
    for _ in range(2):
        case = Case("again", any_door=True)
        case.happen(40)
        case.run(100_000)
        told.append(case.world.told("front"))
        case.world.close()
    assert told[0] == told[1]
    assert told[0].journals[0].noted


def walk_through(case: Case) -> list[str]:
    """A member's whole visit; returns what the display said."""
    replies = case.world.present(Show(0, "front", card="4711"))
    case.run(200)
    case.pull()
    case.run(400)
    case.close()
    case.run(6_000)
    return [reply["show"]["say"] for reply in replies]


def bytes_of_a_visit() -> int:
    """How many bytes the journal takes for it."""
    case = Case("bytes")
    case.flash.cut_after = 1 << 30
    assert walk_through(case) == ["yes"]
    written = (1 << 30) - case.flash.cut_after
    case.world.close()
    return written


def test_power_fails_at_every_byte_of_the_journal() -> None:
    size = bytes_of_a_visit()
    assert size > 400
    for cut in range(0, size + 1, 1 if LONG else size // SAMPLED):
        case = Case(f"byte {cut}")
        case.flash.cut_after = cut
        walk_through(case)
        case.judged("power cut at a byte of the journal")


def full_flash(case: Case) -> None:
    case.flash.full = True
    said = [*walk_through(case), *walk_through(case)]
    assert "yes" not in said[1:], "a door whose journal cannot be written asks nothing"
    case.leave()
    case.flash.full = False
    case.run(5_000)
    assert walk_through(case) == ["yes"]


def jittering_contact(case: Case) -> None:
    case.world.present(Show(0, "front", card="4711"))
    case.run(200)
    for _ in range(5):
        case.jitter()
        case.run(100)
    case.close()


def rex_stuck(case: Case) -> None:
    case.world.set("front", "rex", True)
    case.run(3_600_000)
    assert walk_through(case) == ["yes"], "whoever wants in is asked as ever"


def two_cards_at_once(case: Case) -> None:
    first = case.world.present(Show(0, "front", card="4711"))
    second = case.world.present(Show(0, "front", card="999"))
    case.run(8_000)
    said = [reply["show"]["say"] for reply in (*first, *second)]
    assert said == ["yes", "no"], "one after the other, each with its own answer"


def clock_at(unix_ms: int) -> Callable[[Case], None]:
    def set_clock(case: Case) -> None:
        case.node.offset_ms = unix_ms - case.world.now_ms
        assert walk_through(case) == ["yes"], "what is decided never rests on the door's own clock"

    return set_clock


def answer_after_the_pulse(case: Case) -> None:
    case.world.present(Show(0, "front", card="4711"))
    case.run(100)
    _, _, answer = next(one for one in case.world.wire.sent if one[1] == "answer")
    case.run(4_000)
    for _ in range(3):
        case.world.wire.to_node("front-1", "answer", answer)
        case.run(2_000)


def two_owners(case: Case) -> None:
    assert case.world.keeper is not None
    case.world.keeper.term = 7
    assert walk_through(case) == ["yes"]
    case.world.keeper.term = 1  # one who does not know that its lease is over
    assert walk_through(case) == ["busy"]


def guard_hangs_in_a_pulse(case: Case) -> None:
    case.world.present(Show(0, "front", card="4711"))
    case.run(200)
    assert case.world.doors["front"].leaf.strike
    case.world.freeze("guard", "front", on=True)
    case.run(60_000)
    assert not case.world.doors["front"].leaf.strike, "the node ends a guard that hangs"


def order_waits_for_a_guard_that_hangs(case: Case) -> None:
    case.world.freeze("guard", "front", on=True)
    case.world.present(Show(0, "front", card="4711"))
    case.run(1_500)
    case.world.freeze("guard", "front", on=False)
    case.run(1_000)
    assert not case.world.doors["front"].leaf.strike, "an order that is history moves nothing"


NAMED = {
    "full flash": full_flash,
    "jittering contact": jittering_contact,
    "REX stuck": rex_stuck,
    "two cards at once": two_cards_at_once,
    "clock in 1970": clock_at(0),
    "clock in 2099": clock_at(4_070_908_795_000),
    "answer after the pulse": answer_after_the_pulse,
    "two owners": two_owners,
    "guard hangs in a pulse": guard_hangs_in_a_pulse,
    "order to a guard that hangs": order_waits_for_a_guard_that_hangs,
}


@pytest.mark.parametrize("fault", NAMED)
def test_a_fault_with_a_name(fault: str) -> None:
    for number in range(20 if LONG else 2):
        case = Case(f"{fault} {number}")
        NAMED[fault](case)
        case.judged(fault)
