"""Who answers for a sentence of the policy, and since when: a name and a day, as under a letter.

The name is that of a person or an office at the site. What binds it to the words is the signature over the whole
document with which it is published (`record/publication.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ostiary.controller.policy.reading import Value

# Not `on`: to readers of YAML 1.1 that word is a boolean.
KEYS = ("by", "signed")


@dataclass(frozen=True, slots=True)
class Signature:
    """Signed `by` whom (1–80 characters), on which day."""

    by: str
    on: date

    @classmethod
    def read(cls, fields: Mapping[str, Value]) -> "Signature":
        """From the keys `by` and `signed` of a mapping."""
        return cls(fields["by"].text("who signed it", 80), fields["signed"].day("when it was signed"))

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        return {"by": self.by, "signed": self.on.isoformat()}


@dataclass(frozen=True, slots=True)
class Relation:
    """`why` a kind of entry has to do with the score's context (1–300 characters), and who signed that."""

    why: str
    signature: Signature

    @classmethod
    def read(cls, value: Value) -> "Relation":
        """What stands after `about:`."""
        fields = value.fields("the relation to the context", ("why", *KEYS))
        return cls(fields["why"].text("why this has to do with the context", 300), Signature.read(fields))

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        return {"why": self.why, **self.signature.as_document()}


@dataclass(frozen=True, slots=True)
class Necessity:
    """The id of the `note` that says why a door must search among faces, and who signed it, if anybody has."""

    note: str
    signature: Signature | None

    @classmethod
    def read(cls, value: Value) -> "Necessity":
        """What stands after `necessity:`: the note's id alone, or with who signed it and when."""
        if not value.is_mapping:
            return cls(value.name_word("the id of a necessity note"), None)
        fields = value.fields("the necessity note", ("note", *KEYS))
        return cls(fields["note"].name_word("the id of a necessity note"), Signature.read(fields))

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        return {"note": self.note, "signature": self.signature.as_document() if self.signature else None}
