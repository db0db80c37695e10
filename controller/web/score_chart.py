"""A person's score as a line over time, from the ledger as it stands, on into the expiries that are known already."""

from ostiary.controller.people.past import History
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.score import ScoreRules, steps
from ostiary.controller.web.charts import Chart

DAY_MS = 86_400_000
AHEAD_MS = 400 * DAY_MS
MOST_STEPS = 500


def chart(told: History, policy: Policy, at_ms: int, marks: tuple[tuple[int, str], ...] = ()) -> Chart | None:
    """None where the policy has no score."""
    rules = policy.score
    if rules is None:
        return None
    first_ms = min([entry.occurred_ms for entry in told.entries if entry.context == rules.context], default=at_ms)
    from_ms = min(first_ms, at_ms) - DAY_MS
    found = [(step.at_ms, step.value) for step in steps(told.entries, rules, from_ms) if step.at_ms < at_ms + AHEAD_MS]
    if found[0][0] > from_ms:
        found.insert(0, (from_ms, rules.start))
    found = found[-MOST_STEPS:]
    last_ms = max(at_ms, found[-1][0]) + 7 * DAY_MS
    found.append((last_ms, found[-1][1]))
    asked = asked_at(policy)
    values = [value for _, value in found] + [least for least, _ in asked]
    return Chart(
        "step",
        tuple(time_ms / 1000 for time_ms, _ in found),
        (tuple(float(value) for _, value in found),),
        ("score",),
        levels=asked,
        marks=((at_ms / 1000, "now"), *((time_ms / 1000, said) for time_ms, said in marks)),
        lowest=_near(min(values) - 10, rules),
        highest=_near(max(values) + 10, rules),
    )


def asked_at(policy: Policy) -> tuple[tuple[float, str], ...]:
    """What doors ask of the score, with their names, the lowest first."""
    found: dict[int, list[str]] = {}
    for name, door in policy.doors.items():
        for least in _bounds([clause.as_document() for clause in door.grant if clause.name == "score"]):
            found.setdefault(least, []).append(name)
    return tuple((float(least), ", ".join(doors)) for least, doors in sorted(found.items()))


def _bounds(documents: list[object]) -> list[int]:
    return [int(said["at_least"]) for said in documents if isinstance(said, dict) and "at_least" in said]


def _near(value: float, rules: ScoreRules) -> float:
    return float(min(max(value, rules.lowest), rules.highest))
