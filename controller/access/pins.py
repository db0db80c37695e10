"""PINs at the keeper: compared away from the hot path's thread, and throttled for each person and door.

After 5 wrong ones in a row there are 30 s between attempts; after 50 none counts until the person comes in with their
face or gets a new PIN (NIST SP 800-63B-4 §3.2.2, by way of the house's own rule for faces). How many there were is a
record, so that a restart forgives nobody. A duress PIN opens like the other one and raises an alarm that no door shows.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.intake import Ask
from ostiary.controller.access.passes import Decision
from ostiary.controller.fleet.alarms import Happening
from ostiary.controller.people.pins import DURESS, WRONG, compare, open_pin
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.record import Draft
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import codes

FREE, PAUSE_MS, MOST = 5, 30_000, 50
MOST_AT_ONCE = 8  # in one batch: more would keep every other door waiting
FAILURES = "pin-failures"
THROTTLED, NOT_SET = "throttled", "not-set"

_log = logging.getLogger("ostiary.keeper")


@dataclass(frozen=True, slots=True)
class Failed:
    """So many wrong PINs in a row, the last one at `at_ms`."""

    times: int
    at_ms: int

    def waits(self, at_ms: int) -> bool:
        """Whether the next attempt does not count yet."""
        return self.times >= MOST or (self.times >= FREE and 0 <= at_ms - self.at_ms < PAUSE_MS)


class Pins:
    """The PINs of the site's people, as asks bring them."""

    def __init__(self, site: str, keys: KeyStore, log: Log) -> None:
        self._site, self._keys = site, keys
        self._failed = _remembered(log)

    async def checked(
        self, asks: Sequence[Ask], person_of: Callable[[Ask], str | None], gallery: Gallery, at_ms: int
    ) -> tuple[Mapping[bytes, str], list[Draft]]:
        """What each PIN is, by its ask's digest: `right`, `duress`, `wrong`, `throttled` or `not-set`; and the records
        of what that changed. A PIN beside a claim of nobody's is not looked at."""
        said: dict[bytes, str] = {}
        drafts: list[Draft] = []
        compared = 0
        for ask in asks:
            if "pin" not in ask.message:
                continue
            typed, ask.message["pin"] = ask.message["pin"], ""  # it goes no further than this
            person = person_of(ask)
            if person is None:
                continue
            sealed, door = gallery.pin_of(person), ask.standing.door
            before = self._failed.get((person, door))
            if sealed is None:
                said[ask.digest] = NOT_SET
            elif compared == MOST_AT_ONCE or (before is not None and before.waits(at_ms)):
                said[ask.digest] = THROTTLED
            else:
                compared += 1
                found = await asyncio.to_thread(self._compare, person, sealed, typed)
                said[ask.digest] = found
                if found == WRONG:
                    drafts.append(self._noted(person, door, before.times + 1 if before else 1, at_ms))
                elif before is not None:
                    drafts.append(self._noted(person, door, 0, at_ms))
        return said, drafts

    def beside(self, decided: Sequence[Decision], receipts: Sequence[str], at_ms: int) -> list[Draft]:
        """What else these decisions put on record: duress, and the end of a throttle for whoever showed their face."""
        drafts: list[Draft] = []
        for (ask, identity, judgement, _), code in zip(decided, receipts, strict=True):
            if identity.person is None:
                continue
            if identity.pin == DURESS:
                body = {"at_ms": at_ms, "site": self._site, "person": identity.person, "by": code}
                body |= {"door": ask.standing.door, "node": ask.standing.node}
                drafts.append(Draft("duress", at_ms, body, (identity.person,), ask.standing.door, code="duress"))
            if judgement.granted and identity.credential == "face":
                drafts += self.forgiven(identity.person, at_ms)
        return drafts

    def forgiven(self, person: str, at_ms: int) -> list[Draft]:
        """The person may type again at every door; the records that say so."""
        doors = [door for who, door in self._failed if who == person]
        return [self._noted(person, door, 0, at_ms) for door in doors]

    def _noted(self, person: str, door: str, times: int, at_ms: int) -> Draft:
        if times:
            self._failed[person, door] = Failed(times, at_ms)
        else:
            self._failed.pop((person, door), None)
        body = {"at_ms": at_ms, "site": self._site, "person": person, "door": door, "failures": times}
        return Draft(FAILURES, at_ms, body, (person,), door, code=FAILURES)

    def _compare(self, person: str, sealed: bytes, pin: str) -> str:
        key = self._keys.get(f"pin/{person}")
        held = None if key is None else open_pin(person, sealed, key)
        if held is None:
            _log.error("A PIN cannot be opened, so it opens nothing. Set that person's PIN again.")
            return WRONG
        return compare(held, pin)


def duress(decided: Sequence[Decision], at_ms: int) -> list[Happening]:
    """What these decisions raise an alarm about; no door shows anything of it."""
    return [
        Happening(ask.standing.node, ask.standing.door, codes.DURESS, at_ms)
        for ask, identity, _, _ in decided
        if identity.pin == DURESS
    ]


def _remembered(log: Log) -> dict[tuple[str, str], Failed]:
    """The failures that stand, from the newest record of each person and door."""
    newest: dict[tuple[str, str], Failed] = {}
    for row in log.reading().all_of(FAILURES):
        try:
            body = log.open(row.position)
        except Broken as error:
            _log.error("A record of wrong PINs could not be read: %s", error)
            continue
        if not isinstance(body, Erased):
            newest.setdefault((body["person"], body["door"]), Failed(body["failures"], row.at_ms))
    return {key: failed for key, failed in newest.items() if failed.times}
