"""The hot state that decisions read: people's facts, cards and shielded templates, held in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ostiary.controller.people.following import Snapshot
from ostiary.controller.policy.facts import PersonFacts

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class HeldTemplate:
    """One template: a shielded unit vector (float32) and the sha256 of the model that made it."""

    person: str
    model: str
    vector: "np.ndarray"


class Gallery:
    """Everybody who is here, and their templates by row. `version` is the change feed's last number."""

    def __init__(
        self, known: Snapshot | None = None, templates: Mapping[str, tuple[HeldTemplate, ...]] | None = None
    ) -> None:
        self.known = known or Snapshot(0, {}, {})
        self.templates = tuple(held for mine in (templates or {}).values() for held in mine)
        self.by_person = dict(templates or {})
        self._rows: dict[tuple[str | None, str], list[int]] = {}
        for row, held in enumerate(self.templates):
            self._rows.setdefault((held.person, held.model), []).append(row)
            self._rows.setdefault((None, held.model), []).append(row)
        self._matrix: np.ndarray | None = None

    @property
    def version(self) -> int:
        return self.known.version

    def person_of_card(self, tag: str) -> str | None:
        return self.known.cards.get(tag)

    def facts(self, person: str, at_ms: int) -> PersonFacts | None:
        """What a decision at this time may know of a person; None for somebody who is not here."""
        followed = self.known.people.get(person)
        return None if followed is None else followed.facts_at(at_ms)

    def rows(self, model: str, person: str | None = None) -> list[int]:
        """The rows of a person's templates, or of everybody's; another model's templates are never compared."""
        return self._rows.get((person, model), [])

    def has_face(self, person: str) -> bool:
        return bool(self.by_person.get(person))

    @property
    def matrix(self) -> "np.ndarray":
        """All templates, float32 of shape (templates, dimensions); made when a probe first asks for it."""
        if self._matrix is None:
            import numpy as np

            self._matrix = np.stack([held.vector for held in self.templates]).astype(np.float32)
        return self._matrix
