"""What a decision may know: the person's memberships, holdings and entries, the door, and the time."""

from dataclasses import dataclass

LATEST_MS = 221_845_392_000_000  # the year 9000; beyond it Python's calendar ends within a search for openings


class TimeOutOfRange(ValueError):
    """A time before 1970 or after the year 9000; some clock or some import is wrong by a unit."""


class EntryWithoutEvidence(ValueError):
    """An entry that names no evidence; whoever contests it would have nothing to look at."""


class EntryWithoutEnd(ValueError):
    """A penalty that never expires; a score must be regainable."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership in `state` (such as "active") from `from_ms` until before `until_ms`, or without an end."""

    state: str
    from_ms: int = 0
    until_ms: int | None = None

    def at(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that a person holds, an induction or a key, from `from_ms` until before `until_ms`, or without an
    end."""

    name: str
    from_ms: int = 0
    until_ms: int | None = None

    def at(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a person's ledger; nothing of it changes but the three times of a contest.

    `points` are those of the policy when it was recorded; a penalty is below zero and has an end. It counts until
    before `expires_ms`. `contested_ms`, `upheld_ms` and `cancelled_ms` say when a contest was opened, when a
    reviewer upheld the entry, and when it was overturned or its deadline passed. All times are Unix milliseconds.
    Raises `EntryWithoutEvidence` or `EntryWithoutEnd`.
    """

    id: str
    kind: str
    context: str
    points: int
    evidence: str
    occurred_ms: int
    recorded_ms: int
    expires_ms: int | None
    contested_ms: int | None = None
    upheld_ms: int | None = None
    cancelled_ms: int | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            raise EntryWithoutEvidence(f"The entry {self.id} names no evidence. Give its document's id or sha256.")
        if self.points < 0 and self.expires_ms is None:
            raise EntryWithoutEnd(f"The entry {self.id} is a penalty without an end. Give it an expiry.")


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person as the policy sees them: no name, no face, nothing about who they are."""

    id: str
    member: tuple[Membership, ...] = ()
    holds: tuple[Holding, ...] = ()
    entries: tuple[Entry, ...] = ()
    suspended: bool = False
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """One request: who (None: nobody was identified), at which door, when. Raises `TimeOutOfRange`."""

    person: PersonFacts | None
    door: str
    at_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.at_ms <= LATEST_MS:
            raise TimeOutOfRange(f"{self.at_ms} is no time between 1970 and 9000 in milliseconds. Check the clock.")
