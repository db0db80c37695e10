"""All cases at once against one case at a time, and clauses inside clauses that can never matter."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.checks.cases import cases_of
from ostiary.controller.policy.document import load
from ostiary.controller.policy.formula import And, Formula, HasHolding, IsInside, Not, Or, Others, Reaches, ScoreOf
from ostiary.controller.policy.lint import lint

TODAY = date(2026, 11, 24)
AROUND = Around(TODAY, lambda fpir: 100, frozenset({"card"}))
POLICY = load(samples.policy_text("workshop"))
assert POLICY.score is not None
SCORE = ScoreOf(POLICY.score)
SHORT, LONG = IsInside(("a",), 60_000), IsInside(("a", "b"), 120_000)
FEW, MANY = Others(("a",), 60_000), Others(("a", "b"), 60_000)
LEAVES = st.sampled_from(
    [HasHolding("a"), HasHolding("b"), SHORT, LONG]
    + [Reaches(SCORE, bound) for bound in (350, 351, 600, 950)]
    + [Reaches(number, bound) for number in (FEW, MANY) for bound in (1, 3)]
)
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts)))
        | inner.map(Not)
    ),
    max_leaves=8,
)


def one_at_a_time() -> list[dict[str, int]]:
    """Every case that can be, by the plain words of formula.py."""
    numbers = (0, 1, 2, 3, 4)
    values = product((False, True), (False, True), (False, True), (False, True), (350, 351, 600, 950), numbers, numbers)
    keys = [atom.key for atom in (HasHolding("a"), HasHolding("b"), SHORT, LONG, SCORE, FEW, MANY)]
    worlds = [dict(zip(keys, found, strict=True)) for found in values]
    return [one for one in worlds if one[SHORT.key] <= one[LONG.key] and one[FEW.key] <= one[MANY.key]]


WORLDS = one_at_a_time()


def true(formula: Formula, world: dict[str, int]) -> bool:
    match formula:
        case And(parts):
            return all(true(part, world) for part in parts)
        case Or(parts):
            return any(true(part, world) for part in parts)
        case Not(part):
            return not true(part, world)
        case Reaches(number, bound):
            return world[number.key] >= bound
        case truth:
            return bool(world[truth.key])


@given(FORMULAS, FORMULAS)
def test_all_at_once_finds_what_one_at_a_time_finds(one: Formula, other: Formula) -> None:
    cases = cases_of(And((Or((one, Not(one))), Or((other, Not(other))))), POLICY, TODAY, {})
    assert cases is not None
    assert bool(cases.where(one)) == any(true(one, world) for world in WORLDS)
    assert (cases.where(one) == cases.all) == all(true(one, world) for world in WORLDS)
    assert (cases.where(one) == cases.where(other)) == all(true(one, world) == true(other, world) for world in WORLDS)


def test_a_rule_with_too_many_cases_is_left_to_the_solver() -> None:
    parts = tuple(HasHolding(f"h{number}") for number in range(17))
    assert cases_of(Or(parts), POLICY, TODAY, {}) is None
    assert cases_of(Or(parts[:16]), POLICY, TODAY, {}) is not None


PAGE = "policy: p\ndoors: {{a: {{face: off, grant: [{0}]}}}}\nhours:\n{1}"
HOURS = """  day: {days: mon-sun, from: "08:00", to: "18:00", zone: Europe/Berlin}
  noon: {days: mon-fri, from: "11:00", to: "13:00", zone: Europe/Berlin}
  far: {days: mon-fri, from: "16:15", to: "16:45", zone: Asia/Kathmandu}
"""


@pytest.mark.parametrize(
    ("grant", "idle"),
    [
        ("any_of: [member: active, all_of: [member: active, holds: a]]", ["all_of"]),
        ("member: active, any_of: [member: active, holds: a]", ["any_of"]),
        ("any_of: [all_of: [member: active, holds: a], all_of: [member: active, holds: b]]", []),
        ("within: day, within: noon", ["within: day"]),
        ("within: noon, within: far", ["within: noon"]),  # half an hour of Kathmandu, in winter and in summer
        ("not_inside: {forgiven: 4h}, not_inside: {forgiven: 2h}", ["not_inside: {forgiven: 2h"]),
        ("occupancy: {at_most: 5, forgiven: 4h}, occupancy: {at_most: 4, forgiven: 4h}", ["occupancy: {at_most: 5"]),
        ("any_of: [escorted: {by: a, within: 60s}, escorted: {by: a, within: 30s}]", ["escorted: {by: a, within: 30s"]),
        ("any_of: [holds: a, all_of: [holds: b, any_of: [holds: b, holds: c]]]", ["any_of: [holds: b"]),
    ],
)
def test_a_clause_that_changes_nothing_is_found_wherever_it_stands(grant: str, idle: list[str]) -> None:
    text = PAGE.format(grant, HOURS)
    found = lint(text, "p.yaml", AROUND).findings.sorted()
    assert [error.code for error in found] == ["idle-clause"] * len(idle)
    for error, at in zip(found, idle, strict=True):
        assert text.splitlines()[error.line - 1][error.column - 1 :].startswith(at), str(error)
