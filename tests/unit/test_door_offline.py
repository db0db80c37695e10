"""A door decides alone when no answer comes, only where it may, on record, and never more widely than it may."""

import sys
from pathlib import Path
from typing import Any

import pytest

from ostiary.firmware.door.offline import receipt_of
from ostiary.protocol import base64url, codes

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from door_world import CARD, FACE, Pack, Verdict, World, kinds


def alone(verdict: Verdict | None = None, online: bool = False, **desired: Any) -> World:
    world = World(online=online)
    world.pack = Pack(verdict or Verdict("grant", "granted"))
    world.handle(("pack", world.pack))
    world.desire(**{"offline": "pack", **desired})
    return world


def test_without_a_line_the_pack_is_asked_at_once_and_its_grant_is_on_record_before_it_moves() -> None:
    world = alone()
    world.handle(("contact", False))
    world.attempt({**CARD, "pin": "2468"})
    [decided, on] = world.entries[-2:]
    assert (decided["kind"], on["kind"]) == ("decided", "strike-on")
    receipt = decided["receipt"]
    assert (world.edges, world.shown, world.slips[-1]) == ([receipt], ["yes"], {"code": receipt})
    assert decided["decision"] == {
        "verdict": "grant", "credential": "card", "way": "card+pin", "pack": 7, "pack_age_ms": 1_000,
        "code": "granted", "subject": base64url.encode(b"x" * 12),
    }  # fmt: skip
    assert world.pack is not None
    assert world.pack.asked[0]["pin"] is True, "that one was typed, not which"
    world.handle(("contact", True))
    assert world.outcomes(receipt) == ["acted"]
    assert world.asks == []


def test_a_denial_alone_is_told_shown_and_closed() -> None:
    for code, told in (("not-in-pack", "denied"), ("expired", "expired")):
        world = alone(Verdict("deny", code))
        world.attempt()
        assert kinds(world.entries)[-3:] == ["decided", told, "acted"]
        assert (world.shown, world.edges) == (["no"], [])


@pytest.mark.parametrize("how", ["late", "busy", "line-lost", "bad-answer"])
def test_an_attempt_without_an_answer_that_counts_is_decided_alone(how: str) -> None:
    world = alone(online=True)
    world.attempt()
    assert len(world.asks) == 1
    if how == "late":
        world.wait(3_000)
    elif how == "busy":
        world.busy()
    elif how == "line-lost":
        world.handle(("line", False))
    else:
        assert world.outcomes(world.answer("no-pulse")) == ["refused"]
    assert kinds(world.entries)[-2:] == ["decided", "strike-on"]
    if how != "bad-answer":
        assert world.outcomes(world.answer("other")) == ["refused"], "the keeper's own comes too late"
    assert len(world.edges) == 1
    assert world.shown == ["yes"]


def test_a_door_that_shall_not_decides_nothing() -> None:
    for desired in ({"offline": "deny"}, {"offline": "deny", "unknown_clock": "pack"}):
        world = alone(**desired)
        world.attempt()
        assert (world.shown, kinds(world.entries)[-1]) == (["busy"], "denied")
        assert "decided" not in kinds(world.entries)


@pytest.mark.parametrize(
    ("code", "desired", "events"),
    [
        ("lockdown", {"lockdown": True}, []),
        ("pack-missing", {}, [("pack", None)]),
        ("pack-too-old", {"offline_max_age_ms": 1_000}, []),
        ("pack-missing", {"packs_from": 8}, []),
        ("clock-unknown", {}, [("clock", 0, "unset")]),
        ("clock-unknown", {"unknown_clock": "deny"}, [("clock", 0, "unset")]),
    ],
)
def test_what_speaks_against_it_is_a_denial_with_its_code(
    code: str, desired: dict[str, Any], events: list[tuple[Any, ...]]
) -> None:
    world = alone(**desired)
    for event in events:
        world.handle(event)
    world.attempt()
    decided = next(entry for entry in world.entries if entry["kind"] == codes.DECIDED)
    assert (decided["decision"]["verdict"], decided["decision"]["code"]) == ("deny", code)
    assert (world.edges, world.shown) == ([], ["no"])
    assert world.pack is not None
    assert world.pack.asked == []


def test_an_unknown_clock_may_be_allowed() -> None:
    world = alone(unknown_clock="pack")
    world.handle(("clock", 0, "unset"))
    world.attempt()
    assert len(world.edges) == 1


def test_a_withdrawn_pack_is_forgotten_at_once_and_reported_so() -> None:
    world = alone(online=True)
    assert world.reported[-1]["pack_version"] == 7
    world.desire(offline="pack", packs_from=8)
    assert world.other.count("forget-pack") == 1
    assert (world.reported[-1]["pack_version"], world.reported[-1]["usable_from"]) == (0, 8)
    world.handle(("pack", Pack(Verdict("grant", "granted", version=7))))
    assert world.other.count("forget-pack") == 2
    world.handle(("pack", Pack(Verdict("grant", "granted", version=8))))
    assert world.reported[-1]["pack_version"] == 8
    assert world.other.count("forget-pack") == 2


def test_each_new_pack_is_told_once_and_its_arrival_reported() -> None:
    world = alone(online=True)
    world.handle(("pack", world.pack))
    world.handle(("pack-part", 8, 3))
    assert world.reported[-1]["pack"] == {"version": 8, "next_part": 3}
    world.handle(("pack", Pack(Verdict("grant", "granted", version=8))))
    assert "pack" not in world.reported[-1]
    taken = [entry["detail"] for entry in world.entries if entry["kind"] == "pack-taken"]
    assert taken == ["version 7", "version 8"]
    assert world.statuses[-1].get("pack_age_ms") is None
    world.wait(5_000)
    assert world.statuses[-1]["pack_age_ms"] == 1_000


def test_what_is_desired_outlives_a_reboot_without_a_line() -> None:
    world = alone()
    world.start()
    world.attempt()
    assert len(world.edges) == 1
    assert kinds(world.entries)[-2:] == ["decided", "strike-on"]


def test_failed_faces_count_alone_too() -> None:
    world = alone(Verdict("deny", "face-unknown"))
    for _ in range(6):
        world.attempt(FACE)
    assert kinds(world.entries).count("decided") == 5
    assert (world.shown[-1], kinds(world.entries)[-1]) == ("busy", "denied")


def test_duress_alone_is_an_event_that_nobody_at_the_door_sees() -> None:
    world = alone()
    world.attempt({**CARD, "duress": True})
    assert kinds(world.entries)[-3:] == ["decided", "duress", "strike-on"]
    assert world.shown == ["yes"]
    assert "duress" not in str(world.entries[-3]["decision"])


def test_neither_a_reader_nor_a_door_in_safe_mode_nor_one_that_cannot_write_decides() -> None:
    reader = World(("reader",), online=False)
    reader.handle(("pack", Pack(Verdict("grant", "granted"))))
    reader.desire(offline="pack")
    reader.attempt()
    assert (reader.shown, kinds(reader.entries)[-1]) == (["busy"], "denied")
    safe = World(online=False, safe_mode=True)
    safe.handle(("pack", Pack(Verdict("grant", "granted"))))
    safe.desire(offline="pack")
    safe.attempt()
    assert safe.entries[-3]["decision"]["code"] == "safe-mode"
    full = alone()
    full.disk = False
    full.attempt()
    assert full.edges == []
    full.attempt()
    full.mend()
    assert kinds(full.entries)[-3:] == ["decided", "refused", "denied"]


def test_a_strike_with_readers_of_its_own_decides_for_them() -> None:
    world = World(("strike",), online=False)
    world.pack = Pack(Verdict("grant", "granted"))
    world.handle(("pack", world.pack))
    world.desire(offline="pack")
    world.attempt()
    assert len(world.edges) == 1


def test_a_pack_that_asks_for_an_endless_pulse_grants_nothing() -> None:
    world = alone(Verdict("grant", "granted", pulse_ms=30_001))
    world.attempt()
    assert world.entries[-3]["decision"]["code"] == "pulse-refused"
    assert world.edges == []


def test_receipts_are_of_the_contract_and_of_their_own_attempt() -> None:
    made = {receipt_of(number.to_bytes(16, "big")) for number in range(500)}
    assert len(made) == 500
    assert {len(code) for code in made} == {16}
