"""Says what lint and compare found as views: findings beside their lines, and persons by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from ostiary.controller.web.views import Change, FindingLine, Impact, NumberedLine

AROUND = 2
MOST_FINDINGS = 100
MOST_CHANGES = 200
KINDS = {"loses": "would be kept out", "gains": "would be let in", "other-reason": "denied for another reason"}


def beside_lines(text: str, refused: Sequence[Mapping[str, Any]]) -> tuple[NumberedLine, ...]:
    """The lines on which something is refused, with those around them; `gap` marks the first after lines left out."""
    lines = text.split("\n")
    found: dict[int, list[FindingLine]] = {}
    for one in refused[:MOST_FINDINGS]:
        meant = f' Did you mean "{one["nearest"]}"?' if one["nearest"] else ""
        said = f"Column {one['column']}: found {one['found']}, expected {one['expected']}.{meant}"
        found.setdefault(min(one["line"], len(lines)), []).append(FindingLine(said, one["why"], one["cure"]))
    shown = sorted({near for at in found for near in range(at - AROUND, at + AROUND + 1) if 1 <= near <= len(lines)})
    return tuple(
        NumberedLine(at, lines[at - 1], tuple(found.get(at, ())), gap=at - 1 not in shown and at > 1) for at in shown
    )


def impact(found: Mapping[str, Any], name_of: Mapping[str, str]) -> Impact:
    """The reply of the act compare as a view."""
    differences = found["differences"]
    changes = tuple(
        Change(
            KINDS[one["kind"]],
            one["kind"],
            name_of.get(one["person"], f"{one['person']} (has left)") if one["person"] else "nobody known",
            f"/people/{one['person']}" if one["person"] in name_of else "",
            one["door"],
            f"{one['before']} → {one['after']}".replace("-", " "),
            one["requests"],
            one["last_ms"],
        )
        for one in differences[:MOST_CHANGES]
    )
    not_shown = len(differences) - len(changes) + found["not_named"]
    return Impact(
        found["days"],
        found["requests"],
        found["unchanged"],
        found["loses"],
        found["gains"],
        changes,
        not_shown,
        found["erased"],
        found["unknown_live"],
    )
