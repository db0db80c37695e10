"""Journals: what nodes' journals tell, taken in the order of their numbers and each entry once; which decision it is
about; and how far the log has each of them."""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ostiary.controller.access import record
from ostiary.controller.access.closing import UNKNOWN, Closing
from ostiary.controller.access.intake import Note
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.record import Draft

RECENT = 10_000  # decisions whose outcome is still expected; an older one is looked up in the log

_log = logging.getLogger("ostiary.keeper")


class Decided(NamedTuple):
    """A decision as a journal names it: by its receipt code, at its own door."""

    position: int
    door: str
    persons: tuple[str, ...]


class Journals:
    """`upto` leads from a node to its last entry that is durable here."""

    def __init__(self, site: str, log: Log, closing: Closing, upto: Mapping[str, int]) -> None:
        self.upto = dict(upto)
        self._site, self._log, self._closing = site, log, closing
        self._recent: OrderedDict[str, Decided] = OrderedDict()

    def decided(self, code: str, decided: Decided) -> None:
        """A journal will name this decision soon."""
        self._recent[code] = decided
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def taken(self, notes: Iterable[Note], at_ms: int) -> tuple[list[Draft], dict[str, int]]:
        """The records of the entries that continue a node's sequence, and how far each journal will then be kept. An
        entry out of turn is not taken: the node sends it again, in order."""
        drafts: list[Draft] = []
        upto: dict[str, int] = {}
        for note in notes:
            standing, event = note.standing, note.message
            known = upto.get(standing.node, self.upto.get(standing.node))
            # A log that never heard of this node begins where the node's journal does: a new site, or a new log.
            if known is not None and event["seq"] != known + 1:
                continue
            upto[standing.node] = event["seq"]
            about = self._about(event.get("receipt"), standing.door)
            position, persons = (about.position, about.persons) if about else (None, ())
            corrects = self.corrected(position) if event["kind"] in record.OUTCOMES else None
            drafts.append(record.door_event(self._site, standing, event, position, persons, at_ms, corrects))
        return drafts, upto

    def persons_of(self, position: int) -> tuple[str, ...]:
        """Whom a decision concerns; nobody where its record cannot be opened."""
        try:
            opened = self._log.open(position)
        except Broken as error:
            _log.error("A decision cannot be opened, so its outcome is filed under nobody: %s", error)
            return ()
        person = None if isinstance(opened, Erased) else opened.get("person")
        return (person,) if person else ()

    def corrected(self, about: int | None) -> int | None:
        """The record by which the keeper had closed this decision, if it had."""
        if about is None or self._closing.told(about):
            return None
        row = self._log.reading().outcome_of(about)
        return row.position if row and row.code == UNKNOWN else None

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
        return Decided(row.position, door, self.persons_of(row.position))
