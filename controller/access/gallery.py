"""The hot state that decisions read: people's facts, cards and shielded templates, held in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ostiary.controller.people.following import HeldPass, Snapshot
from ostiary.controller.policy.facts import PersonFacts

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class HeldTemplate:
    """One template: a shielded unit vector (float32) and the sha256 of the model that made it."""

    person: str
    model: str
    vector: "np.ndarray"


class ModelGallery:
    """The templates of one model; those of another are never compared with its probes."""

    def __init__(self, templates: Sequence[HeldTemplate]) -> None:
        self.persons = [held.person for held in templates]
        self._templates = tuple(templates)
        self._rows: dict[str, list[int]] = {}
        for row, person in enumerate(self.persons):
            self._rows.setdefault(person, []).append(row)
        self._matrix: np.ndarray | None = None

    def rows(self, person: str) -> list[int]:
        """The rows of one person's templates."""
        return self._rows.get(person, [])

    def similarities(self, probes: "np.ndarray") -> "np.ndarray":
        """Cosines of shielded probes, float32 of shape (probes, dimensions), with every template: one row a probe."""
        import numpy as np

        if not self._templates:
            return np.zeros((len(probes), 0), np.float32)
        if self._matrix is None:
            self._matrix = np.stack([held.vector for held in self._templates]).astype(np.float32)
        return probes @ self._matrix.T


class Gallery:
    """Everybody who is here, and their templates by model. `version` is the change feed's last number."""

    def __init__(
        self, known: Snapshot | None = None, templates: Mapping[str, tuple[HeldTemplate, ...]] | None = None
    ) -> None:
        self.known = known or Snapshot(0, {}, {})
        self.by_person = dict(templates or {})
        self.size = sum(len(mine) for mine in self.by_person.values())
        by_model: dict[str, list[HeldTemplate]] = {}
        for mine in self.by_person.values():
            for held in mine:
                by_model.setdefault(held.model, []).append(held)
        self._by_model = {model: ModelGallery(held) for model, held in by_model.items()}

    @property
    def version(self) -> int:
        return self.known.version

    def of(self, model: str) -> ModelGallery:
        """The templates that this model made; none is a gallery too."""
        return self._by_model.get(model) or ModelGallery(())

    def person_of_card(self, tag: str) -> str | None:
        return self.known.cards.get(tag)

    def held_pass(self, code: str) -> tuple[str, HeldPass] | None:
        """Whose pass has this id, and what it is; revoked ones among them."""
        person = self.known.passes.get(code)
        if person is None:
            return None
        return person, next(held for held in self.known.people[person].passes if held.code == code)

    def pin_of(self, person: str) -> bytes | None:
        """The person's PIN as the keeper sealed it; None without one."""
        followed = self.known.people.get(person)
        return None if followed is None else followed.pin

    def facts(self, person: str) -> PersonFacts | None:
        """What a decision may know of a person; None for somebody who is not here."""
        followed = self.known.people.get(person)
        return None if followed is None else followed.facts

    def has_more_time(self, person: str | None) -> bool:
        """Whether doors stay open longer for this person; for nobody they do not."""
        followed = self.known.people.get(person) if person else None
        return followed is not None and followed.more_time

    def has_face(self, person: str) -> bool:
        return bool(self.by_person.get(person))
