"""Replay: a recorded decision judged again from its recorded facts, and held against the record byte by byte.

What happened before the policy was asked, such as the comparison of a face, is never run again: the record's word for
who it was is taken as it stands.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ostiary.controller.policy.canonical import canonical
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import Verdict, evaluate
from ostiary.controller.policy.explain import Explanation, explain
from ostiary.controller.policy.facts import Facts, Live, PersonFacts
from ostiary.controller.policy.sentences import sentence

PARTS = ("verdict", "reason", "sentence", "counterfactual", "clauses", "factors", "score")


class Outcome(StrEnum):
    """`SAME`: every byte of verdict and explanation came out again. `DIFFERS`: not. `ERASED`: the record cannot be read
    by anybody any more. `UNKNOWN`: what it rests on is not there any more, so nothing can be said."""

    SAME = "same"
    DIFFERS = "differs"
    ERASED = "erased"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of one replay. `recorded` and `replayed` are the parts by name that were compared; `differing` names
    those that are not the same. `why` says in words what was done and what was not."""

    outcome: Outcome
    why: str
    recorded: Mapping[str, Any] | None = None
    replayed: Mapping[str, Any] | None = None

    @property
    def differing(self) -> tuple[str, ...]:
        if self.recorded is None or self.replayed is None:
            return ()
        return tuple(part for part in PARTS if canonical(self.recorded[part]) != canonical(self.replayed[part]))

    def as_document(self) -> dict[str, Any]:
        """The replay in JSON types."""
        return {
            "outcome": self.outcome.value,
            "why": self.why,
            "differing": list(self.differing),
            "recorded": self.recorded,
            "replayed": self.replayed,
        }


def erased() -> Replay:
    """The replay of a decision whose key is gone."""
    return Replay(Outcome.ERASED, "The record was erased: its key is gone, and nobody can say again what it said.")


def replay(body: Mapping[str, Any], policy: Policy | None, known: Iterable[PersonFacts]) -> Replay:
    """Judge the decision of this record again. `policy` is the one whose sha256 the record names (None: it is not
    there). `known` are the person's facts as they stood; of several, such as with and without what was written in the
    last moments before the decision, the first that gives the record again is taken.
    """
    recorded = {part: body[part] for part in PARTS}
    if not body["clauses"] and body["decided"] == "offline" and body["verdict"] == "grant":
        return Replay(
            Outcome.UNKNOWN, "A node granted this alone, and what its pack was made of is not known any more.", recorded
        )
    if not body["clauses"]:
        again = {**recorded, "verdict": "deny", "sentence": sentence(body["reason"]), "counterfactual": None}
        why = "Decided before any clause was read, which is not run again; the words for its reason are."
        return _held_against(recorded, again, why)
    if policy is None or policy.sha256 != body["policy"]:
        return Replay(
            Outcome.UNKNOWN, "The policy that judged is not in the log any more, or cannot be read.", recorded
        )
    live = None if body["live"] is None else Live.from_document(body["live"])
    first: Replay | None = None
    for person in known:
        facts = Facts(person, body["door"], body["at_ms"], live)
        verdict = evaluate(policy, facts)
        said = parts_of(verdict, explain(policy, facts, verdict))
        found = _held_against(recorded, said, "Judged again from the facts as they stood; no face was compared again.")
        if found.outcome is Outcome.SAME:
            return found
        first = first or found
    return first or Replay(Outcome.UNKNOWN, "The person has left, and with them the facts about them.", recorded)


def parts_of(verdict: Verdict, why: Explanation) -> dict[str, Any]:
    """What a record keeps of a verdict and its explanation, in JSON types."""
    counted = verdict.score
    return {
        "verdict": "grant" if verdict.granted else "deny",
        "reason": verdict.reason,
        "sentence": why.sentence,
        "counterfactual": why.counterfactual,
        "clauses": list(why.clauses),
        "factors": list(why.factors),
        "score": {"value": counted.value, "head": counted.head} if counted else None,
    }


def _held_against(recorded: Mapping[str, Any], again: Mapping[str, Any], why: str) -> Replay:
    found = Replay(Outcome.SAME, why, recorded, again)
    return Replay(Outcome.DIFFERS, why, recorded, again) if found.differing else found
