"""Who may do what: one table from deeds to roles, asked by every page of the web and by every act of the keeper.

A *deed* is a word for something that an operator may or may not do. A page, a route of the JSON API and an act each
name theirs; a token names those that it is for. What stands in no line of the table, nobody may do.
"""

from collections.abc import Iterable

ROLES = ("admin", "enroller", "reviewer", "auditor", "installer")

_A, _E, _R, _U, _I = ROLES

ALLOWED: dict[str, frozenset[str]] = {
    deed: frozenset(roles)
    for deed, *roles in (
        # What everybody sees who is signed in: doors, live decisions without names, the policy, one's own account.
        ("see-now", _A, _E, _R, _U, _I),
        ("read-policy", _A, _E, _R, _U, _I),
        ("own-account", _A, _E, _R, _U, _I),
        # Doors and nodes.
        ("release", _A, _E),
        ("lockdown", _A),
        ("acknowledge-alarm", _A, _E, _I),
        ("face-off", _A, _I),
        ("door-settings", _A, _I),
        ("claim-node", _A, _I),
        ("command-node", _A, _I),
        ("try-door", _A, _E, _I),
        # Persons.
        ("list-people", _A, _E, _R, _U),
        ("open-person", _A, _E, _R, _U),
        ("enrol", _A, _E),
        ("withdraw-face", _A, _E),
        ("ledger-entry", _A, _E),
        ("note-left", _A, _E),
        ("import", _A),
        ("ask-erase", _A, _E),
        ("erase", _A, _R),
        # Contests. Who decides one is a reviewer and nobody else.
        ("open-contest", _A, _E, _R),
        ("assign-contest", _A, _R),
        ("review-contest", _R),
        ("suspend", _A, _R),
        # The policy.
        ("preview-policy", _A, _R),
        ("publish-policy", _A),
        ("approve-policy", _A, _R),
        ("read-shadow", _A, _R, _U),
        ("read-rights", _A, _R, _U),
        # The log. How alike two templates were is for reviewers alone.
        ("read-log", _A, _R, _U),
        ("see-numbers", _A, _R, _U, _I),
        ("open-decision", _A, _R, _U),
        ("see-similarity", _R),
        ("give-receipt", _A, _R, _U),
        ("export", _A, _U),
        ("rotate-key", _A),
        ("backup", _A),
        # The site.
        ("manage-operators", _A),
        ("manage-sources", _A),
        ("read-sources", _A, _U),
        ("read-metrics", _A, _U, _I),
    )
}
"""Each deed, and the roles that may do it."""

DEEDS = tuple(ALLOWED)

# Not operators, and no operator may take these names. `web` is the web process itself, where no operator asks;
# `console` is whoever works on the site's own machine as the site's own user, who could read its keys as well.
WEB, CONSOLE = "web", "console"
MAIL = "mail"
"""The process that sends mail: it may say whether that works, and nothing else."""
PERSON = "person "
"""Before a person's id: under this name the web asks the keeper for somebody who signed in to see what is theirs."""
SERVE = "serve"
"""What the web needs of the keeper to be a web: seal and check a second factor, verify a report, announce changes."""
TELL_MAIL = "tell-mail"
_OF_THE_HOUSE: dict[str, frozenset[str]] = {
    WEB: frozenset({SERVE, "see-now", "read-policy"}),
    MAIL: frozenset({TELL_MAIL}),
    CONSOLE: frozenset({"see-now", "read-policy", "manage-operators"}),
}
RESERVED = frozenset({*_OF_THE_HOUSE, "founding", "deadline"})


def may(roles: Iterable[str], deed: str) -> bool:
    """Whether somebody with these roles may do this deed; an unknown role adds nothing, an unknown deed is refused."""
    return not ALLOWED.get(deed, frozenset()).isdisjoint(roles)


def house_may(name: str, deed: str) -> bool:
    """Whether this one of the house itself, `WEB`, `MAIL` or `CONSOLE`, may do this deed."""
    return deed in _OF_THE_HOUSE.get(name, frozenset())


def deeds_of(roles: Iterable[str]) -> tuple[str, ...]:
    """All that somebody with these roles may do, in the table's order."""
    held = frozenset(roles)
    return tuple(deed for deed in DEEDS if may(held, deed))


def who_may(deed: str) -> tuple[str, ...]:
    """The roles that may do a deed, in the order of `ROLES`; none for an unknown one."""
    return tuple(role for role in ROLES if role in ALLOWED.get(deed, frozenset()))
