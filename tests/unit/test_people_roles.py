"""Who may do what: every cell of the table is written out here a second time, and what it does not name is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.people import roles
from ostiary.controller.people.roles import DEEDS, ROLES, deeds_of, house_may, may, who_may

# One column a role, in the order of ROLES: admin, enroller, reviewer, auditor, installer.
TABLE = """
see-now            a e r u i
read-policy        a e r u i
own-account        a e r u i
release            a e . . .
lockdown           a . . . .
acknowledge-alarm  a e . . i
face-off           a . . . i
door-settings      a . . . i
claim-node         a . . . i
command-node       a . . . i
try-door           a e . . i
list-people        a e r u .
open-person        a e r u .
enrol              a e . . .
withdraw-face      a e . . .
ledger-entry       a e . . .
note-left          a e . . .
import             a . . . .
ask-erase          a e . . .
erase              a . r . .
open-contest       a e r . .
assign-contest     a . r . .
review-contest     . . r . .
suspend            a . r . .
preview-policy     a . r . .
publish-policy     a . . . .
approve-policy     a . r . .
read-shadow        a . r u .
read-rights        a . r u .
read-log           a . r u .
see-numbers        a . r u i
open-decision      a . r u .
see-similarity     . . r . .
give-receipt       a . r u .
export             a . . u .
rotate-key         a . . . .
backup             a . . . .
manage-operators   a . . . .
manage-sources     a . . . .
read-sources       a . . u .
read-metrics       a . . u i
"""
CASES = [
    (deed, role, mark != ".")
    for deed, *marks in (line.split() for line in TABLE.strip().splitlines())
    for role, mark in zip(ROLES, marks, strict=True)
]


@pytest.mark.parametrize(("deed", "role", "allowed"), CASES)
def test_every_cell(deed: str, role: str, allowed: bool) -> None:
    assert may({role}, deed) is allowed
    assert (role in who_may(deed)) is allowed
    assert (deed in deeds_of({role})) is allowed


def test_the_table_names_every_deed() -> None:
    assert tuple(dict.fromkeys(deed for deed, _, _ in CASES)) == DEEDS


@given(st.sets(st.sampled_from(ROLES)), st.sampled_from(DEEDS))
def test_roles_together_may_what_one_of_them_may(held: set[str], deed: str) -> None:
    assert may(held, deed) == any(may({role}, deed) for role in held)


@given(st.text(), st.text())
def test_what_nobody_wrote_down_nobody_may(role: str, deed: str) -> None:
    if deed not in DEEDS:
        assert not may(ROLES, deed)
    if role not in ROLES:
        assert deeds_of({role}) == ()


def test_the_house_itself_may_little() -> None:
    assert [deed for deed in (*DEEDS, roles.SERVE) if house_may(roles.WEB, deed)] == ["see-now", "read-policy", "serve"]
    assert [deed for deed in (*DEEDS, roles.SERVE) if house_may(roles.CONSOLE, deed)] == [
        "see-now",
        "read-policy",
        "manage-operators",
    ]
    every = (*DEEDS, roles.SERVE, roles.TELL_MAIL)
    assert [deed for deed in every if house_may(roles.MAIL, deed)] == [roles.TELL_MAIL]
    assert not any(house_may(name, roles.TELL_MAIL) for name in (roles.WEB, roles.CONSOLE, "anna"))
    assert not any(house_may("anna", deed) for deed in DEEDS)


def test_no_role_serves() -> None:
    assert not may(ROLES, roles.SERVE)
