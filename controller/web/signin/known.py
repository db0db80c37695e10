"""Who stands behind a cookie or a token: one look into people.db a request, so that whoever is put out is out at once.

It reads by SQLite itself and not through a pool: it is asked for every request, by the event loop, and takes some ten
microseconds; a writer never keeps it waiting (WAL).
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.requests import HTTPConnection

from ostiary.controller.people import secrets
from ostiary.controller.people.roles import deeds_of
from ostiary.controller.people.sessions import IDLE_MS, SEEN_EVERY_MS
from ostiary.controller.people.tokens import PREFIX

_BROWSER = """
SELECT session.id, session.owner, session.purpose, session.made_at_ms,
  session.seen_at_ms, session.until_ms,
  operator.name AS operator, operator.roles, person.name AS person
FROM session
  LEFT JOIN operator ON operator.id = session.owner AND operator.disabled_at_ms IS NULL
  LEFT JOIN person ON person.id = session.owner AND person.left_at_ms IS NULL
WHERE session.sha256 = ? AND session.ended_at_ms IS NULL
"""
_PROGRAM = """
SELECT api_token.id, api_token.scopes, api_token.until_ms, api_token.seen_at_ms, operator.id, operator.name,
  operator.roles
FROM api_token JOIN operator ON operator.id = api_token.owner AND operator.disabled_at_ms IS NULL
WHERE api_token.sha256 = ? AND api_token.revoked_at_ms IS NULL
"""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks, by a session or by a token. `purpose` is the session's; a token has none."""

    id: str
    name: str
    roles: frozenset[str]
    deeds: frozenset[str]
    session: int | None = None
    token: int | None = None
    purpose: str | None = None
    seen_late: bool = False
    since_ms: int = 0  # when the session began

    def may(self, deed: str) -> bool:
        return deed in self.deeds


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the house who signed in to see what is theirs."""

    id: str
    name: str
    session: int
    seen_late: bool = False


def visitor_known(request: HTTPConnection) -> Operator | Person | None:
    """Who asks, where that was found out earlier in this request."""
    return getattr(request.state, "visitor", None)


class Known:
    """One for the process, asked from the event loop's thread alone."""

    def __init__(self, people_db: Path) -> None:
        address = f"file:{quote(str(people_db.absolute()))}?mode=ro"
        self._db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)

    def by_session(self, token: str, at_ms: int) -> Operator | Person | None:
        """Who a session's cookie belongs to; None when it is over, idle, unknown, or its owner is gone."""
        row = self._db.execute(_BROWSER, (secrets.known_by(token),)).fetchone()
        if row is None:
            return None
        number, owner, purpose, made_ms, seen_ms, until_ms, operator, roles, person = row
        if at_ms >= until_ms or at_ms - seen_ms >= IDLE_MS:
            return None
        late = at_ms - seen_ms >= SEEN_EVERY_MS
        if operator is not None:
            held = frozenset(roles.split())
            deeds = frozenset(deeds_of(held))
            return Operator(
                owner, operator, held, deeds, session=number, purpose=purpose, seen_late=late, since_ms=made_ms
            )
        return None if person is None else Person(owner, person, number, late)

    def by_token(self, text: str, at_ms: int) -> Operator | None:
        """Whose token this is, and what of its scopes its owner may do today."""
        if not text.startswith(PREFIX):
            return None
        row = self._db.execute(_PROGRAM, (secrets.known_by(text),)).fetchone()
        if row is None or at_ms >= row[2]:
            return None
        number, scopes, _, seen_ms, owner, name, roles = row
        held = frozenset(roles.split())
        late = seen_ms is None or at_ms - seen_ms >= SEEN_EVERY_MS
        deeds = frozenset(deeds_of(held)) & frozenset(scopes.split())
        return Operator(owner, name, held, deeds, token=number, seen_late=late)

    def close(self) -> None:
        self._db.close()
