"""What the log is told of an import of entries: a record of their own for each person, many persons at a time."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ostiary.controller.people.importing import Row

MOST_PERSONS = 200
MOST_NAMED = 20  # entries that one record names; it says how many there are


def pieces(rows: Iterable[Row], file: str, name: str) -> Iterator[tuple[dict[str, Any], int]]:
    """The arguments of each act `ledger-import`, and how many entries it covers. `rows` are sorted by person."""
    persons = (_person(group) for _, group in itertools.groupby(rows, key=lambda row: row.report.person))
    while piece := list(itertools.islice(persons, MOST_PERSONS)):
        yield {"file": file[:200], "import": name, "persons": piece}, sum(one["count"] for one in piece)


def _person(rows: Iterable[Row]) -> dict[str, Any]:
    mine = list(rows)
    named = [
        {
            "kind": row.report.kind,
            "evidence": row.report.evidence.id,
            "sha256": row.report.evidence.sha256,
            "occurred_ms": row.report.occurred_ms,
        }
        for row in mine[:MOST_NAMED]
    ]
    return {"person": mine[0].report.person, "count": len(mine), "entries": named}
