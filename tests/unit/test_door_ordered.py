"""What a keeper may order a door to do: fresh, of this boot, under the highest term, and never against a lockdown."""

import sys
from pathlib import Path

import pytest

from ostiary.firmware.door.orders import LIFE_MS

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from door_world import CARD, FACE, World, kinds


@pytest.fixture(params=["release", "command"])
def purpose(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_fresh_order_releases_once_and_is_closed_by_the_opening(purpose: str) -> None:
    world = World(("strike",))
    world.handle(("contact", False))
    receipt = world.order(purpose)
    world.handle(("contact", True))
    told = ["strike-on", "released-once"] if purpose == "command" else ["strike-on"]
    assert kinds(world.entries)[1:] == [*told, "opened", "acted"]
    assert world.outcomes(receipt) == ["acted"]


def test_the_same_order_again_is_silent_during_the_pulse_and_after(purpose: str) -> None:
    world = World()
    message = world.ordered(purpose)
    world.earned[message["receipt"]] = 5_000
    for after_ms in (0, 100, 9_000, 60_000):
        world.wait(after_ms)
        world.handle((purpose, message))
    assert len(world.edges) == 1
    assert "refused" not in kinds(world.entries)


def test_what_is_not_fresh_moves_nothing_and_is_closed_as_refused(purpose: str) -> None:
    world = World()
    first = world.statuses[-1]["nonce"]
    for changed, why in (
        ({"boot": 2}, "it is for boot 2, this is 1"),
        ({"nonce": "A" * 22}, "its nonce is none of the last 2"),
    ):
        receipt = world.order(purpose, earned=False, **changed)
        assert world.outcomes(receipt) == ["refused"]
        assert why in world.entries[-1]["detail"]
    world.wait(5_000)
    world.order(purpose, nonce=first)
    world.wait(5_000)
    assert world.outcomes(world.order(purpose, earned=False, nonce=first)) == ["refused"]
    assert len(world.edges) == 1


def test_a_number_that_does_not_rise_is_a_replay_and_closes_nothing(purpose: str) -> None:
    world = World()
    world.order(purpose, number=50)
    before = len(world.entries)
    world.order(purpose, earned=False, number=49)
    assert [("receipt" in entry, entry["kind"]) for entry in world.entries[before:]] == [(False, "refused")]
    assert "its number 49 is below 50" in world.entries[-1]["detail"]
    assert len(world.edges) == 1


def test_a_nonce_grows_old_while_the_line_is_down(purpose: str) -> None:
    """A broker that holds a release back until the line returns has held it back for nothing."""
    world = World()
    held_back = world.ordered(purpose)
    world.handle(("line", False))
    world.wait(LIFE_MS + 1)
    world.handle(("line", True))
    assert len(world.statuses) == 2
    world.handle((purpose, held_back))
    assert world.edges == []
    assert f"its nonce is {LIFE_MS + 1} ms old" in world.entries[-1]["detail"]


def test_nonces_are_new_every_five_seconds_and_none_is_said_offline() -> None:
    world = World()
    world.wait(14_999)
    assert len(world.statuses) == 3
    assert len({status["nonce"] for status in world.statuses}) == 3
    world.handle(("line", False))
    world.wait(60_000)
    assert len(world.statuses) == 3
    world.handle(("nonce", bytes(16)))
    assert len(world.statuses) == 3


def test_a_lower_term_is_refused_once_a_higher_was_seen_and_after_a_reboot(purpose: str) -> None:
    world = World()
    world.order(purpose, term=7)
    world.start()
    receipt = world.order(purpose, earned=False, term=6)
    assert world.outcomes(receipt) == ["refused"]
    assert "its term 6 is below 7" in world.entries[-1]["detail"]
    world.order(purpose, term=7)
    assert len(world.edges) == 2


def test_of_two_owners_only_the_later_counts_whoever_answers_first() -> None:
    for first, second in ((3, 4), (4, 3)):
        world = World()
        world.attempt()
        receipts = {term: world.answer("grant" if term == first else "other", term=term) for term in (first, second)}
        assert world.edges == [receipts[first]]
        assert world.outcomes(receipts[second]) == ["refused"]
        assert world.door.standing.term == 4


def test_an_owner_whose_lease_ended_does_not_spoil_the_answer_of_the_next() -> None:
    world = World()
    world.desire(term=5)
    world.attempt()
    assert world.outcomes(world.answer("other", term=4)) == ["refused"]
    receipt = world.answer("grant", term=5)
    assert world.edges == [receipt]


def test_a_node_without_a_strike_moves_nothing(purpose: str) -> None:
    world = World(("reader",))
    receipt = world.order(purpose, earned=False)
    assert world.outcomes(receipt) == ["refused"]
    assert "no strike" in world.entries[-1]["detail"]


def test_a_reader_shows_what_another_node_carries_out_and_closes_only_denials() -> None:
    world = World(("reader",))
    world.attempt()
    granted = world.answer("twice")
    world.attempt()
    denied = world.answer("deny")
    assert world.shown == ["yes", "no"]
    assert (world.outcomes(granted), world.outcomes(denied)) == ([], ["acted"])
    world.attempt()
    world.wait(3_000)
    late = world.answer("grant")
    assert (world.shown[-1], world.outcomes(late)) == ("busy", [])
    assert kinds(world.entries)[-1] == "refused"


def test_a_strike_alone_asks_nobody() -> None:
    world = World(("strike",))
    world.attempt()
    assert (world.asks, world.shown) == ([], ["busy"])
    assert world.outcomes(world.answer("grant")) == ["refused"]
    assert world.edges == []


def test_lockdown_ends_a_pulse_refuses_everything_and_outlives_a_reboot(purpose: str) -> None:
    world = World()
    world.handle(("contact", False))
    running = world.order(purpose, pulse_ms=30_000)
    world.desire(lockdown=True)
    assert world.on_until_ms is None
    assert world.outcomes(running) == ["unused"]
    assert world.reported[-1]["lockdown"]
    assert kinds(world.entries).count("lockdown-on") == 1
    for _ in range(2):
        assert world.outcomes(world.order(purpose, earned=False)) == ["refused"]
        world.attempt()
        assert world.outcomes(world.answer("other")) == ["refused"]
        assert world.shown[-1] == "busy"
        world.handle(("contact", True))
        world.handle(("contact", False))
        world.handle(("rex", True))
        world.handle(("contact", True))
        assert kinds(world.entries)[-2:] == ["exit", "opened"], "leaving is as ever"
        world.start()
        assert world.reported[-1]["lockdown"]
        world.handle(("contact", False))
    world.desire(lockdown=True)
    world.desire(lockdown=False)
    assert (kinds(world.entries).count("lockdown-on"), kinds(world.entries).count("lockdown-off")) == (1, 1)
    world.order(purpose)
    assert len(world.edges) == 2


def test_an_older_desired_is_not_taken_told_once_and_answered_with_what_is_in_force() -> None:
    world = World()
    old = world.desire(lockdown=False)
    world.desire(lockdown=True)
    said = len(world.reported)
    for _ in range(3):
        world.handle(("desired", old))
    assert world.door.standing.lockdown
    assert kinds(world.entries).count("refused") == 1
    assert (len(world.reported), world.reported[-1]["number"]) == (said + 1, world.door.standing.number)
    world.start()
    world.handle(("desired", old))
    assert world.door.standing.lockdown
    world.desire(term=9, lockdown=False)
    before = len(world.entries)
    world.desire(term=8, lockdown=True)
    assert not world.door.standing.lockdown
    assert kinds(world.entries[before:]) == ["refused"]


def test_an_acknowledgement_alone_is_not_worth_a_write() -> None:
    world = World()
    world.desire(held_ms=60_000)
    size, said = len(world.data), len(world.reported)
    message = world.desire(held_ms=60_000)
    world.handle(("desired", message))
    assert (len(world.data), len(world.reported)) == (size, said)
    world.start()
    assert world.door.passage.contact.held_ms == 60_000


def test_an_owner_whose_lease_has_ended_is_told_once_however_often_it_speaks() -> None:
    """It hears the note of it, and would answer each with another `desired`, for ever."""
    world = World()
    world.desire(term=7)
    for _ in range(4):
        world.desire(term=1)
    assert kinds(world.entries).count("refused") == 1


def test_faces_are_off_as_long_as_it_is_desired() -> None:
    world = World()
    world.desire(face=False, limit_ms=200)
    world.attempt(FACE)
    assert (world.asks, world.shown, world.entries[-1]["detail"]) == ([], ["busy"], "faces are off at this door")
    world.attempt({**FACE, "claim": CARD["claim"]})
    assert [(ask["credential"], "probe" in ask) for ask in world.asks] == [("card", False)]
    world.wait(200)
    assert world.shown[-1] == "busy"
    world.desire(face=True)
    world.attempt(FACE)
    assert "probe" in world.asks[-1]


def test_locate_is_told_for_as_long_as_it_was_ordered() -> None:
    world = World()
    message = world.ordered("command", do="locate", seconds=60)
    del message["pulse_ms"], message["receipt"]
    world.handle(("command", message))
    world.handle(("command", message))
    world.wait(59_999)
    assert world.told == ["idle", "locate"]
    world.wait(1)
    assert world.told == ["idle", "locate", "idle"]
    assert kinds(world.entries) == ["boot"]


def test_a_reboot_waits_for_no_open_door_and_no_pulse_and_no_person() -> None:
    world = World()

    def reboot() -> None:
        message = world.ordered("command", do="reboot")
        del message["pulse_ms"], message["receipt"]
        world.handle(("command", message))

    world.handle(("contact", True))
    reboot()
    world.handle(("contact", False))
    world.order("release")
    reboot()
    world.wait(60_000)
    world.attempt()
    reboot()
    assert "reboot" not in world.other
    assert [entry["detail"] for entry in world.entries if entry["kind"] == "refused"] == [
        "reboot: the door is open or released",
        "reboot: the door is open or released",
        "reboot: somebody waits for an answer",
    ]
    world.answer("deny")
    reboot()
    assert world.other[-1] == "reboot"


def test_what_a_full_disk_kept_from_being_remembered_is_remembered_later() -> None:
    world = World()
    world.disk = False
    world.desire(lockdown=True, term=3)
    assert world.door.standing.lockdown
    assert world.kept.desired is None
    world.mend()
    world.start()
    assert (world.door.standing.term, world.door.standing.lockdown) == (3, True)


def test_an_order_to_a_door_that_cannot_write_is_refused(purpose: str) -> None:
    world = World()
    world.disk = False
    before = world.order(purpose)
    later = world.order(purpose)
    world.mend()
    assert world.edges == []
    assert (world.outcomes(before), world.outcomes(later)) == (["refused"], ["refused"])
    assert "released-once" not in kinds(world.entries)
