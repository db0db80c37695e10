"""A policy of ours as Cedar policies and entities, so that two engines can be asked the same questions.

The translation reads each door's rule as a formula and knows no clause type. Cedar gets what its users would give it:
who somebody is (memberships, holdings, standing, each with its times) as entities parsed once, and what only a program
can work out (the score at this moment, which hours are open) ready-made in the request's context.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import cedarpy

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Holding, Membership, PersonFacts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.formula import (
    And,
    Formula,
    HasHolding,
    IsMember,
    IsOpen,
    IsRevoked,
    IsSuspended,
    IsWithdrawn,
    Not,
    Or,
    Reaches,
    ScoreOf,
    Somebody,
    atoms,
)
from ostiary.controller.policy.score import FAR_MS, score


class NoCedar(Exception):
    """A rule that this translation has no words for: one that reads the live state."""


def policies(policy: Policy) -> cedarpy.PolicySet:
    """One permit for each door and one forbid for each of ours. Raises `NoCedar`."""
    written = [
        f'@id("{name}") permit(principal, action == Action::"enter", resource == Door::"{name}") '
        f"when {{ {_expression(And(tuple(clause.formula(name) for clause in door.grant)))} }};"
        for name, door in policy.doors.items()
    ]
    written += [
        f'@id("{forbid.name}") forbid(principal, action, resource) when {{ {_expression(Not(forbid.formula("")))} }};'
        for forbid in FORBIDS
        if not _live(forbid.formula(""))
    ]
    return cedarpy.PolicySet.from_str("\n".join(written))


def entities(people: Sequence[PersonFacts]) -> cedarpy.Entities:
    """Everybody, parsed once."""
    return cedarpy.Entities.from_json_str(json.dumps([_entity(person) for person in people]))


def requests(policy: Policy, asked: Iterable[tuple[PersonFacts, str, int]]) -> list[dict[str, Any]]:
    """Requests (who, which door, when in Unix ms) as Cedar takes them, each with its score and its open hours already
    worked out."""
    made: list[dict[str, Any]] = []
    for person, door, at_ms in asked:
        context: dict[str, Any] = {
            "now": at_ms,
            "open": [name for name, hours in policy.hours.items() if hours.open_until(at_ms) is not None],
        }
        if policy.score is not None:
            context["score"] = score(person.entries, policy.score, at_ms).value
        made.append(
            {
                "principal": f'Person::"{person.id}"',
                "action": 'Action::"enter"',
                "resource": f'Door::"{door}"',
                "context": context,
            }
        )
    return made


def _live(formula: Formula) -> bool:
    known = (Somebody, IsWithdrawn, IsRevoked, IsSuspended, IsMember, HasHolding, IsOpen, ScoreOf)
    return not all(isinstance(atom, known) for atom in atoms(formula))


def _expression(formula: Formula) -> str:
    match formula:
        case And(parts):
            return f"({' && '.join(map(_expression, parts))})" if parts else "true"
        case Or(parts):
            return f"({' || '.join(map(_expression, parts))})" if parts else "false"
        case Not(part):
            return f"!({_expression(part)})"
        case Reaches(ScoreOf(), bound):
            return f"context.score >= {bound}"
        case Somebody():
            return "principal is Person"
        case IsWithdrawn():
            return "principal.withdrawn"
        case IsRevoked():
            return "principal.revoked"
        case IsSuspended():
            return "context.now < principal.suspended_until"
        case IsMember(state):
            return _runs("member", state)
        case HasHolding(name):
            return _runs("holds", name)
        case IsOpen(hours):
            return f'context.open.contains("{hours.name}")'
        case other:
            raise NoCedar(f"{type(other).__name__} reads the live state, which this benchmark does not keep in Cedar.")


def _runs(section: str, name: str) -> str:
    span = f'principal.{section}["{name}"]'
    return f'(principal.{section} has "{name}" && {span}.from_ms <= context.now && context.now < {span}.until_ms)'


def _entity(person: PersonFacts) -> dict[str, Any]:
    return {
        "uid": {"type": "Person", "id": person.id},
        "attrs": {
            "member": _spans({one.state: one for one in person.member}, len(person.member)),
            "holds": _spans({one.name: one for one in person.holds}, len(person.holds)),
            "withdrawn": person.withdrawn,
            "revoked": person.revoked,
            "suspended_until": person.suspended_until_ms or 0,
        },
        "parents": [],
    }


def _spans(named: dict[str, Membership] | dict[str, Holding], count: int) -> dict[str, dict[str, int]]:
    """Cedar has no loop over records, so it can hold one span of each name; the invented people have no more."""
    if len(named) != count:
        raise NoCedar("Somebody has two spans of one name.")
    return {
        name: {"from_ms": span.from_ms, "until_ms": FAR_MS if span.until_ms is None else span.until_ms}
        for name, span in named.items()
    }
