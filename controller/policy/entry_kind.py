"""What can be entered in a ledger: each kind's points, its evidence, how long it counts, and why it belongs here."""

from dataclasses import dataclass

from ostiary.controller.policy import errors
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.score import ScoreRules
from ostiary.controller.policy.signature import Relation
from ostiary.controller.policy.title import Title, Titles
from ostiary.controller.policy.walks_of_life import refuse_foreign

MOST_POINTS = 1000
DAY_MS = 86_400_000
LONGEST_MS = 3650 * DAY_MS
NEVER = "never"
REQUIRED = ("points",)
OPTIONAL = ("evidence", "expires", "about", "context")


@dataclass(frozen=True, slots=True)
class EntryKind:
    """A kind of entry: `points` (never 0), the kinds of `evidence` of which it needs one, its life in ms (None: an
    award that stays), and why it has to do with the score's context (None: nobody has signed that)."""

    title: Title
    points: int
    evidence: tuple[str, ...]
    life_ms: int | None
    about: Relation | None = None

    @property
    def name(self) -> str:
        return self.title.name

    def expires_ms(self, occurred_ms: int) -> int | None:
        """When an entry that occurred then stops counting; None: never."""
        return None if self.life_ms is None else occurred_ms + self.life_ms

    @classmethod
    def read(cls, name: str, key: Value, value: Value, rules: ScoreRules, titles: Titles) -> "EntryKind":
        """One item of the section `entries`, held against the limits of the section `limits`.

        Raises a `PolicyError` where it cannot be read; what can be read and must not be is noted.
        """
        refuse = value.findings.refuse
        refuse_protected(key, name, "an entry kind")
        fields = value.fields(f'the entry kind "{name}"', REQUIRED, OPTIONAL)
        points = fields["points"].integer("points", -MOST_POINTS, MOST_POINTS)
        if points == 0:
            raise errors.WrongNumber(fields["points"].at, '"0"', "points above or below zero")
        if "evidence" in fields:
            evidence = value.findings.attempt(lambda: _evidence(fields["evidence"], name), ())
        else:
            evidence = ()
            refuse(errors.MissingEvidence(key.at, f'the entry kind "{name}" without evidence', '"evidence"'))
        life_ms = value.findings.attempt(lambda: _life_ms(key, fields.get("expires"), name, points), None)
        if points < 0 and rules.largest_penalty == 0:
            refuse(errors.UncappedPenalty(key.at, f'the penalty "{name}" without limits', '"limits"'))
        elif points < -rules.largest_penalty:
            expected = f"at most the largest penalty, {rules.largest_penalty}"
            refuse(errors.UncappedPenalty(fields["points"].at, f"a penalty of {-points}", expected))
        about = value.findings.attempt(lambda: Relation.read(fields["about"]), None) if "about" in fields else None
        if "context" in fields:
            _own_context(fields["context"], name, rules)
        else:
            refuse_foreign(key, name, rules.context)
        return cls(titles.of(name), points, evidence, life_ms, about)

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        return {
            "points": self.points,
            "evidence": list(self.evidence),
            "expires": NEVER if self.life_ms is None else f"{self.life_ms // DAY_MS}d",
            "about": self.about.as_document() if self.about else None,
        }


def _own_context(value: Value, name: str, rules: ScoreRules) -> None:
    """An entry kind may say where it comes from; it must be where the score comes from."""
    context = value.name_word("the context in which it occurs")
    if context != rules.context:
        found = f'the entry kind "{name}" from the context "{context}"'
        near = nearest_word(context, [rules.context])
        value.findings.refuse(errors.ForeignEntry(value.at, found, f'one from "{rules.context}"', near))


def _evidence(value: Value, name: str) -> tuple[str, ...]:
    items = value.items("evidence") if value.is_list else [value]
    words = [refuse_protected(item, item.name_word("a kind of evidence"), "the evidence") for item in items]
    if not words:
        raise errors.MissingEvidence(value.at, f'the entry kind "{name}" with no evidence', "at least one kind")
    return tuple(dict.fromkeys(words))


def _life_ms(key: Value, value: Value | None, name: str, points: int) -> int | None:
    if value is None:
        if points < 0:
            raise errors.EternalPenalty(key.at, f'the penalty "{name}" without an end', '"expires"')
        raise errors.MissingKey(
            key.at, f'the entry kind "{name}" without "expires"', '"expires", a duration or "never"'
        )
    if value.text("a duration") == NEVER:
        if points < 0:
            raise errors.EternalPenalty(value.at, f'"{NEVER}" for the penalty "{name}"', "a duration like 180d")
        return None
    return value.duration_ms("expires", ("d",), DAY_MS, LONGEST_MS)
