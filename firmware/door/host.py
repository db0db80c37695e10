"""Carries out what the door's mind wants, in order, and gives each visit its one reply. The same on every board.

Whatever reaches out of this file is handed in: journal, line, strike, display, packs, chance and a stopwatch.
"""

from ostiary.firmware.door.door import Door
from ostiary.firmware.door.upload import Upload
from ostiary.protocol import base64url, codes
from ostiary.protocol.errors import Refused
from ostiary.protocol.parts import NONCE_BYTES

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Journal(Protocol):
        """Entries on disk or flash. `append` and `remember` raise OSError when a write is not durable for sure; `mend`
        then comes before the next one."""

        @property
        def entries(self) -> "list[dict[str, Any]]": ...
        def append(self, entry: "dict[str, Any]") -> None: ...
        def remember(self, term: int, desired: "dict[str, Any] | None") -> None: ...
        def acknowledge(self, upto: int) -> None: ...
        def mend(self) -> None: ...

    class Packs(Protocol):
        """The packs that this node holds: each method that returns events gives them to the mind. `pass_key` is what
        the site signs its passes with, as far as the keeper has said."""

        pass_key: "bytes | None"

        def started(self) -> "list[tuple[Any, ...]]": ...
        def take(self, message: "dict[str, Any]") -> "list[tuple[Any, ...]]": ...
        def forget(self) -> None: ...


MEND_MS = 1_000


class Outside:
    """What carries effects out of the node: `say(purpose, message)` publishes, `pulse(pulse_ms)` drives the strike or
    orders its guard (both say whether that went), `show(show, slip)` is the display's, `tell(pattern)` lamp's and
    buzzer's, `want_pin(wanted)` the reader's; `good` is called once when this start turned out
    well, `reboot` when one is ordered."""

    def __init__(
        self,
        say: "Callable[[str, dict[str, Any]], bool]",
        pulse: "Callable[[int], bool]",
        show: "Callable[[dict[str, Any], dict[str, Any] | None], None]",
        tell: "Callable[[str], None]",
        want_pin: "Callable[[bool], None]",
        good: "Callable[[], None]",
        reboot: "Callable[[], None]",
    ) -> None:
        self.say = say
        self.pulse = pulse
        self.show = show
        self.tell = tell
        self.want_pin = want_pin
        self.good = good
        self.reboot = reboot


class Reply:
    """What a visit led to: what the display shows, the receipt's slip or None, the outcome where the decision is closed
    already, the nonce of the ask (empty where none was sent), and how long its answer took in ms, or None."""

    def __init__(
        self,
        show: "dict[str, Any]",
        slip: "dict[str, Any] | None",
        outcome: "str | None",
        nonce: str,
        answer_ms: "float | None",
    ) -> None:
        self.show = show
        self.slip = slip
        self.outcome = outcome
        self.nonce = nonce
        self.answer_ms = answer_ms


class Host:
    """Owns door and journal; every method is called from one thread. Times are monotonic ms.

    `random(n)` gives unforeseeable bytes; `about` is what every status says of this node: firmware, roles, virtual;
    `stopwatch()` is ms as exact as the board has them.
    """

    def __init__(
        self,
        door: Door,
        journal: "Journal",
        outside: Outside,
        packs: "Packs",
        about: "dict[str, Any]",
        random: "Callable[[int], bytes]",
        stopwatch: "Callable[[], float]",
        log: "Callable[[str], None]",
    ) -> None:
        self.door = door
        self._journal = journal
        self._outside = outside
        self._packs = packs
        self._about = about
        self._random = random
        self._stopwatch = stopwatch
        self._log = log
        self._upload = Upload()
        self._reply: "Callable[[Reply], None] | None" = None
        self._asked_ms = 0.0
        self._nonce = ""
        self._mend_at_ms = 0
        self.good = False  # whether this start turned out well
        # Whatever needs no journal and gives no reply: one line each.
        self._plain: "dict[str, Callable[..., Any]]" = {
            "acknowledge": self._acknowledge,
            "send": self._send,
            "tell": outside.tell,
            "forget-pack": packs.forget,
            "boot-good": self._good,
            "reboot": outside.reboot,
        }

    @property
    def busy(self) -> bool:
        """Whether a visit still waits for its reply."""
        return self._reply is not None

    def handle(self, event: "tuple[Any, ...]", now_ms: int) -> None:
        """One event of the door, and everything that follows from it."""
        effects = self.door.handle(event, now_ms)
        if event[0] == "desired":
            # Before it is reported: whoever reads the report may count on it.
            self._follow_standing()
        self._carry_out(effects, now_ms)
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

    def heard(self, purpose: str, message: "dict[str, Any]", now_ms: int) -> None:
        """An authentic message of the keeper."""
        if purpose == "pack":
            self._each(self._packs.take(message), now_ms)
            return
        self.handle((purpose, message), now_ms)

    def attend(self, facts: "dict[str, Any]", reply: "Callable[[Reply], None]", now_ms: int) -> None:
        """Somebody stands there, with what an ask may hold (`session.FACTS`); `reply` is called once, as soon as the
        display says something. The facts are empty afterwards: a probe has no further use on this node."""
        self._reply = reply
        self._nonce = ""
        self.handle(("attempt", facts, self._random(NONCE_BYTES)), now_ms)
        facts.clear()

    def line(self, up: bool, now_ms: int) -> None:
        """The line to the keeper is new or lost. A new one gets whatever is unacknowledged again."""
        if up:
            self._upload.again()
        self.handle(("line", up), now_ms)

    def due_ms(self) -> "int | None":
        """When a tick is wanted next."""
        dues = [self.door.due_ms(), self._upload.due_ms(self._journal.entries)]
        if self.door.locked:
            dues.append(self._mend_at_ms)
        known = [due for due in dues if due is not None]
        return min(known) if known else None

    def _carry_out(self, effects: "list[tuple[Any, ...]]", now_ms: int) -> None:
        shown: "tuple[dict[str, Any], dict[str, Any] | None] | None" = None
        outcomes: "dict[str, str]" = {}
        undone: "list[tuple[Any, ...]] | None" = None
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
                    self._log("the strike takes no order; it stays off")
                    dropped = True
            elif effect[0] == "show":
                shown = effect[1], effect[2]
                self._outside.show(effect[1], effect[2])
            elif effect[0] == "nonce-wanted":
                wanted = True
            else:
                self._plain[effect[0]](*effect[1:])
        if undone is not None:
            self._mend_at_ms = now_ms + MEND_MS
            self._carry_out(self.door.handle(("journal-failed", undone), now_ms), now_ms)
        elif shown is not None:
            self._answer(shown[0], shown[1], outcomes)
        if dropped:
            self._carry_out(self.door.handle(("strike-dropped",), now_ms), now_ms)
        if wanted:
            self._carry_out(self.door.handle(("nonce", self._random(NONCE_BYTES)), now_ms), now_ms)

    def _write(self, effect: "tuple[Any, ...]") -> None:
        if effect[0] == "journal":
            self._journal.append(effect[1])
        else:
            self._journal.remember(*effect[1:])

    def _each(self, events: "list[tuple[Any, ...]]", now_ms: int) -> None:
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

    def _send(self, purpose: str, message: "dict[str, Any]") -> None:
        if purpose != "ask":
            if purpose == "status":
                message = dict(message)
                message.update(self._about)
            self._publish(purpose, message)
            return
        self._asked_ms = self._stopwatch()
        self._nonce = message.get("nonce", "")
        if not self._publish(purpose, message):
            self._log("no line to the keeper: the ask was not sent")

    def _publish(self, purpose: str, message: "dict[str, Any]") -> bool:
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

    def _answer(self, show: "dict[str, Any]", slip: "dict[str, Any] | None", outcomes: "dict[str, str]") -> None:
        reply, self._reply = self._reply, None
        if reply is None:
            return
        outcome = outcomes.get(slip["code"]) if slip else None
        answer_ms = self._stopwatch() - self._asked_ms if self._nonce else None
        reply(Reply(show, slip, outcome, self._nonce, answer_ms))
