"""What a policy document can get wrong: one class per mistake, each saying where, what, why and what to do now."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which text: `line` and `column` count from 1, `name` is the file's name or what stands for it."""

    name: str
    line: int
    column: int


def nearest_word(word: str, valid: Iterable[str]) -> str | None:
    """The valid word that a person most likely meant, or None if none resembles `word`."""
    close = difflib.get_close_matches(word[:80], list(valid), n=1, cutoff=0.6)
    return close[0] if close else None


class PolicyError(ValueError):
    """A document that is no policy. `found` and `expected` are plain words, `nearest` the word that was meant or None.

    `str()` reads "file:line:column: found …, expected …. Did you mean …? What to do now."
    """

    cure = "Correct this place and load the policy again."

    def __init__(self, at: Place, found: str, expected: str, nearest: str | None = None) -> None:
        self.at = at
        self.name, self.line, self.column = at.name, at.line, at.column
        self.found, self.expected, self.nearest = found, expected, nearest
        meant = f' Did you mean "{nearest}"?' if nearest else ""
        super().__init__(f"{at.name}:{at.line}:{at.column}: found {found}, expected {expected}.{meant} {self.cure}")

    @property
    def code(self) -> str:
        """The mistake's name for programs, like "eternal-penalty"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @property
    def why(self) -> str:
        """The reason, in words: the sentence that stands under the mistake's class."""
        return " ".join((type(self).__doc__ or "").split())

    def as_document(self) -> dict[str, str | int | None]:
        """The finding in JSON types."""
        names = ("line", "column", "code", "found", "expected", "nearest", "why", "cure")
        return {name: getattr(self, name) for name in names}


class TooLarge(PolicyError):
    """The text is longer than a policy can be."""

    cure = "Remove what is not policy, or give the other doors a site of their own."


class NotYaml(PolicyError):
    """The text is not YAML at all."""

    cure = "Look at the quotes, brackets and indentation around this place."


class Empty(PolicyError):
    """The text holds nothing."""

    cure = "Start from the sample controller/samples/policy/workshop.yaml."


class ManyDocuments(PolicyError):
    """A second document begins, so it would be unclear which one rules."""

    cure = "Keep one document: remove the line of three dashes and all below it, or make it a file of its own."


class AliasRefused(PolicyError):
    """An anchor or alias: a page that refers to itself cannot be read line by line, and can grow without end."""

    cure = "Write the value out where it is used."


class TagRefused(PolicyError):
    """A YAML tag: types come from the place in the document, never from the text."""

    cure = "Remove the word that begins with an exclamation mark."


class TooDeep(PolicyError):
    """Nested deeper than any policy."""

    cure = "Remove the superfluous brackets, indentation or groups."


class DuplicateKey(PolicyError):
    """The same key twice: one of the two would be lost in silence."""

    cure = "Keep one of the two."


class UnknownKey(PolicyError):
    """A key that does not exist here."""

    cure = "Use one of the expected words, or remove the line."


class UnknownName(PolicyError):
    """Words for a name that the document does not have: no sentence would ever say them."""

    cure = "Correct the name, or remove the line."


class MissingKey(PolicyError):
    """A key that must be here."""

    cure = "Add it."


class WrongShape(PolicyError):
    """A mapping, list or single value in the place of another."""


class WrongWord(PolicyError):
    """A word that is not one of the possible ones, or not a word at all."""


class WrongNumber(PolicyError):
    """Not a number, not a finite one, or outside its bounds."""


class WrongTime(PolicyError):
    """Not a time of day, date, duration or time zone."""


class UnknownHours(PolicyError):
    """A clause names hours that nobody wrote down."""

    cure = "Write these hours under `hours`, or name some that are there."


class ContradictoryDay(PolicyError):
    """A date that is left out and added at once."""

    cure = "Keep it under `except` or under `also`, not both."


class UnknownGroup(PolicyError):
    """A group that nobody wrote down."""

    cure = "Write the group under `groups`, or name one that is there."


class CyclicGroup(PolicyError):
    """A group that belongs, over others, to itself: its words would have no beginning."""

    cure = "Remove one `group:` of the circle."


class UnusedGroup(PolicyError):
    """A group to which no door belongs: its words bind nobody, and whoever reads them would think that they do."""

    cure = "Name it at a door (`group: …`), or remove it."


class DoorForNobody(PolicyError):
    """A door that no person can ever open, whatever they do: a wall that is written as a door."""

    cure = "Lower what it asks for, or add the entry kind, hours or holding by which somebody can get in."


class IdleClause(PolicyError):
    """A clause that can never matter: with it or without it every decision is the same, and whoever reads it would
    think that it protects something."""

    cure = "Remove it, or ask for more."


class EmptyGrant(PolicyError):
    """A door without a clause: it would open for everybody whom it knows."""

    cure = "Give at least one clause, for instance `member: active`."


class RepeatedClause(PolicyError):
    """The same clause twice at one door: the second can never matter."""

    cure = "Keep one of the two."


class NestedTooDeep(PolicyError):
    """Clauses within clauses, deeper than a person can read."""

    cure = "Write the rule with fewer brackets: the clauses of `grant` must all hold already."


class LoneClause(PolicyError):
    """One clause alone where several are weighed against each other: the brackets can never matter."""

    cure = "Write the clause without `any_of` or `all_of` around it, or add another one."


class UnknownDoor(PolicyError):
    """A clause names a door that this policy has no rule for, so nobody would ever be seen there."""

    cure = "Name doors that stand under `doors`, or leave `doors` out: then the door itself is meant."


class UnknownTier(PolicyError):
    """A clause names a tier that nobody wrote down."""

    cure = "Write this tier under `tiers`, or name one that is there."


class TierNotRegained(PolicyError):
    """A tier above the start that no entry earns: whoever falls out of it is out for good."""

    cure = "Lower the tier, or add an entry kind that raises the score."


class RepeatedTier(PolicyError):
    """Two tiers that begin at the same score: one of them says nothing."""

    cure = "Keep one of the two, or let it begin elsewhere."


class FaceWithoutAlternative(PolicyError):
    """A door that takes a face and nothing else; a face is opt-in, so it is never the only way in."""

    cure = "Add another credential of equal strength, for instance `or: [card]`."


class UnequalAlternative(PolicyError):
    """A credential that asks more of a person than the door's other ways: whoever keeps their face to themselves would
    pay for it, or nobody would ever need it."""

    cure = (
        "Give credentials of equal strength: `or: [card, pass]` (one factor each), or, beside `face: verify` and at a "
        "door without a face, `or: [card+pin, pass+pin]` (two)."
    )


class AlternativeNotPresentable(PolicyError):
    """A door that takes a face, and besides it only what no reader of this site can take yet: the face would be the
    only way in."""

    cure = "Add `card` to its `or:`."


class IdentifyWithoutNecessity(PolicyError):
    """A door that searches among faces without a written reason why a claim would not do."""

    cure = "Name the note that says why (`necessity: note-1`), or use `face: verify`, which needs a claim first."


class IdentifyWithoutBudget(PolicyError):
    """A door that searches among faces without a bound on how often it may take one person for another."""

    cure = "State it, for instance `budget: {fpir: 0.001, gallery: 30}`, or use `face: verify`."


class GalleryBeyondBudget(PolicyError):
    """A search among more faces than the error budget allows with any threshold that was measured."""

    cure = "Search among fewer people, allow a larger `fpir`, or use `face: verify`, which needs no search."


class BudgetWithoutIdentify(PolicyError):
    """A budget at a door that never searches: it would bound nothing."""

    cure = "Remove `budget`, or use `face: identify`."


class ScoreWithoutSection(PolicyError):
    """Something needs a score, and the document does not say what the score is about."""

    cure = "Add the section, for instance `score: {context: workshop-safety, min: 350, max: 950, start: 600}`."


class ForeignContext(PolicyError):
    """A door reads a score of another context; a score is about one thing."""

    cure = "Remove the clause, or ask for something that belongs to this door's own context."


class ForeignEntry(PolicyError):
    """An entry kind from another walk of life than the score's context; what somebody does there is none of this
    door's business."""

    cure = (
        "Remove it. If the word means something else here, choose a name that says what was done here, such as the "
        "act, the training or the machine."
    )


class UnsignedRelation(PolicyError):
    """An entry kind of which nobody has signed why it has to do with the score's context; without that, anything could
    move the score."""

    cure = 'Let whoever answers for it sign: `about: {why: "…", by: "…", signed: 2026-03-01}`, or remove the kind.'


class UnsignedNecessity(PolicyError):
    """A door that searches among faces, and nobody has signed the note that says why a claim would not do."""

    cure = (
        'Let whoever answers for it sign: `necessity: {note: note-1, by: "…", signed: 2026-03-01}`; or take '
        "`face: verify`, which needs no search."
    )


class SignedLater(PolicyError):
    """A signature from the future: nobody can have given it yet."""

    cure = "Write the day on which it was signed."


class ScoreOutOfReach(PolicyError):
    """A door asks for a score outside the range that a score can have."""

    cure = "Ask for a number within the range, or widen the range under `score`."


class UncappedPenalty(PolicyError):
    """A penalty beyond every cap, or with no cap written down."""

    cure = "State `limits: {largest_penalty: …, penalties_in_30d: …}` and keep each penalty within it."


class EternalPenalty(PolicyError):
    """A penalty that never expires: a score that cannot be regained."""

    cure = "Give it an end, for instance `expires: 180d`."


class MissingEvidence(PolicyError):
    """An entry kind without evidence: whoever contests such an entry would have nothing to look at."""

    cure = "Name the document that proves it, for instance `evidence: incident-report`."


class ProtectedAttribute(PolicyError):
    """A name after who people are instead of what they did; no score, holding or context may be about that."""

    cure = (
        "Take it out of the policy. If the word means something else here, choose a name that cannot be misread, "
        "such as the act, the training or the machine that it stands for."
    )
