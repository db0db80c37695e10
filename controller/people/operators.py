"""Who the operators of a site are: added by one another, known by a name that is given out once, and never deleted.

The functions write within the caller's transaction. What they write is an act, so it is committed only once the keeper
has recorded it (`acts/operators.py`).
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import (
    LastAdmin,
    Malformed,
    NoSuchOperator,
    OperatorAlreadyHere,
    OperatorNeeded,
)
from ostiary.controller.people.roles import RESERVED, ROLES
from ostiary.controller.store import signin_tables as tables

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is what rows and records say; `disabled_at_ms` is None for one who may act."""

    id: str
    name: str
    roles: frozenset[str]
    made_at_ms: int
    made_by: str
    disabled_at_ms: int | None

    @property
    def active(self) -> bool:
        return self.disabled_at_ms is None


def new_id(random: bytes) -> str:
    """An operator's id from 10 random bytes: "o-" and 16 letters of base32."""
    if len(random) != 10:
        raise Malformed("The randomness for an id", f"of {len(random)} bytes", "10 bytes")
    return "o-" + base64.b32encode(random).decode().lower()


def checked_name(name: str) -> str:
    """The name as it will be kept. Raises `Malformed`, also for a name that the house keeps for itself."""
    trimmed = name.strip()
    if not _NAME.fullmatch(trimmed) or trimmed.lower() in RESERVED:
        expected = "one word of 1 to 64 of A–Z, a–z, 0–9 and . _ @ -, and none of " + ", ".join(sorted(RESERVED))
        raise Malformed("The operator's name", name, expected)
    return trimmed


def checked_roles(roles: Iterable[str]) -> frozenset[str]:
    """Raises `Malformed` for none and for an unknown one."""
    held = frozenset(roles)
    if not held or not held <= set(ROLES):
        raise Malformed("The roles", ", ".join(sorted(held)) or "none", f"one or more of {', '.join(ROLES)}")
    return held


def add(conn: Connection, operator: str, name: str, roles: Iterable[str], made_by: str, at_ms: int) -> Operator:
    """A new operator under an id from `new_id`. Raises `Malformed` and `OperatorAlreadyHere`."""
    wanted, held = checked_name(name), checked_roles(roles)
    if _row(conn, wanted) is not None:
        raise OperatorAlreadyHere(wanted)
    made = Operator(operator, wanted, held, shapes.moment("The time", at_ms), made_by, None)
    values = {"id": operator, "name": wanted, "folded": wanted.lower(), "roles": _written(held)}
    conn.execute(insert(tables.operator).values(**values, made_at_ms=at_ms, made_by=made_by))
    return made


def set_roles(conn: Connection, name: str, roles: Iterable[str]) -> Operator:
    """Raises `NoSuchOperator`, `Malformed`, and `LastAdmin` where nobody could manage operators any more."""
    known, held = operator_named(conn, name), checked_roles(roles)
    if "admin" not in held:
        _keep_an_admin(conn, known)
    conn.execute(update(tables.operator).where(tables.operator.c.id == known.id).values(roles=_written(held)))
    return operator_named(conn, name)


def disable(conn: Connection, name: str, at_ms: int) -> Operator:
    """The operator may do nothing from now on: sessions end, tokens and links are dead (triggers of the database).

    Raises `NoSuchOperator` and `LastAdmin`.
    """
    known = operator_named(conn, name)
    if known.active:
        _keep_an_admin(conn, known)
        _stand(conn, known, at_ms)
    return operator_named(conn, name)


def enable(conn: Connection, name: str) -> Operator:
    """The operator may act again, and signs in as before. Raises `NoSuchOperator`."""
    known = operator_named(conn, name)
    _stand(conn, known, None)
    return operator_named(conn, name)


def operators(conn: Connection) -> tuple[Operator, ...]:
    """All who ever were, by name."""
    return tuple(_read(row) for row in conn.execute(select(tables.operator).order_by(tables.operator.c.folded)))


def operator_named(conn: Connection, name: str) -> Operator:
    """Raises `NoSuchOperator`."""
    row = _row(conn, name)
    if row is None:
        raise NoSuchOperator(name)
    return _read(row)


def operator_of(conn: Connection, operator: str) -> Operator:
    """The operator with this id. Raises `NoSuchOperator`."""
    row = conn.execute(select(tables.operator).where(tables.operator.c.id == operator)).first()
    if row is None:
        raise NoSuchOperator(operator)
    return _read(row)


def active_named(conn: Connection, name: str) -> Operator | None:
    """The operator of this name who may act, or None."""
    row = _row(conn, name)
    found = None if row is None else _read(row)
    return found if found is not None and found.active else None


def acting(conn: Connection, name: str) -> Operator:
    """Who acts: the one named, or with an empty name the only active one. Raises `NoSuchOperator`, `OperatorNeeded`."""
    if name:
        found = active_named(conn, name)
        if found is None:
            raise NoSuchOperator(name)
        return found
    active = [one for one in operators(conn) if one.active]
    if len(active) != 1:
        raise OperatorNeeded([one.name for one in active])
    return active[0]


def has_admin(conn: Connection) -> bool:
    """Whether somebody active may manage operators."""
    return any(one.active and "admin" in one.roles for one in operators(conn))


def _keep_an_admin(conn: Connection, but: Operator) -> None:
    if "admin" not in but.roles or not but.active:
        return
    if not any(one.active and "admin" in one.roles and one.id != but.id for one in operators(conn)):
        raise LastAdmin(but.name)


def _stand(conn: Connection, known: Operator, disabled_at_ms: int | None) -> None:
    stands = update(tables.operator).where(tables.operator.c.id == known.id)
    conn.execute(stands.values(disabled_at_ms=disabled_at_ms))


def _row(conn: Connection, name: str):
    if not _NAME.fullmatch(name.strip()):
        return None
    return conn.execute(select(tables.operator).where(tables.operator.c.folded == func.lower(name.strip()))).first()


def _written(roles: frozenset[str]) -> str:
    return " ".join(role for role in ROLES if role in roles)


def _read(row: Row) -> Operator:
    held = frozenset(row.roles.split())
    return Operator(row.id, row.name, held, row.made_at_ms, row.made_by, row.disabled_at_ms)
