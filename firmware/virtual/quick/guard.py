"""The strike guard in virtual time: the product's own orders and deadlines, on a pin that outlives it."""

from __future__ import annotations

from collections.abc import Callable

from ostiary.firmware.pi.guard import HUNG_MS, LATE_MS
from ostiary.firmware.pi.strike_guard import Guard
from ostiary.firmware.virtual.leaf import Leaf
from ostiary.firmware.virtual.quick.clockwork import Clockwork

START_MS = 120  # an interpreter's start, after the pause that `pi/guard.py` makes
PIPE_MS = 1


class LeafStrike:
    """The strike's output on a leaf."""

    def __init__(self, leaf: Leaf, clockwork: Clockwork) -> None:
        self._leaf, self._clockwork = leaf, clockwork

    @property
    def wires(self) -> tuple[int, ...]:
        return ()

    def on(self) -> None:
        self._leaf.set("strike", True, self._clockwork.now_ms, "guard")

    def off(self) -> None:
        self._leaf.set("strike", False, self._clockwork.now_ms, "guard")

    def close(self) -> None:
        """A virtual pin keeps its level, like a wire."""


class QuickGuard:
    """One guard process at a time, as `pi/guard.py` keeps it: started again when it dies, ended with its node.

    `reported(order, said)` as there. A guard that hangs takes its orders when it goes on; a node that hangs does
    nothing for its guard until `wake`.
    """

    def __init__(
        self,
        leaf: Leaf,
        clockwork: Clockwork,
        reported: Callable[[int, str], None],
        node_hangs: Callable[[], bool] = lambda: False,
    ) -> None:
        self._leaf, self._clockwork, self._reported, self._node_hangs = leaf, clockwork, reported, node_hangs
        self._held: list[Callable[[], None]] = []
        self._guard: Guard | None = None
        self._life = 0
        self._waiting: list[bytes] = []
        self.orders = 0
        self._begun = self._off_upto = 0
        self.hung = False
        self._ended = False

    def start(self) -> None:
        """The process begins, and begins with off."""
        if self._ended:
            return
        self._life += 1
        self._guard = Guard(LeafStrike(self._leaf, self._clockwork), self._said)

    def pulse(self, pulse_ms: int) -> bool:
        """Order a pulse, or off with 0; False when there is no process to take it."""
        if pulse_ms:
            self.orders += 1
        if self._guard is None:
            return False
        before_ms = self._clockwork.now_ms + LATE_MS
        self._waiting.append(b"on %d %d" % (pulse_ms, before_ms) if pulse_ms else b"off")
        self._clockwork.after(PIPE_MS, self._take)
        if pulse_ms:
            order, life = self.orders, self._life
            self._by_node(pulse_ms + HUNG_MS, lambda: self._watch(order, life))
        return True

    def kill(self) -> None:
        """The process is killed: the level stays until the next one's start."""
        if self._guard is None:
            return
        self._guard, self.hung, self._waiting = None, False, []
        self._begun = self.orders
        self._reported(self._begun, "gone")
        self._by_node(START_MS, self.start)

    def hang(self, on: bool) -> None:
        """The process is stopped, or goes on with everything that waited."""
        self.hung = on
        if not on:
            self._take()
            self._tick()

    @property
    def able(self) -> bool:
        """Whether there is a process that could drop the strike now."""
        return self._guard is not None and not self.hung

    def wake(self) -> None:
        """The node goes on, and sees to its guard."""
        held, self._held = self._held, []
        for call in held:
            call()

    def end(self) -> None:
        """The node is gone: the guard sees the end of its input and drops the strike, as soon as it can."""
        self._ended = True
        if self._guard is not None and not self.hung:
            self._guard.drop()
        elif self._guard is not None:
            self._waiting.append(b"off")

    def _by_node(self, after_ms: int, call: Callable[[], None]) -> None:
        self._clockwork.after(after_ms, lambda: self._held.append(call) if self._node_hangs() else call())

    def _watch(self, order: int, life: int) -> None:
        # As `pi/guard.py` does with one that has not said off when it should have.
        if self._life == life and self._off_upto < order and not self._ended:
            self.kill()

    def _take(self) -> None:
        if self._guard is None or self.hung:
            return
        lines, self._waiting = self._waiting, []
        for line in lines:
            self._guard.order(line, self._clockwork.now_ms)
        if self._guard.off_at_ms is not None:
            self._clockwork.after(self._guard.off_at_ms - self._clockwork.now_ms, self._tick)

    def _tick(self) -> None:
        if self._guard is not None and not self.hung:
            self._guard.tick(self._clockwork.now_ms)

    def _said(self, said: str) -> None:
        self._begun += said == "on" or said.startswith("refused a pulse")
        if said != "on":
            self._off_upto = self._begun
        if not self._ended:
            order = self._begun
            self._clockwork.after(PIPE_MS, lambda: self._reported(order, said))
