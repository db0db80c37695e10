"""Reading a list of clauses: that of a door's grant, and those that stand inside a clause."""

from dataclasses import replace

from ostiary.controller.policy import errors
from ostiary.controller.policy.clause import Clause, Sections
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.reading import Value, listed

MOST_NESTED = 3  # `any_of` in `all_of` in `any_of`; a rule that needs more than this is read rightly by nobody


def read_clauses(value: Value, sections: Sections) -> tuple[Clause, ...]:
    """The clauses of a list such as `[member: active, within: opening-hours]`: at least one, none of them twice. One
    that cannot be read is noted, and the others are read."""
    pairs = _pairs(value, sections)
    if not pairs:
        raise errors.EmptyGrant(value.at, "no clause", "at least one clause")
    clauses: list[Clause] = []
    for key, bound in pairs:
        clause = value.findings.attempt(lambda key=key, bound=bound: _clause(key, bound, sections), None)
        if clause is not None and clause in clauses:
            value.findings.refuse(
                errors.RepeatedClause(key.at, f"the same {clause.name} clause again", "each clause once")
            )
        elif clause is not None:
            clauses.append(clause)
    return tuple(clauses)


def read_parts(value: Value, sections: Sections) -> tuple[Clause, ...]:
    """The clauses inside a clause: at least two, and no deeper than three levels."""
    if sections.nested >= MOST_NESTED:
        expected = f"at most {MOST_NESTED} levels of clauses"
        raise errors.NestedTooDeep(value.at, "clauses within clauses within clauses within clauses", expected)
    parts = read_clauses(value, replace(sections, nested=sections.nested + 1))
    if len(_pairs(value, sections)) < 2:
        raise errors.LoneClause(value.at, "one clause", "at least two")
    return parts


def _pairs(value: Value, sections: Sections) -> list[tuple[Value, Value]]:
    """The clauses' names and what stands after them, in order."""
    expected = f"a clause: {listed(sections.types)}"
    return [pair for item in value.items("a list of clauses") for pair in item.pairs(expected)]


def _clause(key: Value, bound: Value, sections: Sections) -> Clause:
    word = key.text("a clause")
    if word not in sections.types:
        near = nearest_word(word, sections.types)
        raise errors.UnknownKey(key.at, key.found, listed(sections.types), near)
    return sections.types[word].read(bound, sections)
