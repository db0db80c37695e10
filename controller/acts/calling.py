"""Who asks for an act: an active operator with their roles, a known outside system, or the house itself."""

import asyncio
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from ostiary.controller.acts.house import House
from ostiary.controller.people import registry
from ostiary.controller.people.operators import acting, active_named
from ostiary.controller.people.roles import PERSON, RESERVED, house_may, may
from ostiary.controller.store.errors import StoreUnavailable

FOUNDING = "founding"
"""Who publishes a site's very first policy, before there is anybody else; never again."""
_SOURCE = "source "
_FOUNDING_MAY = frozenset({"see-now", "read-policy", "publish-policy"})
_SOURCE_MAY = frozenset({"ledger-entry"})


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` as it is recorded; `roles` of an operator, none of others; `more` are deeds that no role gives."""

    name: str
    roles: frozenset[str]
    more: frozenset[str]
    known: bool = True
    person: str | None = None  # a person who asks about themselves, signed in at the web

    def may(self, deed: str) -> bool:
        return may(self.roles, deed) or deed in self.more or house_may(self.name, deed)


async def calling(house: House, name: str) -> Caller:
    """Without a name it is the only operator there is. Raises `OperatorNeeded` where there are more, or none, and
    `StoreUnavailable` when people.db cannot be read: nobody may then be taken at their word."""
    nobody: frozenset[str] = frozenset()
    if name == FOUNDING and house.policy_version == 0:
        return Caller(name, nobody, _FOUNDING_MAY)
    if name in RESERVED:
        return Caller(name, nobody, nobody)
    if name.startswith(_SOURCE):
        known = house.keys.get("source/" + name.removeprefix(_SOURCE)) is not None
        return Caller(name, nobody, _SOURCE_MAY if known else nobody, known)

    def look() -> Caller:
        with house.people.begin() as conn:
            if name.startswith(PERSON):
                person = name.removeprefix(PERSON)
                return Caller(name, nobody, nobody, registry.is_here(conn, person), person)
            found = active_named(conn, name) if name else acting(conn, name)
        return Caller(name, nobody, nobody, known=False) if found is None else Caller(found.name, found.roles, nobody)

    try:
        return await asyncio.to_thread(look)
    except DBAPIError as error:
        raise StoreUnavailable(
            "The act was not done.",
            f"people.db could not be read, so nobody knows who may: {error.orig}.",
            "Check the disk that holds it, and try again.",
        ) from error
