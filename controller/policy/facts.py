"""What a decision may know: the person's memberships, holdings and entries, the door, its live state, and the time."""

from dataclasses import dataclass
from typing import Any

import msgspec

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
    """A person as the policy sees them: no name, no face, nothing about who they are. A suspension runs until before
    `suspended_until_ms` (None: there is none); `withdrawn` says that the person has left the site for good."""

    id: str
    member: tuple[Membership, ...] = ()
    holds: tuple[Holding, ...] = ()
    entries: tuple[Entry, ...] = ()
    suspended_until_ms: int | None = None
    revoked: bool = False
    withdrawn: bool = False

    def suspended_at(self, at_ms: int) -> bool:
        return self.suspended_until_ms is not None and at_ms < self.suspended_until_ms


@dataclass(frozen=True, slots=True)
class Inside:
    """Somebody went in by `door` at `since_ms` and is not known to have left. `who` is 0 for the person who asks and
    a number of this one request for anybody else: a decision about one person names no other."""

    who: int
    door: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Escort:
    """Somebody else, who holds `holding`, was let in at this door at `granted_ms`. None is no fact but a supposition:
    whenever the person comes, somebody goes ahead."""

    holding: str
    granted_ms: int | None

    def runs(self, at_ms: int, within_ms: int) -> bool:
        """Whether that was less than `within_ms` ago."""
        return self.granted_ms is None or self.granted_ms <= at_ms < self.granted_ms + within_ms


@dataclass(frozen=True, slots=True)
class Live:
    """The live state as one request sees it, and no more of it than its door's rule reads: who is inside, who may
    escort, and since when the door or its site is locked down (None: it is not)."""

    inside: tuple[Inside, ...] = ()
    escorts: tuple[Escort, ...] = ()
    lockdown_ms: int | None = None

    def as_document(self) -> dict[str, Any]:
        """What a record keeps of it, of JSON types; `from_document` gives the same live state back."""
        return {
            "inside": [[one.who, one.door, one.since_ms] for one in self.inside],
            "escorts": [[one.holding, one.granted_ms] for one in self.escorts],
            "lockdown_ms": self.lockdown_ms,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Live":
        """The live state that a record kept."""
        return cls(
            tuple(Inside(*one) for one in document["inside"]),
            tuple(Escort(*one) for one in document["escorts"]),
            document["lockdown_ms"],
        )


QUIET = Live()  # nobody is inside, nobody may escort, nothing is locked down


class Facts(msgspec.Struct, frozen=True):
    """One request: who (None: nobody was identified), at which door, when, and the live state (None: it is not known
    to whoever decides, as on a node that decides alone; then no clause that reads it holds). Raises `TimeOutOfRange`.
    """

    person: PersonFacts | None
    door: str
    at_ms: int
    live: Live | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.at_ms <= LATEST_MS:
            raise TimeOutOfRange(f"{self.at_ms} is no time between 1970 and 9000 in milliseconds. Check the clock.")

    def at(self, at_ms: int) -> "Facts":
        """The same request at another time. Raises `TimeOutOfRange`."""
        return Facts(self.person, self.door, at_ms, self.live)

    def of(self, person: PersonFacts | None) -> "Facts":
        """The same request of another person, or of the same one as they would be."""
        return Facts(person, self.door, self.at_ms, self.live)

    def under(self, live: Live | None) -> "Facts":
        """The same request with another live state."""
        return Facts(self.person, self.door, self.at_ms, live)
