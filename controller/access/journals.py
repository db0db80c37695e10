"""Journals: what nodes' journals tell, taken in the order of their numbers and each entry once; which decision it is
about; and how far the log has each of them."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ostiary.controller.access import record
from ostiary.controller.access.alone import OFFLINE
from ostiary.controller.access.closing import UNKNOWN, Closing
from ostiary.controller.access.intake import Note, Standing
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.reading import Row
from ostiary.controller.record.record import Draft
from ostiary.protocol import codes

RECENT = 10_000  # decisions whose outcome is still expected; an older one is looked up in the log

_log = logging.getLogger("ostiary.keeper")


class Decided(NamedTuple):
    """A decision, or an act that ordered a release, as a journal names it: by its receipt code, at its own door."""

    position: int
    door: str
    persons: tuple[str, ...]
    granted: bool
    act: bool = False

    def closed_by(self, standing: Standing) -> bool:
        """Whether this node's word closes it. A grant is closed by a strike: a reader, which hangs where anybody can
        reach it, cannot know what the door did."""
        return not self.act and (not self.granted or "strike" in standing.roles)


class Taken(NamedTuple):
    """The entries that were taken, the record of each, and how far each node's journal will then be kept."""

    entries: list[Note]
    drafts: list[Draft]
    upto: dict[str, int]


class Journals:
    """`upto` leads from a node to its last entry that is durable here."""

    def __init__(
        self,
        site: str,
        log: Log,
        closing: Closing,
        upto: Mapping[str, int],
        decided_alone: Callable[[Standing, dict[str, Any], int], Draft],
    ) -> None:
        """`decided_alone` makes the record of what a node decided by its pack."""
        self.upto = dict(upto)
        self.waiting: list[Note] = []  # entries about a decision that was not durable when they came; taken next
        self._decided_alone = decided_alone
        self._site, self._log, self._closing = site, log, closing
        self._boots: dict[str, int] = {}  # of the last entry that was taken
        self._recent: OrderedDict[str, Decided] = OrderedDict()

    def decided(self, code: str, decided: Decided) -> None:
        """A journal will name this decision soon."""
        self._recent[code] = decided
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def taken(self, notes: Iterable[Note], at_ms: int) -> Taken:
        """The entries that continue a node's sequence. One out of turn is not taken: the node sends it again, in order.
        One whose boot is below that of the entry before it is none of a journal's: it is not taken at all. One about a
        decision that is taken here, and so has no place in the log yet, waits for the next time."""
        entries: list[Note] = []
        drafts: list[Draft] = []
        upto: dict[str, int] = {}
        alone: set[str] = set()
        notes, self.waiting = [*self.waiting, *notes], []
        for note in notes:
            standing, event = note.standing, note.message
            if event.get("receipt") in alone or any(other.standing.node == standing.node for other in self.waiting):
                self.waiting.append(note)
                continue
            known = upto.get(standing.node, self.upto.get(standing.node))
            # A log that never heard of this node begins where the node's journal does: a new site, or a new log.
            if known is not None and event["seq"] != known + 1:
                continue
            if event["boot"] < self._boots.get(standing.node, 0):
                _log.warning("The journal of %s goes back to an earlier start; its entry is not taken.", standing.node)
                continue
            upto[standing.node], self._boots[standing.node] = event["seq"], event["boot"]
            if event["kind"] == codes.DECIDED and self._log.reading().by_receipt(event["receipt"]) is None:
                alone.add(event["receipt"])
                drafts.append(self._decided_alone(standing, event, at_ms))
                entries.append(note)
                continue
            about = self._about(event.get("receipt"), standing.door)
            outcome = event["kind"] in record.OUTCOMES and about is not None and about.closed_by(standing)
            position, persons = (about.position, about.persons) if about else (None, ())
            before = self.closed_by(position) if outcome else None
            # A journal closes a decision once. Whoever replays an old answer makes its node refuse it again, and that
            # must not become the last word on what the door did.
            outcome = outcome and (before is None or before.code == UNKNOWN)
            corrects = before.position if before is not None and before.code == UNKNOWN else None
            drafts.append(
                record.door_event(self._site, standing, event, position, persons, at_ms, corrects, outcome=outcome)
            )
            entries.append(note)
        return Taken(entries, drafts, upto)

    def recorded(self, position: int, draft: Draft, now_ms: int) -> None:
        """A record is durable (`now_ms` is monotonic): of what a node decided alone the outcome is still to come."""
        if draft.kind == "decision" and draft.body["decided"] == OFFLINE and draft.receipt_code and draft.door:
            self._closing.decided(position, draft.door, now_ms)
            granted = draft.verdict == "grant"
            self.decided(draft.receipt_code, Decided(position, draft.door, draft.persons, granted))

    def persons_of(self, position: int) -> tuple[str, ...]:
        """Whom a decision concerns; nobody where its record cannot be opened."""
        try:
            opened = self._log.open(position)
        except Broken as error:
            _log.error("A decision cannot be opened, so its outcome is filed under nobody: %s", error)
            return ()
        person = None if isinstance(opened, Erased) else opened.get("person")
        return (person,) if person else ()

    def closed_by(self, about: int | None) -> Row | None:
        """The record that closed this decision before, if one had: a journal's, or the keeper's own."""
        if about is None or self._closing.told(about):
            return None
        return self._log.reading().outcome_of(about)

    def _about(self, code: str | None, door: str) -> Decided | None:
        """Which decision at this door a receipt code names. Another door's is none of its own: a display shows the
        code, and whoever read it must not close that decision from elsewhere."""
        if code is None:
            return None
        if (recent := self._recent.get(code)) is not None:
            return recent if recent.door == door else None
        row = self._log.reading().by_receipt(code)
        if row is None or row.door != door:
            return None
        act = row.kind != "decision"
        persons = () if act else self.persons_of(row.position)
        return Decided(row.position, door, persons, row.verdict == "grant", act)
