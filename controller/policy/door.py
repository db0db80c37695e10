"""A door's rule: whether it takes a face and how, what opens it instead, its error budget, its pulse, its clauses."""

from collections.abc import Mapping
from dataclasses import dataclass

from ostiary.controller.policy import errors
from ostiary.controller.policy.clause import Clause, Sections
from ostiary.controller.policy.clause_list import read_clauses
from ostiary.controller.policy.reading import Value

FACE = ("off", "verify", "identify")
ALTERNATIVES = ("card", "pass", "card+pin", "pass+pin")
OFFLINE = ("pack", "deny")
DEFAULT_PULSE_MS = 5_000
MOST_FPIR = 0.1
LARGEST_GALLERY = 100_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How often a search may name the wrong person: false positive identification rate (ISO/IEC 19795-1), 0–0.1, in a
    gallery of at most so many persons' templates."""

    fpir: float
    gallery: int


@dataclass(frozen=True, slots=True)
class Door:
    """The rule of one door. `face` is "off", "verify" (1:1 against a claim) or "identify" (1:N, within `budget`);
    `alternatives` are the credentials that open without a face; `offline` is what a node does alone: "pack" or "deny";
    `pulse_ms` is 1,000–30,000."""

    name: str
    face: str
    alternatives: tuple[str, ...]
    grant: tuple[Clause, ...]
    necessity: str | None = None
    budget: Budget | None = None
    offline: str = "pack"
    pulse_ms: int = DEFAULT_PULSE_MS

    @classmethod
    def read(cls, name: str, key: Value, value: Value, sections: Sections) -> "Door":
        """One item of the section `doors`."""
        known = ("or", "necessity", "budget", "offline", "pulse")
        fields = value.fields(f'the door "{name}"', ("face", "grant"), known)
        face = fields["face"].word(FACE)
        door = cls(
            name,
            face,
            _alternatives(key, fields.get("or"), name, face),
            read_clauses(fields["grant"], sections),
            fields["necessity"].name_word("the id of a necessity note") if "necessity" in fields else None,
            _budget(fields["budget"]) if "budget" in fields else None,
            fields["offline"].word(OFFLINE) if "offline" in fields else "pack",
            fields["pulse"].duration_ms("pulse", ("s", "ms"), 1_000, 30_000) if "pulse" in fields else DEFAULT_PULSE_MS,
        )
        if face == "identify" and door.necessity is None:
            found = f'the door "{name}" with face: identify and no "necessity"'
            raise errors.IdentifyWithoutNecessity(fields["face"].at, found, '"necessity"')
        if face == "identify" and door.budget is None:
            found = f'the door "{name}" with face: identify and no "budget"'
            raise errors.IdentifyWithoutBudget(fields["face"].at, found, '"budget"')
        if face != "identify" and door.budget is not None:
            raise errors.BudgetWithoutIdentify(fields["budget"].at, f"a budget with face: {face}", "none")
        return door

    def as_document(self) -> Mapping[str, object]:
        """The canonical form, with every default written out."""
        budget = {"fpir": self.budget.fpir, "gallery": self.budget.gallery} if self.budget else None
        return {
            "face": self.face,
            "or": list(self.alternatives),
            "necessity": self.necessity,
            "budget": budget,
            "offline": self.offline,
            "pulse_ms": self.pulse_ms,
            "grant": [{clause.name: clause.as_document()} for clause in self.grant],
        }


def _alternatives(key: Value, value: Value | None, name: str, face: str) -> tuple[str, ...]:
    if value is None and face == "off":
        return ("card",)
    if value is None:
        raise errors.FaceWithoutAlternative(key.at, f'the door "{name}" with a face and no "or"', '"or"')
    words = tuple(dict.fromkeys(item.word(ALTERNATIVES, "a credential") for item in value.items("a list")))
    if not words:
        raise errors.FaceWithoutAlternative(value.at, "no credential", "at least one credential")
    return words


def _budget(value: Value) -> Budget:
    fields = value.fields("the budget", ("fpir", "gallery"))
    return Budget(
        fields["fpir"].number("the false positive identification rate", 0, MOST_FPIR),
        fields["gallery"].integer("the gallery's size", 1, LARGEST_GALLERY),
    )
