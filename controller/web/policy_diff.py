"""Two texts of a policy beside each other: what went, what came, and a few lines around."""

import difflib
from dataclasses import dataclass

AROUND = 3
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`sign` is "+" (came), "-" (went), "" (the same) or "…" (lines left out)."""

    sign: str
    text: str


def difference(old: str, new: str) -> tuple[DiffLine, ...]:
    """Empty where both are the same."""
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=AROUND)
    lines: list[DiffLine] = []
    for at, line in enumerate(found):
        if at < 2 or len(lines) > MOST_LINES:  # the names of two files that are none
            continue
        if line.startswith("@@"):
            lines.append(DiffLine("…", ""))
        else:
            lines.append(DiffLine(line[0].strip(), line[1:]))
    return tuple(lines)
