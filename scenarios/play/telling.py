"""What a player prints: a line for a person or an object for a program, for each scenario and for all of them."""

import json
from collections.abc import Sequence

from ostiary.scenarios.play.player import Played


def line(played: Played) -> str:
    """One scenario in words; where something was wrong, with what and what to do now."""
    if played.well:
        return f"{played.scenario:28} well   {played.steps} steps, {played.rises} strike edges, 0 unearned, 0 lost"
    wrong = [str(played.unmet)] if played.unmet else []
    return "\n".join([f"{played.scenario:28} NOT WELL", *(f"  {one}" for one in [*wrong, *played.findings])])


def summary(played: Sequence[Played], as_json: bool) -> str:
    """All of them together."""
    counts = {
        "scenarios": len(played),
        "well": sum(one.well for one in played),
        "steps": sum(one.steps for one in played),
        "strike_edges": sum(one.rises for one in played),
        "unearned": sum(one.unearned for one in played),
        "lost": sum(one.lost for one in played),
        "kinds": sorted(set[str]().union(*(one.kinds for one in played))),
    }
    if as_json:
        return json.dumps(counts)
    return (
        f"{counts['well']} of {counts['scenarios']} scenarios went well: {counts['steps']} steps, "
        f"{counts['strike_edges']} strike edges, {counts['unearned']} unearned, {counts['lost']} lost."
    )
