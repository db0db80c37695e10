"""One passage: the pulse that a grant earns, the opening that it explains, and the outcome that closes the decision.

One contact cannot count people. What it can tell: a door that was opened, closed and opened again on the same grant let
a second one through, or the same one back (`tailgate`). Two who walk through one opening are seen by a counter alone;
where a door has one, the host tells `("passed",)` for each person, and the second on one grant is a `tailgate`.
"""

from ostiary.firmware.door.contact import Contact
from ostiary.firmware.door.deeds import Deeds
from ostiary.firmware.door.egress import Egress
from ostiary.firmware.door.strike import Strike
from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


class Passage:
    """Strike, contact, REX and fire of one door. `released`: the receipt of a grant that waits for its opening."""

    def __init__(self, deeds: Deeds) -> None:
        self.strike = Strike()
        self.contact = Contact()
        self.egress = Egress()
        self.released = ""
        self._deeds = deeds
        self._pulse_receipt = ""
        self._more_ms = 0
        self._through = 0
        self._told_tailgate = False

    @property
    def at_rest(self) -> bool:
        """Whether nothing here would suffer from a reboot: the door is closed and no pulse runs."""
        return not self.strike.on and not self.contact.open

    def knows(self, receipt: str) -> bool:
        """Whether this decision moved the strike or had its outcome lately."""
        return receipt == self.released or self._deeds.notes.is_closed(receipt)

    def grant(self, receipt: str, pulse_ms: int, held_ms: int, also: str = "") -> None:
        """Release the strike for this decision; `held_ms`: how much longer than usual the door may then stand open;
        `also`: what is told of it beside the pulse."""
        now_ms = self._deeds.now_ms
        self._unused("another grant came before the door opened")
        for kind in self.strike.pulse(pulse_ms, now_ms):
            if kind == codes.STRIKE_ON:
                self._pulse_receipt = receipt
            self._deeds.note(kind, self._pulse_receipt)
        self.released = receipt
        self._more_ms = held_ms
        self._through = 0
        self._told_tailgate = False
        if also:
            self._deeds.note(also, receipt)
        self._deeds.strike(pulse_ms)

    def level(self, is_open: bool) -> None:
        """The contact reads open or closed."""
        now_ms = self._deeds.now_ms
        found = "found open at the start" if self.contact.open is None else ""
        on_pulse = self.strike.lets(now_ms)
        leaving = self.egress.lets(now_ms)
        kinds = self.contact.level(is_open, on_pulse or leaving, now_ms, self._more_ms if on_pulse else 0)
        self._deeds.note_each(kinds, "", found)
        if self.egress.fire:
            self.contact.excuse()
        if codes.OPENED not in kinds or not on_pulse:
            return
        if self.released:
            self._close(codes.ACTED)
        elif not leaving and not found:
            self._tailgate("the door was opened a second time on one grant")

    def passed(self) -> None:
        """A counter saw one person go in."""
        self._through += 1
        if self._through > 1 and not self.egress.lets(self._deeds.now_ms):
            self._tailgate("two were counted on one grant")

    def rex(self, pressed: bool) -> None:
        """The REX reads pressed or not."""
        self._deeds.note_each(self.egress.rex(pressed, self._deeds.now_ms))

    def fire(self, alarm: bool) -> None:
        """The fire alarm's contact."""
        kinds = self.egress.alarm(alarm, self._deeds.now_ms)
        self._deeds.note_each(kinds)
        if codes.FIRE in kinds:
            self.contact.excuse()
        elif kinds:
            self.contact.count_again(self._deeds.now_ms)

    def dropped(self) -> None:
        """The guard says that the strike is off."""
        self._deeds.note_each(self.strike.drop(self._deeds.now_ms), self._pulse_receipt)

    def lock(self, why: str) -> None:
        """End a running pulse now. Who is on the way in is not let in; who leaves needs no strike."""
        if self.strike.on:
            self._deeds.strike(0)
            self.dropped()
        self.strike.ended_ms = None
        self._unused(why)

    def tick(self) -> None:
        """End what is over, and tell what stood too long."""
        now_ms = self._deeds.now_ms
        ended = self.strike.tick(now_ms)
        if ended:
            self._deeds.strike(0)
            self._deeds.note_each(ended, self._pulse_receipt)
        if not self.strike.lets(now_ms):
            self._unused("the door stood open" if self.contact.open else "")
        self._deeds.note_each(self.contact.tick(now_ms))
        self._deeds.note_each(self.egress.tick(now_ms))

    def dues(self) -> "list[int | None]":
        """When `tick` is wanted."""
        dues = [self.strike.off_at_ms, self.contact.held_at_ms, self.egress.stuck_at_ms]
        if self.released and not self.strike.on and self.strike.ended_ms is not None:
            dues.append(self.strike.ended_ms + self.strike.grace_ms + 1)
        return dues

    def unwritten(self, entries: "list[dict[str, Any]]") -> "list[dict[str, Any]]":
        """Entries that did not reach the journal, as they are owed to it. A pulse that waited for its own never begins:
        its decision is refused, and nothing else is told of it."""
        owed: "list[dict[str, Any]]" = []
        for entry in entries:
            receipt = entry.get("receipt", "")
            if entry["kind"] == codes.STRIKE_ON and receipt == self.released:
                self.released = ""
                self.strike = Strike(self.strike.grace_ms)
                owed.append(self._deeds.notes.refuse(entry, "the journal cannot be written"))
            elif entry["kind"] != codes.RELEASED_ONCE or not self._deeds.notes.is_closed(receipt):
                owed.append(entry)
        return owed

    def _unused(self, why: str) -> None:
        if self.released:
            self._close(codes.UNUSED, why)

    def _close(self, outcome: str, detail: str = "") -> None:
        receipt, self.released = self.released, ""
        self._deeds.note(outcome, receipt, detail)

    def _tailgate(self, how: str) -> None:
        # Once for each grant, however many follow.
        if not self._told_tailgate and self._pulse_receipt:
            self._told_tailgate = True
            self._deeds.note(codes.TAILGATE, "", how)
