"""What the mind wants done, in order: whatever moves the strike stands behind the note that names its reason."""

from ostiary.firmware.door.clock import Clock
from ostiary.firmware.door.notes import Notes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

# Effects that need no journal: where one failed before them the mind hands them out again.
ALL_THE_SAME = ("tell", "boot-good", "nonce-wanted", "forget-pack", "acknowledge")


class Deeds:
    """The effects of one event, filled by every room of the mind; `now_ms` is that event's moment."""

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self.notes = notes
        self.clock = clock
        self.now_ms = 0
        self.effects: "list[tuple[Any, ...]]" = []
        self.shown: "tuple[str, int] | None" = None

    def begin(self, now_ms: int) -> None:
        """Another event; the effects of the last one belong to the host."""
        self.now_ms = now_ms
        self.effects = []

    def note(self, kind: str, receipt: str = "", detail: str = "", decision: "dict[str, Any] | None" = None) -> None:
        """Put one event on record."""
        self.effects += self.notes.entry(kind, self.clock.at(self.now_ms), receipt, detail, decision)

    def note_each(self, kinds: "list[str]", receipt: str = "", detail: str = "") -> None:
        """Put several events on record, oldest first."""
        for kind in kinds:
            self.note(kind, receipt, detail)

    def strike(self, pulse_ms: int) -> None:
        """Release the strike for so long, or lock it with 0."""
        self.effects.append(("strike", pulse_ms))

    def show(self, say: str, learn: str = "", slip: "dict[str, Any] | None" = None) -> None:
        """Show yes, no or busy, where to learn more, and the receipt."""
        self.shown = say, self.now_ms
        self.effects.append(("show", {"say": say, "learn": learn}, slip))

    def send(self, purpose: str, message: "dict[str, Any]") -> None:
        """Say something to the keeper."""
        self.effects.append(("send", purpose, message))

    def do(self, *effect: "Any") -> None:
        """Any other effect."""
        self.effects.append(effect)

    def again(self, undone: "list[tuple[Any, ...]]") -> None:
        """Hand out what a failed journal held up and need not have."""
        for effect in undone:
            # An ask is none of them: a locked door asks nothing.
            if effect[0] in ALL_THE_SAME or (effect[0] == "send" and effect[1] != "ask"):
                self.effects.append(effect)
