"""Which doors lead into the same place, and for how long somebody who went in counts as inside.

An exit needs no reader, and no rule of a policy is ever asked about it: leaving is free. So the log may know who went
in and never learn that they have left. Whoever is counted as inside is therefore forgiven after `forgiven_ms`, which is
never more than a day: a note about the past must not keep anybody out for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ostiary.controller.policy import errors
from ostiary.controller.policy.clause import Sections
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.reading import Value, listed
from ostiary.controller.policy.schema_parts import NAME, Schema, duration

SHORTEST_MS = 60_000
LONGEST_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Area:
    """A place: the sorted names of the doors that lead in (none: the door that is asked), and when an entry by one of
    them is forgiven, 1 minute to 24 hours after it."""

    doors: tuple[str, ...]
    forgiven_ms: int

    @classmethod
    def read(cls, fields: Mapping[str, Value], sections: Sections) -> "Area":
        """From the keys `forgiven` and, if it is there, `doors` of a clause."""
        forgiven_ms = fields["forgiven"].duration_ms("forgiven", ("m", "h"), SHORTEST_MS, LONGEST_MS)
        doors: set[str] = set()
        for item in fields["doors"].items("a list of doors") if "doors" in fields else []:
            word = item.name_word("the name of a door")
            if word not in sections.doors:
                near = nearest_word(word, sections.doors)
                raise errors.UnknownDoor(item.at, item.found, f"a door: {listed(sections.doors)}", near)
            doors.update(sections.doors[word])
        return cls(tuple(sorted(doors)), forgiven_ms)

    @classmethod
    def schema(cls) -> tuple[dict[str, Schema], dict[str, Schema]]:
        """The keys that a clause about a place needs, and those that it may have."""
        doors = {"type": "array", "items": {**NAME}, "description": "the doors or groups of doors that lead in"}
        return {"forgiven": duration(["m", "h"], "until an entry no longer counts, 1m to 24h")}, {"doors": doors}

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        return {"doors": list(self.doors), "forgiven_ms": self.forgiven_ms}

    def of(self, door: str) -> tuple[str, ...]:
        """The doors that lead in, for somebody who asks at `door`."""
        return self.doors or (door,)
