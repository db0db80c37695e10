"""What can be entered in a ledger: each kind's points, the evidence it needs, and how long it counts."""

from dataclasses import dataclass

from ostiary.controller.policy import errors
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.score import ScoreRules
from ostiary.controller.policy.title import Title, Titles

MOST_POINTS = 1000
DAY_MS = 86_400_000
LONGEST_MS = 3650 * DAY_MS
NEVER = "never"


@dataclass(frozen=True, slots=True)
class EntryKind:
    """A kind of entry: `points` (never 0), the kinds of `evidence` of which it needs one, its life in ms (None: an
    award that stays)."""

    title: Title
    points: int
    evidence: tuple[str, ...]
    life_ms: int | None

    @property
    def name(self) -> str:
        return self.title.name

    def expires_ms(self, occurred_ms: int) -> int | None:
        """When an entry that occurred then stops counting; None: never."""
        return None if self.life_ms is None else occurred_ms + self.life_ms

    @classmethod
    def read(cls, name: str, key: Value, value: Value, rules: ScoreRules, titles: Titles) -> "EntryKind":
        """One item of the section `entries`, held against the limits of the section `limits`."""
        refuse_protected(key, name, "an entry kind")
        fields = value.fields(f'the entry kind "{name}"', ("points",), ("evidence", "expires"))
        points = fields["points"].integer("points", -MOST_POINTS, MOST_POINTS)
        if points == 0:
            raise errors.WrongNumber(fields["points"].at, '"0"', "points above or below zero")
        if "evidence" not in fields:
            raise errors.MissingEvidence(key.at, f'the entry kind "{name}" without evidence', '"evidence"')
        evidence = _evidence(fields["evidence"], name)
        life_ms = _life_ms(key, fields.get("expires"), name, points)
        if points < 0 and rules.largest_penalty == 0:
            raise errors.UncappedPenalty(key.at, f'the penalty "{name}" without limits', '"limits"')
        if points < -rules.largest_penalty:
            expected = f"at most the largest penalty, {rules.largest_penalty}"
            raise errors.UncappedPenalty(fields["points"].at, f"a penalty of {-points}", expected)
        return cls(titles.of(name), points, evidence, life_ms)

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        expires = NEVER if self.life_ms is None else f"{self.life_ms // DAY_MS}d"
        return {"points": self.points, "evidence": list(self.evidence), "expires": expires}


def _evidence(value: Value, name: str) -> tuple[str, ...]:
    items = value.items("evidence") if value.is_list else [value]
    words = [item.name_word("a kind of evidence") for item in items]
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
