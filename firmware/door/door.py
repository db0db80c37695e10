"""The door's mind: events in, effects out, in order; whatever moves the strike is journalled before it moves.

Events are tuples, first word first:

    ("start",)                              once, at the start of a boot
    ("clock", offset_ms, "set"|"unset")     Unix time = offset_ms + now_ms, and whether it can be believed
    ("attempt", facts, nonce)               somebody stands there: see `session.FACTS`; nonce: 16 random bytes
    ("answer", message)                     an authentic answer, decoded
    ("contact", open)  ("rex", pressed)     levels; repeats are harmless
    ("strike-dropped",)                     the guard says that the strike is off
    ("acknowledged", upto)                  the keeper has the journal up to here
    ("journal-failed", undone)  ("journal-ok",)
    ("tick",)                               nothing but time; wanted at `due_ms()`

Effects are tuples as well, to be carried out one after the other:

    ("strike", pulse_ms)                    0 is off
    ("show", {"say", "learn"}, slip)        the display; slip is the receipt's code, leaf and salt, or None
    ("journal", entry)                      write durably; then it may be uploaded
    ("send", "ask", message)

A host that cannot write an entry stops there and hands that effect and the rest back as `journal-failed`. From then on
the door is locked: it asks nothing, shows busy, keeps what happens in memory, and writes it after `journal-ok`.
"""

from ostiary.firmware.door.contact import Contact
from ostiary.firmware.door.egress import Egress
from ostiary.firmware.door.journal import Recovered
from ostiary.firmware.door.notes import REMEMBERED, Notes
from ostiary.firmware.door.session import DENY, GRANT, WAITING, Answer, Judgement, Session
from ostiary.firmware.door.strike import Strike
from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


class UnknownEvent(ValueError):
    """The host named an event that no door knows."""


class Door:
    """One door of one node in one boot. `recovered` is what its journal said; `limit_ms` the patience with an ask."""

    def __init__(self, door: str, boot: int, recovered: Recovered, limit_ms: int = 3_000) -> None:
        self.door = door
        self.limit_ms = limit_ms
        self.strike = Strike()
        self.contact = Contact()
        self.egress = Egress()
        self.notes = Notes(boot, recovered.last_seq, recovered.closed)
        self.term = 0
        self._kept_upto = recovered.upto
        self._asks = 0
        self._open = list(recovered.open)
        self._offset_ms = 0
        self._clock = "unset"
        self._waiting: Session | None = None
        self._released: Session | None = None
        self._expired: list[Session] = []
        self._pulse_receipt = ""
        self._more_ms = 0
        self._now_ms = 0
        self._effects: "list[tuple[Any, ...]]" = []

    @property
    def locked(self) -> bool:
        """Whether the door asks nothing because its journal cannot be written."""
        return self.notes.locked

    def handle(self, event: "tuple[Any, ...]", now_ms: int) -> "list[tuple[Any, ...]]":
        """What follows from one event at monotonic `now_ms`. Time that passed is dealt with first.

        Raises `UnknownEvent`.
        """
        self._now_ms = now_ms
        self._effects = []
        self._tick()
        name = event[0]
        if name == "attempt":
            self._attempt(event[1], event[2])
        elif name == "answer":
            self._answer(Answer(event[1]))
        elif name == "contact":
            self._contact(event[1])
        elif name == "rex":
            self._note(self.egress.level(event[1], now_ms))
        elif name == "strike-dropped":
            self._note(self.strike.drop(now_ms), self._pulse_receipt)
        elif name == "clock":
            self._offset_ms, self._clock = event[1], event[2]
        elif name == "acknowledged":
            self._acknowledged(event[1])
        elif name == "journal-failed":
            self._journal_failed(event[1])
        elif name == "journal-ok":
            self._effects += self.notes.resume()
        elif name == "start":
            self._start()
        elif name != "tick":
            raise UnknownEvent(f"{name!r} is no event of a door")
        return self._effects

    def due_ms(self) -> int | None:
        """When the next tick is wanted (monotonic), or None when only an event can change anything."""
        dues = [self.strike.off_at_ms, self.contact.held_at_ms]
        if self._waiting is not None:
            dues.append(self._waiting.due_ms())
        if self._released is not None and not self.strike.on and self.strike.ended_ms is not None:
            dues.append(self.strike.ended_ms + self.strike.grace_ms + 1)
        known = [due for due in dues if due is not None]
        return min(known) if known else None

    def _start(self) -> None:
        self._effects.append(("strike", 0))
        self._note([codes.BOOT])
        for receipt in self._open:
            self._note([codes.UNUSED], receipt, "the node stopped before the door was seen to open")
        self._open = []

    def _tick(self) -> None:
        ended = self.strike.tick(self._now_ms)
        if ended:
            self._effects.append(("strike", 0))
            self._note(ended, self._pulse_receipt)
        if self._released is not None and not self.strike.lets(self._now_ms):
            self._close(self._released, codes.UNUSED, "the door stood open" if self.contact.open else "")
            self._released = None
        self._note(self.contact.tick(self._now_ms))
        due_ms = self._waiting.due_ms() if self._waiting else None
        if due_ms is not None and self._now_ms >= due_ms:
            self._give_up()

    def _give_up(self) -> None:
        if self._waiting is not None:
            self._waiting.expire()
            self._expired = self._expired[1 - REMEMBERED :]
            self._expired.append(self._waiting)
            self._waiting = None
            self._show_busy()

    def _attempt(self, facts: "dict[str, Any]", nonce: bytes) -> None:
        if self.locked or self._waiting is not None:
            self._show_busy()
            return
        self._asks += 1
        self._waiting = Session(nonce, self._now_ms, self.limit_ms)
        ask = self._waiting.ask(self.door, self.notes.boot, self._asks, self._at(), facts)
        self._effects.append(("send", "ask", ask))

    def _answer(self, answer: Answer) -> None:
        receipt = answer.receipt
        released = self._released is not None and self._released.receipt == receipt
        if receipt and (released or self.notes.is_closed(receipt)):
            return  # the same decision once more (QoS 1 may repeat a message): it is closed, or will be
        session = self._asked(answer.nonce)
        if session is None:
            self._note([codes.REFUSED], receipt, "its nonce is of no open attempt here")
            return
        was_waiting = session.state == WAITING
        judged = session.judge(answer, self._now_ms, self.term)
        if was_waiting:
            self._waiting = None
        else:
            self._expired = [kept for kept in self._expired if kept is not session]
        session.receipt = receipt
        self.term = max(self.term, answer.term)
        show = ("show", {"say": answer.say, "learn": answer.learn}, answer.slip)
        if judged.kind == GRANT:
            self._grant(session, judged)
            self._effects.append(show)
        elif judged.kind == DENY:
            self._effects.append(show)
            # A busy keeper answers without a decision; there is then nothing to close.
            if receipt:
                self._close(session, codes.ACTED)
        else:
            self._close(session, codes.REFUSED, judged.why)
            if was_waiting:
                self._show_busy()

    def _asked(self, nonce: str) -> Session | None:
        if self._waiting is not None and self._waiting.nonce == nonce:
            return self._waiting
        for session in self._expired:
            if session.nonce == nonce:
                return session
        return None

    def _grant(self, session: Session, judged: Judgement) -> None:
        if self._released is not None:
            self._close(self._released, codes.UNUSED, "another grant came before the door opened")
        for kind in self.strike.pulse(judged.pulse_ms, self._now_ms):
            if kind == codes.STRIKE_ON:
                self._pulse_receipt = session.receipt
            self._note([kind], self._pulse_receipt)
        session.release()
        self._released = session
        self._more_ms = judged.held_ms
        self._effects.append(("strike", judged.pulse_ms))

    def _contact(self, is_open: bool) -> None:
        found = "found open at the start" if self.contact.open is None else ""
        on_pulse = self.strike.lets(self._now_ms)
        allowed = on_pulse or self.egress.lets(self._now_ms)
        kinds = self.contact.level(is_open, allowed, self._now_ms, self._more_ms if on_pulse else 0)
        self._note(kinds, "", found)
        if codes.OPENED in kinds and on_pulse and self._released is not None:
            self._close(self._released, codes.ACTED)
            self._released = None

    def _acknowledged(self, upto: int) -> None:
        behind = self.notes.last_seq
        if upto < self._kept_upto:
            # Once, on change: the keeper has forgotten what it had said it keeps.
            self._note([codes.BOOT], "", f"the keeper had this journal up to {self._kept_upto}, and now {upto}")
        self._kept_upto = upto
        if upto > behind:
            # The journal was lost or replaced; numbers that the keeper knows must not come again.
            self.notes.last_seq = upto
            self._note([codes.BOOT], "", f"the journal ended at {behind}, the keeper's at {upto}")

    def _journal_failed(self, undone: "list[tuple[Any, ...]]") -> None:
        unwritten: "list[dict[str, Any]]" = []
        for effect in undone:
            if effect[0] != "journal":
                continue
            entry = effect[1]
            released = self._released
            if entry["kind"] == codes.STRIKE_ON and released and released.receipt == entry["receipt"]:
                # It was to be written before the strike moved; so the strike has not moved, and will not.
                released.close(codes.REFUSED)
                self.notes.closing(released.receipt)
                self._released = None
                self.strike = Strike(self.strike.grace_ms)
                entry = dict(entry)
                entry["kind"] = codes.REFUSED
                entry["detail"] = "the journal cannot be written"
            unwritten.append(entry)
        self.notes.fail(unwritten)
        self._effects.append(("strike", 0))
        self._note(self.strike.drop(self._now_ms), self._pulse_receipt)
        self._give_up()  # so that no answer can be a grant to a locked door
        self._show_busy()

    def _show_busy(self) -> None:
        self._effects.append(("show", {"say": "busy", "learn": ""}, None))

    def _close(self, session: Session, outcome: str, detail: str = "") -> None:
        session.close(outcome)
        self._note([outcome], session.receipt, detail)

    def _note(self, kinds: list[str], receipt: str = "", detail: str = "") -> None:
        for kind in kinds:
            self._effects += self.notes.entry(kind, self._at(), receipt, detail)

    def _at(self) -> "dict[str, Any]":
        return {"ms": max(0, self._offset_ms + self._now_ms), "clock": self._clock}
