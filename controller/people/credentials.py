"""What an owner signs in with: passkeys, a password with a second factor, and recovery codes.

An owner is an operator's or a person's id. The functions write within the caller's transaction; cryptography of
passkeys and passwords is the web's (`web/signin/`), and a second factor's secret is sealed by the keeper.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from ostiary.controller.people import secrets, shapes
from ostiary.controller.people.errors import LastCredential, NoSuchPasskey
from ostiary.controller.store import signin_tables as tables

MOST_PASSKEYS = 10
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Passkey:
    """`credential` and `public_key` as the authenticator gave them (W3C Web Authentication, COSE)."""

    id: int
    owner: str
    credential: bytes
    public_key: bytes
    sign_count: int
    label: str
    made_at_ms: int
    seen_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Password:
    """`step` is the last time step whose code was used."""

    owner: str
    argon2: str
    totp: bytes
    step: int
    made_at_ms: int


def add_passkey(conn: Connection, owner: str, credential: bytes, public_key: bytes, count: int, label: str, at_ms: int):
    """A new passkey of this owner, who may have `MOST_PASSKEYS`."""
    values = {"owner": owner, "credential": credential, "public_key": public_key, "sign_count": count}
    said = shapes.said("The passkey's name", label, 80)
    conn.execute(insert(tables.passkey).values(**values, label=said, made_at_ms=at_ms))


def passkeys(conn: Connection, owner: str) -> tuple[Passkey, ...]:
    rows = conn.execute(select(tables.passkey).where(tables.passkey.c.owner == owner).order_by(tables.passkey.c.id))
    return tuple(_passkey(row) for row in rows)


def passkey_with(conn: Connection, credential: bytes) -> Passkey | None:
    row = conn.execute(select(tables.passkey).where(tables.passkey.c.credential == credential)).first()
    return None if row is None else _passkey(row)


def used_passkey(conn: Connection, passkey: int, count: int, at_ms: int) -> None:
    used = update(tables.passkey).where(tables.passkey.c.id == passkey)
    conn.execute(used.values(sign_count=count, seen_at_ms=at_ms))


def remove_passkey(conn: Connection, owner: str, passkey: int) -> Passkey:
    """Raises `NoSuchPasskey`, also for somebody else's, and `LastCredential` where nothing else would be left."""
    held = passkeys(conn, owner)
    found = next((one for one in held if one.id == passkey), None)
    if found is None:
        raise NoSuchPasskey
    if len(held) == 1 and password_of(conn, owner) is None:
        raise LastCredential
    conn.execute(delete(tables.passkey).where(tables.passkey.c.id == passkey))
    return found


def set_password(conn: Connection, owner: str, argon2: str, totp: bytes, step: int, at_ms: int) -> None:
    """The owner's password and second factor from now on; `step` is that of the code by which it was tried out."""
    conn.execute(delete(tables.password).where(tables.password.c.owner == owner))
    values = {"owner": owner, "argon2": argon2, "totp": totp, "step": step, "made_at_ms": at_ms}
    conn.execute(insert(tables.password).values(**values))


def password_of(conn: Connection, owner: str) -> Password | None:
    row = conn.execute(select(tables.password).where(tables.password.c.owner == owner)).first()
    return None if row is None else Password(row.owner, row.argon2, row.totp, row.step, row.made_at_ms)


def rehashed(conn: Connection, owner: str, argon2: str) -> None:
    """The same password under the parameters of today."""
    conn.execute(update(tables.password).where(tables.password.c.owner == owner).values(argon2=argon2))


def use_step(conn: Connection, owner: str, step: int) -> bool:
    """Take a time step's code as used; False when it, or a later one, was used before."""
    table = tables.password
    later = (table.c.owner == owner) & (table.c.step < step)
    return conn.execute(update(table).where(later).values(step=step)).rowcount == 1


def remove_password(conn: Connection, owner: str) -> None:
    """Raises `LastCredential` where nothing else would be left."""
    if not passkeys(conn, owner):
        raise LastCredential
    conn.execute(delete(tables.password).where(tables.password.c.owner == owner))


def new_codes(conn: Connection, owner: str, random: Iterable[bytes], at_ms: int) -> tuple[str, ...]:
    """New recovery codes, to be shown once; those before are good no more."""
    conn.execute(delete(tables.recovery_code).where(tables.recovery_code.c.owner == owner))
    codes = tuple(secrets.code(piece) for piece in random)
    rows = [{"owner": owner, "sha256": secrets.code_known_by(code), "made_at_ms": at_ms} for code in codes]
    conn.execute(insert(tables.recovery_code), rows)
    return codes


def use_code(conn: Connection, typed: str, at_ms: int) -> str | None:
    """Whose recovery code this was; it is used from now on. None for any other."""
    table = tables.recovery_code
    unused = (table.c.sha256 == secrets.code_known_by(typed)) & table.c.used_at_ms.is_(None)
    row = conn.execute(select(table.c.id, table.c.owner).where(unused)).first()
    if row is None:
        return None
    conn.execute(update(table).where(table.c.id == row.id).values(used_at_ms=at_ms))
    return row.owner


def codes_left(conn: Connection, owner: str) -> int:
    table = tables.recovery_code
    unused = (table.c.owner == owner) & table.c.used_at_ms.is_(None)
    return conn.execute(select(func.count()).select_from(table).where(unused)).scalar_one()


def forget_all(conn: Connection, owner: str, at_ms: int) -> None:
    """Everything that this owner signs in with is gone, and every session of theirs ends."""
    for table in (tables.passkey, tables.password, tables.recovery_code):
        conn.execute(delete(table).where(table.c.owner == owner))
    table = tables.session
    live = (table.c.owner == owner) & table.c.ended_at_ms.is_(None)
    conn.execute(update(table).where(live).values(ended_at_ms=at_ms))


def _passkey(row: Row) -> Passkey:
    return Passkey(
        row.id, row.owner, row.credential, row.public_key, row.sign_count, row.label, row.made_at_ms, row.seen_at_ms
    )
