"""Reading a list of clauses: that of a door's grant, and those that stand inside a clause."""

from dataclasses import replace

from ostiary.controller.policy import errors
from ostiary.controller.policy.clause import Clause, Sections
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.reading import Value, listed

MOST_NESTED = 3  # `any_of` in `all_of` in `any_of`; a rule that needs more than this is read rightly by nobody


def read_clauses(value: Value, sections: Sections) -> tuple[Clause, ...]:
    """The clauses of a list such as `[member: active, within: opening-hours]`: at least one, none of them twice."""
    clauses: list[Clause] = []
    for item in value.items("a list of clauses"):
        for key, bound in item.pairs(f"a clause: {listed(sections.types)}"):
            word = key.text("a clause")
            if word not in sections.types:
                near = nearest_word(word, sections.types)
                raise errors.UnknownKey(key.at, key.found, listed(sections.types), near)
            clause = sections.types[word].read(bound, sections)
            if clause in clauses:
                raise errors.RepeatedClause(key.at, f"the same {word} clause again", "each clause once")
            clauses.append(clause)
    if not clauses:
        raise errors.EmptyGrant(value.at, "no clause", "at least one clause")
    return tuple(clauses)


def read_parts(value: Value, sections: Sections) -> tuple[Clause, ...]:
    """The clauses inside a clause: at least two, and no deeper than three levels."""
    if sections.nested >= MOST_NESTED:
        expected = f"at most {MOST_NESTED} levels of clauses"
        raise errors.NestedTooDeep(value.at, "clauses within clauses within clauses within clauses", expected)
    parts = read_clauses(value, replace(sections, nested=sections.nested + 1))
    if len(parts) < 2:
        raise errors.LoneClause(value.at, "one clause", "at least two")
    return parts
