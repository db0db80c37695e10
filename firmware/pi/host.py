"""Carries out what the door's mind wants, in order, and gives each visit its one reply."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ostiary.firmware.door.door import Door
from ostiary.firmware.pi.hardware import Display, Visit
from ostiary.firmware.pi.journal_file import JournalFile
from ostiary.firmware.pi.sight import Seen
from ostiary.firmware.pi.upload import Upload
from ostiary.protocol import codes
from ostiary.protocol.errors import Refused

MEND_MS = 1_000


class Host:
    """Owns door and journal; every method is called from one thread. Times are monotonic ms.

    `say(purpose, message)` publishes, `pulse(pulse_ms)` orders the guard, `random(n)` gives unforeseeable bytes.
    """

    def __init__(
        self,
        door: Door,
        journal: JournalFile,
        display: Display,
        say: Callable[[str, dict[str, Any]], bool],
        pulse: Callable[[int], bool],
        random: Callable[[int], bytes],
        log: Callable[[str], None],
    ) -> None:
        self.door = door
        self._journal = journal
        self._display = display
        self._say = say
        self._pulse = pulse
        self._random = random
        self._log = log
        self._upload = Upload()
        self._visit: tuple[Visit, Seen] | None = None
        self._asked_s = 0.0
        self._nonce = ""
        self._mend_at_ms = 0

    def handle(self, event: tuple[Any, ...], now_ms: int) -> None:
        """One event of the door, and everything that follows from it."""
        self._carry_out(self.door.handle(event, now_ms), now_ms)
        if self.door.locked and now_ms >= self._mend_at_ms:
            self._mend(now_ms)
        for entry in self._upload.due(self._journal.entries, now_ms):
            if not self._publish("event", entry):
                self._upload.again()
                break

    def visit(self, visit: Visit, seen: Seen, now_ms: int) -> None:
        """Somebody stands there; the reply goes out as soon as the display says something."""
        self._visit = (visit, seen)
        self._nonce = ""
        self.handle(("attempt", seen.facts, self._random(16)), now_ms)
        # The ask is sealed and on its way, or will never be: the probe has no further use on this node.
        seen.wipe()
        seen.facts.clear()

    def acknowledged(self, upto: int, now_ms: int) -> None:
        """The keeper has the journal up to here."""
        try:
            self._journal.acknowledge(upto)
        except OSError as mistake:
            self._log(f"the journal cannot be written: {mistake}")
        self.handle(("acknowledged", upto), now_ms)

    def reconnected(self) -> None:
        """The line is new: whatever is unacknowledged goes out again."""
        self._upload.again()

    def due_ms(self) -> int | None:
        """When a tick is wanted next."""
        dues = [self.door.due_ms(), self._upload.due_ms(self._journal.entries)]
        if self.door.locked:
            dues.append(self._mend_at_ms)
        known = [due for due in dues if due is not None]
        return min(known) if known else None

    def _carry_out(self, effects: list[tuple[Any, ...]], now_ms: int) -> None:
        shown: tuple[dict[str, Any], dict[str, Any] | None] | None = None
        outcomes: dict[str, str] = {}
        undone: list[tuple[Any, ...]] | None = None
        dropped = False
        for number, effect in enumerate(effects):
            if effect[0] == "journal":
                try:
                    self._journal.append(effect[1])
                except OSError as mistake:
                    self._log(f"the journal cannot be written, so the door asks nothing: {mistake}")
                    undone = effects[number:]
                    break
                if effect[1]["kind"] in codes.OUTCOMES and "receipt" in effect[1]:
                    outcomes[effect[1]["receipt"]] = effect[1]["kind"]
            elif effect[0] == "strike":
                if not self._pulse(effect[1]) and effect[1]:
                    self._log("the strike guard takes no order; the strike stays off")
                    dropped = True
            elif effect[0] == "show":
                shown = effect[1], effect[2]
                self._display.show(*shown)
            elif effect[0] == "send":
                self._send(effect[1], effect[2])
        if undone is not None:
            self._mend_at_ms = now_ms + MEND_MS
            self._carry_out(self.door.handle(("journal-failed", undone), now_ms), now_ms)
        elif shown is not None:
            self._reply(*shown, outcomes)
        if dropped:
            self._carry_out(self.door.handle(("strike-dropped",), now_ms), now_ms)

    def _send(self, purpose: str, message: dict[str, Any]) -> None:
        self._asked_s = time.perf_counter()
        self._nonce = message.get("nonce", "")
        if not self._publish(purpose, message):
            self._log("no line to the keeper: the ask was not sent")

    def _publish(self, purpose: str, message: dict[str, Any]) -> bool:
        try:
            return self._say(purpose, message)
        except Refused as refused:
            self._log(f"our own {purpose} is outside the contract and was not sent: {refused}")
            return False

    def _mend(self, now_ms: int) -> None:
        self._mend_at_ms = now_ms + MEND_MS
        try:
            self._journal.mend()
        except OSError as mistake:
            self._log(f"the journal still cannot be written: {mistake}")
            return
        self._log("the journal can be written again")
        self._carry_out(self.door.handle(("journal-ok",), now_ms), now_ms)

    def _reply(self, show: dict[str, Any], slip: dict[str, Any] | None, outcomes: dict[str, str]) -> None:
        if self._visit is None:
            return
        visit, seen = self._visit
        self._visit = None
        ended_s = time.perf_counter()
        receipt = slip["code"] if slip else None
        asked = bool(self._nonce)
        ms: dict[str, float | None] = {
            **seen.ms,
            "ask_to_answer": (ended_s - self._asked_s) * 1000 if asked else None,
            "total": (ended_s - visit.came_s) * 1000,
        }
        visit.reply(
            {
                "show": {**show, "receipt": slip},
                "receipt": receipt,
                "ms": {name: value if value is None else round(value, 3) for name, value in ms.items()},
                "outcome": outcomes.get(receipt) if receipt else None,
                "faces": seen.faces,
                "no_probe": seen.no_probe,
                "asked_to_turn": seen.asked_to_turn,
                "nonce": self._nonce or None,
            }
        )

    @property
    def busy(self) -> bool:
        """Whether a visit still waits for its reply."""
        return self._visit is not None
