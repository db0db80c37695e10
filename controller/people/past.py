"""A person's facts as they stood at any time, told from rows that are only ever added to and ended once.

`History` is read once; `at` is pure. What was written later, and what a contest brought later, is not there yet, so
the ledger's head at the time of a decision comes out as the decision recorded it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.following import as_fact
from ostiary.controller.people.holding import holdings
from ostiary.controller.people.ledger import ledger
from ostiary.controller.people.membership import memberships
from ostiary.controller.people.spans import Span
from ostiary.controller.people.standing import Revocation, Suspension, standing_of
from ostiary.controller.policy.facts import Entry, Holding, Membership, PersonFacts


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was ever written about a person and that a decision may turn on. No name, no face."""

    person: str
    member: tuple[Span, ...] = ()
    holds: tuple[Span, ...] = ()
    entries: tuple[Entry, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    revocations: tuple[Revocation, ...] = ()

    def at(self, at_ms: int, known_ms: int | None = None) -> PersonFacts:
        """The facts for a decision at `at_ms`, as they were written by `known_ms` (None: by then, too)."""
        known_ms = at_ms if known_ms is None else known_ms
        return PersonFacts(
            id=self.person,
            member=tuple(Membership(*span) for span in _spans(self.member, known_ms)),
            holds=tuple(Holding(*span) for span in _spans(self.holds, known_ms)),
            entries=tuple(_as_known(entry, known_ms) for entry in self.entries if entry.recorded_ms <= known_ms),
            suspended_until_ms=max(
                (_ended_ms(one, known_ms) for one in self.suspensions if one.at_ms <= known_ms), default=None
            ),
            revoked=any(
                one.at_ms <= known_ms and _or_never(one.lifted_at_ms, known_ms) is None for one in self.revocations
            ),
        )

    def as_known(self, at_ms: int, unread_ms: int) -> Iterator[PersonFacts]:
        """The facts for a decision at `at_ms`, then the same without what was written in its last moments, less and
        less of it: the keeper may not have read yet what was written up to `unread_ms` before."""
        yield self.at(at_ms)
        for time in sorted((time for time in self._times() if at_ms - unread_ms < time <= at_ms), reverse=True):
            yield self.at(at_ms, time - 1)

    def without_entry(self, entry: str) -> "History":
        """The history that would have been, had this entry never been."""
        return replace(self, entries=tuple(one for one in self.entries if one.id != entry))

    def _times(self) -> set[int]:
        """When something was written."""
        spans = [at_ms for span in (*self.member, *self.holds) for at_ms in (span.recorded_at_ms, span.ended_at_ms)]
        entries = [
            at_ms
            for entry in self.entries
            for at_ms in (entry.recorded_ms, entry.contested_ms, entry.upheld_ms, entry.cancelled_ms)
        ]
        stands = [at_ms for one in (*self.suspensions, *self.revocations) for at_ms in (one.at_ms, one.lifted_at_ms)]
        return {at_ms for at_ms in (*spans, *entries, *stands) if at_ms is not None}


def history(conn: Connection, person: str) -> History:
    """Everything about the person. Raises `NoSuchPerson`, also for one who left: then there is nothing to tell from."""
    stands = standing_of(conn, person)
    entries = ledger(conn, person)
    hashes = {evidence: evidence_of(conn, evidence).sha256 for evidence in {entry.evidence for entry in entries}}
    return History(
        person,
        memberships(conn, person),
        holdings(conn, person),
        tuple(as_fact(entry, hashes[entry.evidence]) for entry in entries),
        stands.suspensions,
        stands.revocations,
    )


def _spans(spans: Iterable[Span], known_ms: int) -> Iterable[tuple[str, int, int | None]]:
    """What was known, and until when it was to hold; one that was ended before it began never does."""
    for span in spans:
        if span.recorded_at_ms > known_ms:
            continue
        ended_ms = _or_never(span.ended_at_ms, known_ms)
        until_ms = min((end for end in (span.until_ms, ended_ms) if end is not None), default=None)
        if until_ms is None or until_ms > span.from_ms:
            yield span.what, span.from_ms, until_ms


def _as_known(entry: Entry, known_ms: int) -> Entry:
    return replace(
        entry,
        contested_ms=_or_never(entry.contested_ms, known_ms),
        upheld_ms=_or_never(entry.upheld_ms, known_ms),
        cancelled_ms=_or_never(entry.cancelled_ms, known_ms),
    )


def _ended_ms(suspension: Suspension, known_ms: int) -> int:
    lifted_ms = _or_never(suspension.lifted_at_ms, known_ms)
    return suspension.until_ms if lifted_ms is None else min(suspension.until_ms, lifted_ms)


def _or_never(at_ms: int | None, known_ms: int) -> int | None:
    return at_ms if at_ms is not None and at_ms <= known_ms else None
