"""No wider: a new policy lets nobody in whom the old one would not have let in, by no other means, at no other time."""

from collections.abc import Iterator
from datetime import date

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.door import FACE, Door
from ostiary.controller.policy.evaluate import as_formula
from ostiary.controller.policy.formula import And, Not
from ostiary.controller.policy.prove.claims import TIMEOUT_MS, never
from ostiary.controller.policy.prove.proof import Outcome, Proof


def prove_no_wider(old: Policy, new: Policy, today: date, timeout_ms: int = TIMEOUT_MS) -> Iterator[Proof]:
    """For each door of the new policy, whether it is nowhere wider than it was: by whom it lets in and when, and by the
    credentials that it takes. Raises `SolverMissing`."""
    for name, door in new.doors.items():
        before = old.doors.get(name)
        if before is None:
            yield Proof(f"{name} lets nobody in whom it did not let in before.", Outcome.REFUTED, why="It is new.")
            continue
        against = And((as_formula(new, name), Not(as_formula(old, name))))
        yield never(new, f"{name} lets nobody in whom it did not let in before.", against, name, today, timeout_ms)
        wider = _wider_means(before, door)
        statement = f"{name} takes nothing that it did not take before."
        yield Proof(statement, Outcome.REFUTED if wider else Outcome.PROVED, why=wider)


def _wider_means(old: Door, new: Door) -> str | None:
    """What the door takes now and did not take: a credential, or less of one; a search instead of a comparison."""
    taken = [set(one.split("+")) for one in old.alternatives]
    more = [one for one in new.alternatives if not any(before <= set(one.split("+")) for before in taken)]
    if more:
        return f"It takes {', '.join(more)} now."
    if FACE.index(new.face) > FACE.index(old.face):
        return f"It takes a face now (face: {new.face} instead of {old.face})."
    if new.offline == "pack" and old.offline != "pack":
        return "It decides alone now, when the controller cannot be reached."
    if new.offline == "pack" and new.pack_age_ms > old.pack_age_ms:
        return "It decides alone for longer now, when the controller cannot be reached."
    return None
