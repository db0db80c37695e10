"""The door's mind under any order of events: no strike edge without a journalled grant, one outcome a decision."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import Door, UnknownEvent
from ostiary.protocol import base64url, codes, messages

LIMIT_MS = 3_000
CLOCK_MS = 1_800_000_000_000


class World:
    """A host that carries effects out on a pretended journal and strike, and checks each as it comes."""

    def __init__(self) -> None:
        self.data = journal.head(journal.Recovered())
        self.now_ms = 0
        self.asks: list[dict[str, Any]] = []
        self.shown: list[str] = []
        self.entries: list[dict[str, Any]] = []
        self.on_until_ms: int | None = None
        self.edges: list[str] = []
        self.granted: dict[str, int] = {}
        self.answered: list[str] = []
        self.maybe_lost: set[str] = set()
        self.disk = True
        self.cut_after: int | None = None
        self.boot = 0
        self.number = 0
        self.start()

    def start(self) -> None:
        recovered = journal.recover(self.data)
        assert recovered.clean
        self.boot += 1
        self.on_until_ms = None  # power, and with it the strike, was gone
        self.door = Door("front", self.boot, recovered, LIMIT_MS)
        self.cut_after = None
        self.handle(("clock", CLOCK_MS, "set"))
        self.handle(("start",))

    def handle(self, event: tuple[Any, ...]) -> None:
        effects = self.door.handle(event, self.now_ms)
        for number, effect in enumerate(effects):
            if self.cut_after is not None and number >= self.cut_after:
                if event[0] == "answer":
                    self.maybe_lost.add(event[1].get("receipt", {}).get("code"))
                self.maybe_lost |= {done[1].get("receipt") for done in effects[number:] if done[0] == "journal"}
                self.forget()
                self.start()
                return
            if effect[0] == "journal" and not self.disk:
                self.handle(("journal-failed", effects[number:]))
                return
            self.carry_out(effect)

    def forget(self) -> None:
        """What is owed to a full disk is in memory only."""
        self.maybe_lost |= {entry.get("receipt") for entry in self.door.notes.owed}

    def carry_out(self, effect: tuple[Any, ...]) -> None:
        if effect[0] == "journal":
            entry = effect[1]
            messages.encode("event", entry)
            assert entry["seq"] == len(self.entries) + 1
            self.entries.append(entry)
            self.data += journal.line(entry)
        elif effect[0] == "strike" and effect[1]:
            on = [entry for entry in self.entries if entry["kind"] == codes.STRIKE_ON][-1]
            assert self.granted.get(on["receipt"]) == effect[1], "the strike moves for a journalled grant only"
            assert on["receipt"] not in self.edges, "and once for each"
            self.edges.append(on["receipt"])
            self.on_until_ms = self.now_ms + effect[1]
        elif effect[0] == "strike":
            self.on_until_ms = None
        elif effect[0] == "send":
            messages.encode("ask", effect[2])
            assert not self.door.locked
            self.asks.append(effect[2])
        else:
            self.shown.append(effect[1]["say"])

    def wait(self, after_ms: int) -> None:
        until_ms = self.now_ms + after_ms
        while (due_ms := self.door.due_ms()) is not None and due_ms <= until_ms:
            assert due_ms >= self.now_ms
            self.now_ms = due_ms
            self.handle(("tick",))
            assert (next_ms := self.door.due_ms()) is None or next_ms > due_ms, "a tick deals with what is due"
        self.now_ms = until_ms
        assert self.on_until_ms is None or self.now_ms < self.on_until_ms, "never on beyond its pulse"

    def attempt(self) -> None:
        self.number += 1
        facts = {"credential": "card", "claim": {"kind": "card", "value": "471"}, "faces": 0}
        self.handle(("attempt", facts, self.number.to_bytes(16, "big")))

    def answer(self, how: str, pulse_ms: int, held_ms: int = 0) -> None:
        self.number += 1
        code = f"{self.number:016d}"
        nonce = self.asks[-1]["nonce"] if self.asks and how != "foreign" else base64url.encode(b"?" * 16)
        granted = how != "deny"
        receipt = {"code": code, "leaf": base64url.encode(bytes(32)), "salt": base64url.encode(bytes(16))}
        message = {
            "v": 1,
            "nonce": nonce,
            "verdict": "grant" if granted else "deny",
            "pulse_ms": 0 if not granted or how == "no-pulse" else pulse_ms,
            "held_ms": held_ms,
            "term": 1,
            "receipt": receipt,
            "show": {"say": "yes" if granted else "no", "learn": ""},
        }
        messages.encode("answer", message)
        if how == "no-receipt":
            del message["receipt"]
        else:
            self.answered.append(code)
        if how in ("grant", "twice"):
            self.granted[code] = pulse_ms
        self.handle(("answer", message))
        if how == "twice":
            self.handle(("answer", message))

    def mend(self) -> None:
        self.disk = True
        if self.door.locked:
            self.handle(("journal-ok",))

    def outcomes(self, receipt: str) -> list[str]:
        return [
            entry["kind"]
            for entry in self.entries
            if entry.get("receipt") == receipt and entry["kind"] in codes.OUTCOMES
        ]


hows = st.sampled_from(["grant", "grant", "grant", "deny", "twice", "foreign", "no-pulse", "no-receipt"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 7_000)),
        st.tuples(st.just("wait"), st.integers(0, 40)),
        st.just(("attempt",)),
        st.tuples(st.just("ask-and-answer"), hows, st.integers(1_000, 30_000)),
        st.tuples(st.just("answer"), hows, st.integers(1_000, 30_000)),
        st.tuples(st.just("contact"), st.booleans()),
        st.tuples(st.just("rex"), st.booleans()),
        st.just(("dropped",)),
        st.just(("disk-full",)),
        st.just(("mend",)),
        st.just(("power-cut",)),
        st.tuples(st.just("cut-in"), st.integers(0, 4)),
    ),
    max_size=40,
)


def walk(world: World, steps: list[tuple[Any, ...]]) -> None:
    for do, *what in steps:
        if do == "wait":
            world.wait(what[0])
        elif do == "attempt":
            world.attempt()
        elif do == "ask-and-answer":
            world.attempt()
            world.answer(*what)
        elif do == "answer":
            world.answer(*what)
        elif do in ("contact", "rex"):
            world.handle((do, what[0]))
        elif do == "dropped":
            world.on_until_ms = None
            world.handle(("strike-dropped",))
        elif do == "disk-full":
            world.disk = False
        elif do == "mend":
            world.mend()
        elif do == "power-cut":
            world.forget()
            world.disk = True
            world.start()
        else:
            world.cut_after = what[0]
    world.cut_after = None
    world.mend()
    world.wait(120_000)


@settings(max_examples=400, deadline=None)
@given(steps)
def test_any_order_of_events_keeps_every_promise(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    walk(world, steps)
    assert world.on_until_ms is None
    for receipt in world.answered:
        found = world.outcomes(receipt)
        assert len(found) <= 1, f"{receipt} has {found}"
        # Whatever moved the strike is closed, come what may; a denial may be lost with the power.
        assert found or (receipt in world.maybe_lost and receipt not in world.edges), f"{receipt} has no outcome"
        assert receipt not in world.edges or found != ["refused"]
    seqs = [(ask["boot"], ask["seq"]) for ask in world.asks]
    assert seqs == sorted(set(seqs)), "asks rise"


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
    assert [entry["kind"] for entry in world.entries] == ["boot", "refused", "exit"]
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
    assert world.door.contact.held_at_ms == opened_ms + 90_000
    world.handle(("contact", False))
    world.now_ms += 5_000
    world.handle(("tick",))
    world.now_ms += 5_000
    world.handle(("rex", True))
    world.handle(("contact", True))
    assert world.door.contact.held_at_ms == world.now_ms + 30_000


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
    busy = {"v": 1, "nonce": world.asks[0]["nonce"], "verdict": "deny", "pulse_ms": 0, "term": 1}
    world.handle(("answer", {**busy, "show": {"say": "busy", "learn": ""}}))
    assert (world.shown, [entry["kind"] for entry in world.entries]) == (["busy"], ["boot"])


def test_a_lower_term_is_refused_once_a_higher_was_seen() -> None:
    world = World()
    world.attempt()
    world.answer("deny", 0)
    world.door.term = 2
    world.attempt()
    world.answer("grant", 5_000)
    assert world.outcomes(world.answered[1]) == ["refused"]
    assert world.edges == []


def test_numbers_that_the_keeper_knows_are_not_used_again() -> None:
    door = Door("front", 1, journal.recover(b""))
    door.handle(("start",), 0)
    entry = door.handle(("acknowledged", 500), 5)[0][1]
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
    assert door.handle(("acknowledged", 9), 0) == []
    [(effect, entry)] = door.handle(("acknowledged", 4), 1)
    assert effect == "journal"
    assert (entry["kind"], entry["seq"]) == (codes.BOOT, 10)
    assert entry["detail"] == "the keeper had this journal up to 9, and now 4"
    assert door.handle(("acknowledged", 4), 2) == []
    assert door.handle(("acknowledged", 10), 3) == []
