"""The door's mind: events in, effects out, in order; whatever moves the strike is journalled before it moves.

Each event goes to one room of the mind: `passage` (strike, contact, REX, fire), `asking` (attempts and answers),
`ordered` (releases and commands), `desiring` (what the node shall be), `levels` (tamper, mains, set-up, line). All of
them put what is to be done into `deeds`. Events are tuples, first word first:

    ("start",)                              once, at the start of a boot
    ("clock", offset_ms, "set"|"unset")     Unix time = offset_ms + now_ms, and whether it can be believed
    ("attempt", facts, nonce)               somebody stands there: see `session.FACTS`; nonce: 16 random bytes
    ("answer", message)  ("release", message)  ("command", message)  ("desired", message)      authentic, decoded
    ("contact", open)  ("rex", pressed)  ("fire", alarm)  ("tamper", open)  ("power", well)  ("config", entered)
    ("line", up)                            levels; repeats are harmless
    ("passed",)                             a counter saw one person go in
    ("strike-dropped",)                     the guard says that the strike is off
    ("nonce", random)                       16 random bytes, after `nonce-wanted`
    ("pack", alone)                         the pack that the host holds (see `alone.py`), or None
    ("pack-part", version, next_part)       how far the next pack has come
    ("journal-failed", undone)  ("journal-ok",)
    ("tick",)                               nothing but time; wanted at `due_ms()`

Effects are tuples as well, to be carried out one after the other:

    ("strike", pulse_ms)                    0 is off
    ("show", {"say", "learn"}, slip)        the display; slip is the receipt, or None. One that the node made itself has
                                            a code alone, no leaf and no salt
    ("tell", pattern)                       lamp and buzzer, see `signals.py`
    ("journal", entry)                      write durably; then it may be uploaded
    ("remember", term, desired)             write durably, for the next boot
    ("acknowledge", upto)                   the keeper has the journal up to here
    ("send", purpose, message)              ask, status (retained, the host adds what it is) or reported (retained)
    ("nonce-wanted",)                       answer with `nonce`
    ("forget-pack",)                        the pack held was withdrawn: no byte of it may stay
    ("boot-good",)                          this start was no bad one
    ("reboot",)

A host that cannot write an entry stops there and hands that effect and the rest back as `journal-failed`. From then on
the door is locked: it asks nothing, shows busy, keeps what happens in memory, and writes it after `journal-ok`.
"""

from ostiary.firmware.door.asking import Asking
from ostiary.firmware.door.booting import Booting
from ostiary.firmware.door.clock import Clock
from ostiary.firmware.door.deeds import Deeds
from ostiary.firmware.door.desiring import Desiring
from ostiary.firmware.door.journal import Recovered
from ostiary.firmware.door.levels import Levels
from ostiary.firmware.door.notes import Notes
from ostiary.firmware.door.offline import Offline
from ostiary.firmware.door.ordered import Ordered
from ostiary.firmware.door.orders import Orders
from ostiary.firmware.door.passage import Passage
from ostiary.firmware.door.reporting import Reporting
from ostiary.firmware.door.session import Answer
from ostiary.firmware.door.signals import Signals
from ostiary.firmware.door.standing import Standing

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BOTH = ("reader", "strike")


class UnknownEvent(ValueError):
    """The host named an event that no door knows."""


class Door:
    """One door of one node in one boot. `recovered` is what its journal said. A node that is `reader` alone never moves
    a strike, one that is `strike` alone never asks; in `safe_mode` no face is looked at and nothing decided alone."""

    def __init__(
        self, door: str, boot: int, recovered: Recovered, roles: "tuple[str, ...]" = BOTH, safe_mode: bool = False
    ) -> None:
        clock = Clock()
        self.notes = Notes(boot, recovered.last_seq, recovered.closed)
        self.deeds = Deeds(self.notes, clock)
        self.standing = Standing(recovered.term, recovered.desired)
        self.passage = Passage(self.deeds)
        self.levels = Levels(self.deeds)
        self.offline = Offline(self.standing, clock, safe_mode)
        self.asking = Asking(door, roles, self.deeds, self.passage, self.standing, self.offline, safe_mode)
        self.signals = Signals(self.deeds)
        orders = Orders(boot)
        self.ordered = Ordered(
            "strike" in roles, self.deeds, orders, self.standing, self.passage, self.asking, self.signals
        )
        self.reporting = Reporting(boot, safe_mode, self.deeds, self.standing, self.offline, orders)
        self.desiring = Desiring(recovered.upto, self.deeds, self.standing, self.passage, self.offline, self.reporting)
        self.booting = Booting(self.deeds, recovered.open, safe_mode)
        self._clock = clock
        self._safe_mode = safe_mode
        self._does: "dict[str, Callable[..., None]]" = {
            "start": self._start,
            "clock": self._told_clock,
            "attempt": self.asking.attempt,
            "answer": self._answer,
            "release": self._release,
            "command": self._command,
            "desired": self.desiring.desired,
            "contact": self.passage.level,
            "rex": self.passage.rex,
            "fire": self.passage.fire,
            "passed": self.passage.passed,
            "strike-dropped": self.passage.dropped,
            "tamper": self.levels.tamper,
            "power": self.levels.power,
            "config": self.levels.config,
            "line": self._line,
            "nonce": self.reporting.nonce,
            "pack": self.desiring.pack,
            "pack-part": self.reporting.part,
            "journal-failed": self._journal_failed,
            "journal-ok": self._journal_ok,
            "tick": lambda: None,
        }
        if "strike" not in roles:
            # Whoever has the lock has the leaf, and tells of it.
            self._does.update(dict.fromkeys(("contact", "rex", "fire", "passed", "strike-dropped"), _ignore))

    @property
    def locked(self) -> bool:
        """Whether the door asks nothing because its journal cannot be written."""
        return self.notes.locked

    @property
    def looks_at_faces(self) -> bool:
        """Whether a camera's pictures are wanted at all."""
        return self.standing.face and not self._safe_mode

    def handle(self, event: "tuple[Any, ...]", now_ms: int) -> "list[tuple[Any, ...]]":
        """What follows from one event at monotonic `now_ms`. Time that passed is dealt with first.

        Raises `UnknownEvent`.
        """
        does = self._does.get(event[0])
        if does is None:
            raise UnknownEvent(f"{event[0]!r} is no event of a door")
        self.deeds.begin(now_ms)
        for room in (self.passage, self.asking, self.reporting, self.booting):
            room.tick()
        does(*event[1:])
        contact, egress = self.passage.contact, self.passage.egress
        alarm = contact.forced or egress.fire or self.levels.amiss("tamper")
        self.signals.update(self.asking.waiting, alarm, contact.held)
        return self.deeds.effects

    def due_ms(self) -> int | None:
        """When the next tick is wanted (monotonic), or None when only an event can change anything."""
        known: list[int] = []
        for room in (self.passage, self.asking, self.reporting, self.booting, self.signals):
            known += [due for due in room.dues() if due is not None]
        return min(known) if known else None

    def _start(self) -> None:
        self.booting.start()
        self.signals.start()

    def _told_clock(self, offset_ms: int, confidence: str) -> None:
        for kind, detail in self._clock.tell(offset_ms, confidence):
            self.deeds.note(kind, "", detail)

    def _answer(self, message: "dict[str, Any]") -> None:
        self.desiring.saw(message["term"])
        self.booting.good()
        self.asking.answer(Answer(message))

    def _release(self, message: "dict[str, Any]") -> None:
        self.desiring.saw(message["term"])
        self.ordered.release(message)

    def _command(self, message: "dict[str, Any]") -> None:
        self.desiring.saw(message["term"])
        self.ordered.command(message)

    def _line(self, up: bool) -> None:
        self.levels.line(up)
        self.asking.online = self.levels.online
        self.reporting.line(up)
        if not up:
            self.asking.give_up("the line to the keeper was lost")

    def _journal_failed(self, undone: "list[tuple[Any, ...]]") -> None:
        self.desiring.held_up(undone)
        unwritten = [effect[1] for effect in undone if effect[0] == "journal"]
        free = unwritten[0]["seq"] if unwritten else None
        self.notes.fail(self.passage.unwritten(unwritten), free)
        self.deeds.strike(0)
        self.passage.dropped()
        self.asking.give_up("the journal cannot be written")  # so that no answer can be a grant to a locked door
        self.deeds.show("busy")
        self.deeds.again(undone)

    def _journal_ok(self) -> None:
        self.deeds.effects += self.notes.resume()
        self.desiring.resume()


def _ignore(*_: "Any") -> None:
    """Not this node's affair."""
