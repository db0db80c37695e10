"""A door's pack: when each person may pass, worked out ahead, for a node that must decide without the controller.

A pack is a partial evaluation: of all that a decision knows, the person and the door's rule are filled in and the time
is left open. Each condition says when its truth next changes, so a grant over a span of time is a list of intervals.

What a node cannot know it does not guess. The live state (who is inside, who escorts) is unknown there, so no clause
that reads it holds, and a door whose every way in reads it grants nobody; a lockdown that stands when the pack is made
stands for its whole life; and a door with `offline: deny` grants nobody. So a pack is never wider than what the
controller would decide with the facts of its making.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ostiary.controller.policy.clause import Clause
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import LATEST_MS, Facts, Live, PersonFacts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.forbids.forbid import Forbid
from ostiary.controller.policy.formula import IsOpen, LiveAtom, atoms
from ostiary.controller.policy.hours import HORIZON_MS
from ostiary.controller.policy.score import Ledger

Interval = tuple[int, int]
"""[from_ms, until_ms) in Unix milliseconds."""
Condition = Clause | Forbid


@dataclass(frozen=True, slots=True)
class Pack:
    """Who may pass `door` when, from `from_ms` until before `until_ms`, by the policy of this hash. `grants` leads from
    a person's id to intervals that rise, do not touch, and are not empty; whoever has none is left out. `unknown` names
    the clauses that read the live state, which a node answers as if nobody knew it; without any, the pack is exact."""

    door: str
    policy_sha256: str
    from_ms: int
    until_ms: int
    grants: Mapping[str, tuple[Interval, ...]]
    unknown: tuple[str, ...]

    def grants_at(self, person: str, at_ms: int) -> bool:
        """Whether this person may pass at this time; False outside the pack's span."""
        return any(from_ms <= at_ms < until_ms for from_ms, until_ms in self.grants.get(person, ()))


@dataclass(frozen=True, slots=True)
class RevocationWindow:
    """For how long a change of facts or policy can stay unknown to a door that decides alone: `connected_ms` while
    packs reach it, and `cut_off_ms` at most, whatever happens."""

    connected_ms: int
    cut_off_ms: int


def revocation_window(age_limit_ms: int, making_interval_ms: int, delivery_ms: int = 0) -> RevocationWindow:
    """The window of a door whose pack is made anew every `making_interval_ms`, takes up to `delivery_ms` to arrive, and
    is not used any more `age_limit_ms` after its making.

    A change just after a making waits for the next one and its delivery. A door that is cut off before that keeps the
    older pack until its age limit. Raises `ValueError` where packs would be too old before the next one comes.
    """
    if not 0 < making_interval_ms + delivery_ms <= age_limit_ms:
        raise ValueError(
            f"A pack that is made every {making_interval_ms} ms and takes {delivery_ms} ms to arrive is too old before "
            f"the next one comes: its age limit is {age_limit_ms} ms. Make packs more often, or raise the limit."
        )
    return RevocationWindow(making_interval_ms + delivery_ms, age_limit_ms)


def make_pack(
    policy: Policy, door: str, people: Iterable[PersonFacts], from_ms: int, until_ms: int, live: Live | None = None
) -> Pack:
    """The pack of this door over [from_ms, until_ms), at most to the year 9000, with `live` as it is at the making.

    An unknown door, one with `offline: deny`, and one that is locked down grant nobody. Raises `TimeOutOfRange`.
    """
    rule = policy.doors.get(door)
    span = (from_ms, min(until_ms, LATEST_MS))
    conditions: tuple[Condition, ...] = (*FORBIDS, *rule.grant) if rule is not None else ()
    read = [(condition, atoms(condition.formula(door))) for condition in conditions]
    unknown = tuple(
        condition.name for condition, found in read[len(FORBIDS) :] if any(isinstance(atom, LiveAtom) for atom in found)
    )
    locked = live is not None and live.lockdown_ms is not None
    grants: dict[str, tuple[Interval, ...]] = {}
    if rule is not None and rule.offline == "pack" and not locked:
        nobody = Facts(PersonFacts(""), door, 0)
        # Hours are the same for everybody: they are walked through once.
        shared = [span] if span[0] < span[1] else []
        own: list[Condition] = []
        for condition, found in read:
            if found and all(isinstance(atom, IsOpen) for atom in found):
                shared = _both(shared, _holding(condition, nobody, shared))
            else:
                own.append(condition)
        for person in people:
            grant = _granted(policy, own, person, door, shared)
            if grant:
                grants[person.id] = tuple(grant)
    return Pack(door, policy.sha256, from_ms, until_ms, grants, unknown)


def _granted(
    policy: Policy, conditions: Sequence[Condition], person: PersonFacts, door: str, spans: list[Interval]
) -> list[Interval]:
    if policy.score is not None:
        person = replace(person, entries=Ledger(person.entries, policy.score))
    facts = Facts(person, door, 0)
    for condition in conditions:
        if not spans:
            return []
        spans = _both(spans, _holding(condition, facts, spans))
    return spans


def _holding(condition: Condition, facts: Facts, spans: Sequence[Interval]) -> list[Interval]:
    """When the condition holds between the begin of the first and the end of the last of these spans."""
    if not spans:
        return []
    at_ms, end_ms = spans[0][0], spans[-1][1]
    held: list[Interval] = []
    while at_ms < end_ms:
        now = facts.at(at_ms)
        turn_ms = condition.next_change(now)
        # Not in sight is not never: what does not turn within 14 days is asked about again after them.
        next_ms = min(end_ms, at_ms + HORIZON_MS if turn_ms is None else turn_ms)
        if condition.check(now).held:
            if held and held[-1][1] == at_ms:
                held[-1] = (held[-1][0], next_ms)
            else:
                held.append((at_ms, next_ms))
        at_ms = next_ms
    return held


def _both(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """The intervals that lie in both lists; each is sorted and its intervals do not touch."""
    both: list[Interval] = []
    one, other = 0, 0
    while one < len(some) and other < len(others):
        from_ms, until_ms = max(some[one][0], others[other][0]), min(some[one][1], others[other][1])
        if from_ms < until_ms:
            both.append((from_ms, until_ms))
        if some[one][1] <= others[other][1]:
            one += 1
        else:
            other += 1
    return both
