"""The door's mind under any order of events: every strike edge earned and limited, one outcome a decision, each kind
told once for its cause, and leaving never hindered."""

import itertools
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ostiary.protocol import codes

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from door_world import CARD, FACE, Pack, Verdict, World, kinds

HOWS = st.sampled_from(["grant", "grant", "grant", "deny", "expired", "twice", "foreign", "no-pulse", "no-receipt"])
PULSES = st.integers(1_000, 30_000)
WATCHED = ("tamper", "power", "config", "fire", "line", "rex")
BOUNDS = {
    "tamper": (codes.TAMPER, codes.TAMPER_OVER),
    "power": (codes.POWER_FAIL, codes.POWER_RESTORED),
    "config": (codes.CONFIG_ENTERED, codes.CONFIG_LEFT),
    "fire": (codes.FIRE, codes.FIRE_OVER),
    "line": (codes.LINE_LOST, codes.LINE_BACK),
}
BOTH = ("reader", "strike")


class AnyOrder(RuleBasedStateMachine):
    """The world judges each effect as it comes (`door_world.py`); here is what holds of the whole story."""

    @initialize(
        roles=st.sampled_from([BOTH, BOTH, BOTH, ("reader",), ("strike",)]),
        safe_mode=st.sampled_from([False, False, False, True]),
        alone=st.booleans(),
    )
    def begin(self, roles: tuple[str, ...], safe_mode: bool, alone: bool) -> None:
        self.world = World(roles, safe_mode=safe_mode)
        self.replays: set[str] = set()  # a number that counted before: that decision has its outcome
        if alone:
            self.world.pack = Pack(Verdict("grant", "granted"))
            self.world.handle(("pack", self.world.pack))
            self.world.desire(offline="pack")

    @rule(after_ms=st.one_of(st.integers(0, 40), st.integers(0, 7_000), st.integers(0, 60_000)))
    def wait(self, after_ms: int) -> None:
        self.world.wait(after_ms)

    @rule(facts=st.sampled_from([CARD, FACE, {**FACE, "claim": CARD["claim"], "pin": "2468"}]))
    def attempt(self, facts: dict[str, Any]) -> None:
        self.world.attempt(facts)

    @rule(how=HOWS, pulse_ms=PULSES, held_ms=st.integers(0, 600_000), term=st.sampled_from([1, 1, 1, 1, 2, 0]))
    def ask_and_answer(self, how: str, pulse_ms: int, held_ms: int, term: int) -> None:
        self.world.attempt()
        self.answer(how, pulse_ms, held_ms, term)

    @rule(how=HOWS, pulse_ms=PULSES, held_ms=st.just(0), term=st.sampled_from([1, 1, 2, 0]))
    def answer(self, how: str, pulse_ms: int, held_ms: int, term: int) -> None:
        self.world.answer(how, pulse_ms, 0 if how in ("deny", "expired") else held_ms, term)

    @rule()
    def busy(self) -> None:
        if self.world.asks:
            self.world.busy()

    @rule(purpose=st.sampled_from(["release", "command"]), pulse_ms=PULSES)
    def order(self, purpose: str, pulse_ms: int) -> None:
        self.world.order(purpose, pulse_ms=pulse_ms)

    @rule(
        purpose=st.sampled_from(["release", "command"]),
        changed=st.sampled_from(
            [{"boot": 99}, {"nonce": "A" * 22}, {"nonce": "A" * 22, "number": 1}, {"term": 0}, {"number": 1}]
        ),
    )
    def wrong_order(self, purpose: str, changed: dict[str, Any]) -> None:
        world, boot = self.world, self.world.boot
        if "number" in changed and "nonce" not in changed:
            world.order(purpose, term=max(1, world.door.standing.term))  # so that the number does not rise
        if "term" in changed:
            world.order(purpose, term=world.door.standing.term + 1)
            changed = {"term": world.door.standing.term - 1}
        if world.boot != boot:
            return  # the power was cut before it counted
        receipt = self.world.order(purpose, earned=False, **changed)
        if "number" in changed:
            self.replays.add(receipt)

    @rule(purpose=st.sampled_from(["release", "command"]))
    def order_twice(self, purpose: str) -> None:
        message = self.world.ordered(purpose, term=max(1, self.world.door.standing.term))
        self.world.earned[message["receipt"]] = message["pulse_ms"]
        self.world.answered.append(message["receipt"])
        for _ in range(2):
            self.world.handle((purpose, message))

    @rule(
        lockdown=st.booleans(),
        face=st.booleans(),
        offline=st.sampled_from(["deny", "pack"]),
        packs_from=st.sampled_from([0, 0, 8]),
        upto=st.integers(0, 5),
    )
    def desire(self, lockdown: bool, face: bool, offline: str, packs_from: int, upto: int) -> None:
        term = max(1, self.world.door.standing.term)
        upto = min(self.world.kept.last_seq, self.world.kept.upto + upto)
        self.world.desire(
            term=term, lockdown=lockdown, face=face, offline=offline, packs_from=packs_from, journal_upto=upto
        )

    @rule(name=st.sampled_from(WATCHED), level=st.booleans())
    def level(self, name: str, level: bool) -> None:
        before = len(self.world.entries), len(self.world.door.notes.owed)
        boot = self.world.boot
        self.world.handle((name, level))
        if name != "rex" or "strike" not in self.world.roles or self.world.boot != boot:
            return
        assert self.world.door.passage.egress.pressed == level, "a press is always heard"
        told = kinds(self.world.entries[before[0] :]) + kinds(self.world.door.notes.owed[before[1] :])
        full = len(self.world.door.notes.owed) > 200
        assert full or told.count(codes.EXIT) <= 1

    @rule(is_open=st.booleans())
    def contact(self, is_open: bool) -> None:
        leaving = self.world.door.passage.egress.lets(self.world.now_ms)
        before, boot = len(self.world.entries), self.world.boot
        self.world.handle(("contact", is_open))
        if leaving and self.world.boot == boot:
            told = kinds(self.world.entries[before:])
            assert codes.FORCED not in told
            assert codes.TAILGATE not in told

    @rule()
    def passed(self) -> None:
        self.world.handle(("passed",))

    @rule()
    def dropped(self) -> None:
        self.world.on_until_ms = None
        self.world.handle(("strike-dropped",))

    @rule(offset_ms=st.sampled_from([0, 1_800_000_000_000, 1_800_000_060_000]), known=st.booleans())
    def clock(self, offset_ms: int, known: bool) -> None:
        self.world.handle(("clock", offset_ms, "set" if known else "unset"))

    @rule()
    def disk_full(self) -> None:
        self.world.disk = False

    @rule()
    def mend(self) -> None:
        self.world.mend()

    @rule()
    def power_cut(self) -> None:
        self.world.forget()
        self.world.disk = True
        self.world.start()

    @precondition(lambda self: self.world.disk)
    @rule(effects=st.integers(0, 5))
    def cut_soon(self, effects: int) -> None:
        self.world.cut_after = effects

    @invariant()
    def nothing_is_on_in_a_lockdown_or_beyond_its_pulse(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        assert world.on_until_ms is None or not world.door.standing.lockdown
        assert world.door.due_ms() is None or world.on_until_ms is None or world.door.due_ms() <= world.on_until_ms

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        world.cut_after = None
        world.mend()
        world.wait(700_000)
        assert world.on_until_ms is None
        told = {entry["receipt"] for entry in world.entries if entry["kind"] == codes.DECIDED}
        for receipt in [*world.answered, *sorted(told)]:
            found = world.outcomes(receipt)
            assert len(found) <= 1, f"{receipt} has {found}"
            assert receipt not in world.edges or found in (["acted"], ["unused"])
            if "strike" in world.roles:
                lost = receipt in world.maybe_lost and receipt not in world.edges
                assert found or lost or receipt in self.replays, f"{receipt} has no outcome"
        asked = [(ask["boot"], ask["seq"]) for ask in world.asks]
        assert asked == sorted(set(asked)), "asks rise"
        self._each_once()

    def _each_once(self) -> None:
        world = self.world
        for boot in range(1, world.boot + 1):
            mine = kinds([entry for entry in world.entries if entry["boot"] == boot])
            for left, returned in BOUNDS.values():
                turns = [kind for kind in mine if kind in (left, returned)]
                assert turns == [(left, returned)[number % 2] for number in range(len(turns))]
            assert mine.count(codes.SAFE_MODE) <= 1
        pulses = [kind for kind in kinds(world.entries) if kind in (codes.STRIKE_ON, codes.STRIKE_OFF)]
        assert not any(one == two == codes.STRIKE_OFF for one, two in itertools.pairwise(pulses))
        receipts = Counter(
            (entry["kind"], entry["receipt"]) for entry in world.entries if entry.get("receipt") is not None
        )
        assert not receipts or max(receipts.values()) == 1, receipts.most_common(1)
        locks = [kind for kind in kinds(world.entries) if kind in (codes.LOCKDOWN_ON, codes.LOCKDOWN_OFF)]
        assert not any(one == two for one, two in itertools.pairwise(locks)) or world.maybe_lost


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
