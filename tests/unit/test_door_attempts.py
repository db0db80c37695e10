"""Failed face attempts are slowed down after five and stopped after fifty, for each claim by itself."""

import sys
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.door.attempts import FREE, MOST, PAUSE_MS, REMEMBERED, Attempts, key_of

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from door_world import CARD, FACE, World, kinds

VERIFIED = {**FACE, "claim": CARD["claim"]}
OTHER = {**FACE, "claim": {"kind": "card", "value": "other"}}


def fail(world: World, facts: dict[str, Any], count: int, pause: bool = False) -> None:
    for _ in range(count):
        if pause:
            world.wait(PAUSE_MS)
        world.attempt(facts)
        world.answer("deny")


def looked(world: World) -> list[bool]:
    return ["probe" in ask for ask in world.asks]


def test_after_five_failures_the_claim_alone_is_asked_about_for_thirty_seconds() -> None:
    world = World()
    fail(world, VERIFIED, FREE)
    assert kinds(world.entries).count("attempts-exhausted") == 1
    fail(world, VERIFIED, 1)
    assert looked(world) == [True] * FREE + [False]
    fail(world, OTHER, 1)
    assert looked(world)[-1], "another claim is none the worse"
    world.wait(PAUSE_MS)
    fail(world, VERIFIED, 1)
    assert looked(world)[-1]
    fail(world, VERIFIED, 1)
    assert not looked(world)[-1], "and again 30 s"


def test_after_fifty_no_face_until_the_claim_alone_has_let_somebody_in() -> None:
    world = World()
    fail(world, VERIFIED, MOST, pause=True)
    assert kinds(world.entries).count("attempts-exhausted") == 2
    for _ in range(3):
        world.wait(3_600_000)
        fail(world, VERIFIED, 1)
    assert looked(world) == [True] * MOST + [False] * 3
    world.attempt(VERIFIED)
    world.answer("grant")
    world.attempt(VERIFIED)
    assert looked(world)[-1]


def test_a_door_that_identifies_only_waits_so_that_no_passer_by_switches_faces_off() -> None:
    world = World()
    fail(world, FACE, FREE)
    world.attempt(FACE)
    assert (len(world.asks), world.shown[-1], world.entries[-1]["detail"]) == (
        FREE, "busy", "5 faces failed: 30 s between two",
    )  # fmt: skip
    fail(world, FACE, MOST + 10, pause=True)
    world.wait(PAUSE_MS)
    world.attempt(FACE)
    world.answer("grant")
    fail(world, FACE, FREE)
    assert all(looked(world))


def test_a_success_begins_anew_and_what_is_no_failed_face_does_not_count() -> None:
    world = World()
    no_probe = {"credential": "face", "claim": CARD["claim"], "no_probe": "face-missing", "faces": 0}
    for _ in range(20):
        fail(world, VERIFIED, FREE - 1)
        fail(world, no_probe, 3)
        fail(world, CARD, 3)
        world.attempt(VERIFIED)
        world.answer("expired")
        world.attempt(VERIFIED)
        world.answer("grant")
    assert "attempts-exhausted" not in kinds(world.entries)


def test_no_cards_number_is_kept() -> None:
    attempts = Attempts()
    attempts.failed(key_of({"claim": {"kind": "card", "value": "4711000815"}}), 0)
    assert "4711000815" not in str(vars(attempts))


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40_000)), max_size=400))
def test_memory_is_bounded_and_the_most_failed_claim_is_forgotten_last(tries: list[tuple[int, int]]) -> None:
    attempts, now_ms = Attempts(), 0
    worst = key_of({"claim": {"kind": "card", "value": "worst"}})
    for _ in range(MOST):
        attempts.failed(worst, now_ms)
    for who, after_ms in tries:
        now_ms += after_ms
        attempts.failed(key_of({"claim": {"kind": "card", "value": str(who)}}), now_ms)
        assert len(attempts._failed) <= REMEMBERED
    assert attempts.bar(worst, now_ms + 3_600_000)
