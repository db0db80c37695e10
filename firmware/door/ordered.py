"""What a keeper orders unasked: a release of this node's strike, one release by an operator, locate, reboot."""

from ostiary.firmware.door.asking import Asking
from ostiary.firmware.door.deeds import Deeds
from ostiary.firmware.door.orders import REPEATED, Orders
from ostiary.firmware.door.passage import Passage
from ostiary.firmware.door.signals import Signals
from ostiary.firmware.door.standing import Standing
from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


class Ordered:
    """Checks each release and command, and carries it out or says on record why not."""

    def __init__(
        self,
        has_strike: bool,
        deeds: Deeds,
        orders: Orders,
        standing: Standing,
        passage: Passage,
        asking: Asking,
        signals: Signals,
    ) -> None:
        self._has_strike = has_strike
        self._deeds = deeds
        self._orders = orders
        self._standing = standing
        self._passage = passage
        self._asking = asking
        self._signals = signals

    def release(self, message: "dict[str, Any]") -> None:
        """The grant of a decision whose reader is another node; its term was seen already."""
        self._move("release", message, message["receipt"], "")

    def command(self, message: "dict[str, Any]") -> None:
        """Release once, locate or reboot; its term was seen already."""
        do = message["do"]
        if do == "release-once":
            self._move("command", message, message["receipt"], do)
            return
        why = self._against("command", message)
        if not why and do == "reboot" and not self._passage.at_rest:
            why = "the door is open or released"
        if not why and do == "reboot" and self._asking.waiting:
            why = "somebody waits for an answer"
        if why == REPEATED:
            return
        if why:
            self._deeds.note(codes.REFUSED, "", f"{do}: {why}")
        elif do == "locate":
            self._signals.locate(message["seconds"])
        else:
            self._deeds.do("reboot")

    def _move(self, purpose: str, message: "dict[str, Any]", receipt: str, once: str) -> None:
        if self._passage.knows(receipt):
            return  # the same decision once more: it is closed, or will be
        counted = self._orders.counted(purpose, message)
        why = self._against(purpose, message)
        if not why and not self._has_strike:
            why = "this node has no strike"
        if not why and self._standing.lockdown:
            why = "the door is locked down"
        if not why and self._deeds.notes.locked:
            why = "the journal cannot be written"
        if why == REPEATED:
            return
        if why:
            # A number that counted before is a replay: that decision has its outcome.
            self._deeds.note(codes.REFUSED, "" if counted else receipt, f"{purpose}: {why}")
            return
        kind = codes.RELEASED_ONCE if once else ""
        self._passage.grant(receipt, message["pulse_ms"], message.get("held_ms", 0), kind)

    def _against(self, purpose: str, message: "dict[str, Any]") -> str:
        if message["term"] < self._standing.term:
            return f"its term {message['term']} is below {self._standing.term}"
        return self._orders.judge(purpose, message, self._deeds.now_ms)
