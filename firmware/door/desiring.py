"""What a keeper desires of this node: taken when it is newer, remembered before it counts, and reported."""

from ostiary.firmware.door.deeds import Deeds
from ostiary.firmware.door.offline import Offline
from ostiary.firmware.door.passage import Passage
from ostiary.firmware.door.reporting import Reporting
from ostiary.firmware.door.standing import OLD, SAME, Standing
from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

    from ostiary.firmware.door.offline import Alone


class Desiring:
    """Term, `desired` and packs. `kept_upto`: how far the keeper had the journal when this boot began."""

    def __init__(
        self,
        kept_upto: int,
        deeds: Deeds,
        standing: Standing,
        passage: Passage,
        offline: Offline,
        reporting: Reporting,
    ) -> None:
        self._kept_upto = kept_upto
        self._deeds = deeds
        self._standing = standing
        self._passage = passage
        self._offline = offline
        self._reporting = reporting
        self._refused = (0, 0)
        self._owes_memory = False
        passage.contact.held_ms = standing.held_ms

    def saw(self, term: int) -> None:
        """An authentic message names this term: it counts before anything is done under it, also after a reboot."""
        if self._standing.saw(term):
            self._remember()

    def desired(self, message: "dict[str, Any]") -> None:
        """An authentic `desired`."""
        standing = self._standing
        before, locked_down = standing.lasting(), standing.lockdown
        rose = standing.saw(message["term"])
        taken = standing.take(message)
        if taken == OLD:
            self._refuse(message["term"], message["number"])
            return
        if taken != SAME and (rose or standing.lasting() != before):
            self._remember()
            if standing.lockdown != locked_down:
                self._deeds.note(codes.LOCKDOWN_OFF if locked_down else codes.LOCKDOWN_ON)
                if not locked_down:
                    self._passage.lock("the door was locked down")
            self._passage.contact.held_ms = standing.held_ms
            self._drop_withdrawn()
            self._reporting.report()
        self._acknowledged(message["journal_upto"])

    def pack(self, alone: "Alone | None") -> None:
        """The host holds this pack now, or none."""
        if self._offline.take(alone):
            self._deeds.note(codes.PACK_TAKEN, "", f"version {self._offline.version}")
        self._drop_withdrawn()
        self._reporting.report()

    def held_up(self, undone: "list[tuple[Any, ...]]") -> None:
        """The journal failed before these effects."""
        self._owes_memory = self._owes_memory or any(effect[0] == "remember" for effect in undone)

    def resume(self) -> None:
        """The journal can be written again."""
        if self._owes_memory:
            self._owes_memory = False
            self._remember()

    def _refuse(self, term: int, number: int) -> None:
        # Once for an owner whose lease has ended: it would answer every note of it with another one.
        about = (term, number if term == self._standing.term else 0)
        if about != self._refused:
            self._refused = about
            newest = f"{self._standing.number} of term {self._standing.term}"
            self._deeds.note(codes.REFUSED, "", f"desired: {number} of term {term} is older than {newest}")
            self._reporting.report()

    def _drop_withdrawn(self) -> None:
        if self._offline.withdrawn():
            self._deeds.do("forget-pack")

    def _acknowledged(self, upto: int) -> None:
        notes = self._deeds.notes
        behind = notes.last_seq
        if upto > self._kept_upto:
            self._deeds.do("acknowledge", upto)
        if upto < self._kept_upto:
            # Once, on change: the keeper has forgotten what it had said it keeps.
            self._deeds.note(codes.BOOT, "", f"the keeper had this journal up to {self._kept_upto}, and now {upto}")
        self._kept_upto = upto
        if upto > behind:
            # The journal was lost or replaced; numbers that the keeper knows must not come again.
            notes.last_seq = upto
            self._deeds.note(codes.BOOT, "", f"the journal ended at {behind}, the keeper's at {upto}")

    def _remember(self) -> None:
        if self._deeds.notes.locked:
            self._owes_memory = True
        else:
            self._deeds.do("remember", self._standing.term, self._standing.kept())
