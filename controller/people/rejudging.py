"""What later decisions would have been, had an entry never been: recorded decisions judged again, one clause at a time.

A clause keeps what was recorded, unless the entry turns it: so a clause that read live state, and a face, are taken as
they were, and nothing is claimed about them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ostiary.controller.people.past import History
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import Facts, Live


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as the log has it. `held` says of each finding whether it held, forbids first; none where it was
    decided before any clause was read. `live` is what the decision saw of the live state."""

    position: int
    at_ms: int
    door: str
    policy_sha256: str
    granted: bool
    held: tuple[bool, ...]
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class Differs:
    """A decision that would have been another one; `granted` is what it was."""

    position: int
    at_ms: int
    door: str
    granted: bool


def differing(
    decisions: Iterable[Recorded], policies: Mapping[str, Policy], was: History, corrected: History
) -> tuple[Differs, ...]:
    """Those of `decisions` that would have been another one under `corrected`, by their policies' sha256; sorted.

    A decision whose policy is not among `policies` is left out, and so is one that read no clause.
    """
    differ = [
        Differs(one.position, one.at_ms, one.door, one.granted)
        for one in decisions
        if one.policy_sha256 in policies and _again(one, policies[one.policy_sha256], was, corrected) != one.granted
    ]
    return tuple(sorted(differ, key=lambda one: one.position))


def _again(decided: Recorded, policy: Policy, was: History, corrected: History) -> bool:
    door = policy.doors.get(decided.door)
    if door is None or len(decided.held) < len(door.grant):
        return decided.granted
    forbids = len(decided.held) - len(door.grant)
    if forbids:
        return decided.granted
    before, after = (
        evaluate(policy, Facts(history.at(decided.at_ms), decided.door, decided.at_ms, decided.live)).findings[
            -len(door.grant) :
        ]
        for history in (was, corrected)
    )
    return all(
        new.held if new.held != old.held else recorded
        for recorded, old, new in zip(decided.held, before, after, strict=True)
    )
