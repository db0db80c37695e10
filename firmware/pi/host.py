"""Carries out what the door's mind wants, in order, and gives each visit its one reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ostiary.firmware.door.door import Door
from ostiary.firmware.pi.hardware import Display, Visit
from ostiary.firmware.pi.journal_file import JournalFile
from ostiary.firmware.pi.sight import Seen
from ostiary.firmware.pi.upload import Upload
from ostiary.protocol import base64url, codes
from ostiary.protocol.errors import Refused
from ostiary.protocol.parts import NONCE_BYTES

MEND_MS = 1_000


@dataclass(frozen=True, slots=True)
class Outside:
    """What carries effects out of this process: `say(purpose, message)` publishes, `pulse(pulse_ms)` orders the guard
    (both say whether that went), `tell(pattern)` is for lamp and buzzer, `want_pin(wanted)` for the
    reader, `good` is called once when this start turned out well, `reboot` when one is ordered."""

    say: Callable[[str, dict[str, Any]], bool]
    pulse: Callable[[int], bool]
    tell: Callable[[str], None]
    want_pin: Callable[[bool], None]
    good: Callable[[], None]
    reboot: Callable[[], None]


class Packs(Protocol):
    """The packs on this node's disk: each method that returns events gives them to the mind. `pass_key` is what the
    site signs its passes with, as far as the keeper has said."""

    pass_key: bytes | None

    def started(self) -> list[tuple[Any, ...]]: ...
    def take(self, message: dict[str, Any]) -> list[tuple[Any, ...]]: ...
    def forget(self) -> None: ...


class Host:
    """Owns door and journal; every method is called from one thread. Times are monotonic ms.

    `random(n)` gives unforeseeable bytes; `about` is what every status says of this node: firmware, roles, virtual.
    """

    def __init__(
        self,
        door: Door,
        journal: JournalFile,
        display: Display,
        outside: Outside,
        packs: Packs,
        about: Mapping[str, Any],
        random: Callable[[int], bytes],
        log: Callable[[str], None],
    ) -> None:
        self.door = door
        self._journal = journal
        self._display = display
        self._outside = outside
        self._packs = packs
        self._about = about
        self._random = random
        self._log = log
        self._upload = Upload()
        self._visit: tuple[Visit, Seen] | None = None
        self._asked_s = 0.0
        self._nonce = ""
        self._mend_at_ms = 0
        self.good = False  # whether this start turned out well
        # Whatever needs no journal and gives no reply: one line each.
        self._plain: dict[str, Callable[..., object]] = {
            "acknowledge": self._acknowledge,
            "send": self._send,
            "tell": outside.tell,
            "forget-pack": packs.forget,
            "boot-good": self._good,
            "reboot": outside.reboot,
        }

    def handle(self, event: tuple[Any, ...], now_ms: int) -> None:
        """One event of the door, and everything that follows from it."""
        self._carry_out(self.door.handle(event, now_ms), now_ms)
        if self.door.locked and now_ms >= self._mend_at_ms:
            self._mend(now_ms)
        for entry in self._upload.due(self._journal.entries, now_ms):
            if not self._publish("event", entry):
                self._upload.again()
                break

    def start(self, now_ms: int) -> None:
        """The first thing that a boot does: the strike is off, and what an earlier one left open is closed."""
        self.handle(("start",), now_ms)
        self._follow_standing()
        self._each(self._packs.started(), now_ms)

    def heard(self, purpose: str, message: dict[str, Any], now_ms: int) -> None:
        """An authentic message of the keeper."""
        if purpose == "pack":
            self._each(self._packs.take(message), now_ms)
            return
        self.handle((purpose, message), now_ms)
        if purpose == "desired":
            self._follow_standing()

    def visit(self, visit: Visit, seen: Seen, now_ms: int) -> None:
        """Somebody stands there; the reply goes out as soon as the display says something."""
        self._visit = (visit, seen)
        self._nonce = ""
        self.handle(("attempt", seen.facts, self._random(NONCE_BYTES)), now_ms)
        # The ask is sealed and on its way, or will never be: the probe has no further use on this node.
        seen.wipe()
        seen.facts.clear()

    def line(self, up: bool, now_ms: int) -> None:
        """The line to the keeper is new or lost. A new one gets whatever is unacknowledged again."""
        if up:
            self._upload.again()
        self.handle(("line", up), now_ms)

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
        dropped = wanted = False
        for number, effect in enumerate(effects):
            if effect[0] in ("journal", "remember"):
                try:
                    self._write(effect)
                except OSError as mistake:
                    self._log(f"the journal cannot be written, so the door asks nothing: {mistake}")
                    undone = effects[number:]
                    break
                if effect[0] == "journal" and effect[1]["kind"] in codes.OUTCOMES and "receipt" in effect[1]:
                    outcomes[effect[1]["receipt"]] = effect[1]["kind"]
            elif effect[0] == "strike":
                if not self._outside.pulse(effect[1]) and effect[1]:
                    self._log("the strike guard takes no order; the strike stays off")
                    dropped = True
            elif effect[0] == "show":
                shown = effect[1], effect[2]
                self._display.show(*shown)
            elif effect[0] == "nonce-wanted":
                wanted = True
            else:
                self._plain[effect[0]](*effect[1:])
        if undone is not None:
            self._mend_at_ms = now_ms + MEND_MS
            self._carry_out(self.door.handle(("journal-failed", undone), now_ms), now_ms)
        elif shown is not None:
            self._reply(*shown, outcomes)
        if dropped:
            self._carry_out(self.door.handle(("strike-dropped",), now_ms), now_ms)
        if wanted:
            self._carry_out(self.door.handle(("nonce", self._random(NONCE_BYTES)), now_ms), now_ms)

    def _write(self, effect: tuple[Any, ...]) -> None:
        if effect[0] == "journal":
            self._journal.append(effect[1])
        else:
            self._journal.remember(*effect[1:])

    def _each(self, events: list[tuple[Any, ...]], now_ms: int) -> None:
        for event in events:
            self.handle(event, now_ms)

    def _follow_standing(self) -> None:
        self._outside.want_pin(self.door.standing.pin)
        key = self.door.standing.pass_key
        self._packs.pass_key = None if key is None else base64url.decode(key)

    def _good(self) -> None:
        self.good = True
        self._outside.good()

    def _acknowledge(self, upto: int) -> None:
        try:
            self._journal.acknowledge(upto)
        except OSError as mistake:
            self._log(f"the journal cannot be written: {mistake}")

    def _send(self, purpose: str, message: dict[str, Any]) -> None:
        if purpose != "ask":
            self._publish(purpose, {**message, **self._about} if purpose == "status" else message)
            return
        self._asked_s = time.perf_counter()
        self._nonce = message.get("nonce", "")
        if not self._publish(purpose, message):
            self._log("no line to the keeper: the ask was not sent")

    def _publish(self, purpose: str, message: dict[str, Any]) -> bool:
        try:
            return self._outside.say(purpose, message)
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
