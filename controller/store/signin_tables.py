"""The tables of people.db about signing in: operators, what they and persons prove themselves with, and sessions.

An *owner* is an operator (`o-…`) or a person (`p-…`): passkeys, recovery codes, sessions and links serve both. Nothing
in here signs anybody in by itself: secrets of high entropy stand as their SHA-256, passwords as argon2id, and the
second factor sealed under a key that the keeper holds.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, text
from sqlalchemy.schema import SchemaItem

from ostiary.controller.store.people_tables import WHOLE, metadata

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
NAMED = "abcdefghijklmnopqrstuvwxyz0123456789._@-"
_WORDS = "abcdefghijklmnopqrstuvwxyz- "


def _table(name: str, *parts: SchemaItem, numbered: bool = True) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_autoincrement=numbered)


def _number() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=True)


def _owner(*, known: bool = True) -> Column[str]:
    return Column("owner", Text, nullable=not known)


def _owned() -> CheckConstraint:
    return _holds(
        "owner_shape",
        f"length(owner) = 18 AND substr(owner, 1, 2) IN ('o-', 'p-') AND trim(substr(owner, 3), '{BASE32}') = ''",
    )


def _ms(name: str, *, known: bool = True) -> Column[int]:
    return Column(name, WHOLE, nullable=not known)


def _holds(name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(rule, name=name)


def _sha256() -> Column[bytes]:
    return Column("sha256", LargeBinary, nullable=False, unique=True)


def _said(column: str, longest: int) -> CheckConstraint:
    return _holds(f"{column}_said", f"length(trim({column})) > 0 AND length({column}) <= {longest}")


def _words(column: str, longest: int) -> CheckConstraint:
    return _holds(f"{column}_words", f"length({column}) BETWEEN 1 AND {longest} AND trim({column}, '{_WORDS}') = ''")


# A name is given out once: what an operator did stays theirs, also when they are gone.
operator = _table(
    "operator",
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    _ms("made_at_ms"),
    Column("made_by", Text, nullable=False),
    _ms("disabled_at_ms", known=False),
    _holds("id_shape", f"length(id) = 18 AND substr(id, 1, 2) = 'o-' AND trim(substr(id, 3), '{BASE32}') = ''"),
    _said("name", 64),
    _holds("folded_from_name", f"folded = lower(name) AND trim(folded, '{NAMED}') = ''"),
    _words("roles", 60),
    _said("made_by", 100),
    numbered=False,
)

passkey = _table(
    "passkey",
    _number(),
    _owner(),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", WHOLE, nullable=False),
    Column("label", Text, nullable=False),
    _ms("made_at_ms"),
    _ms("seen_at_ms", known=False),
    _owned(),
    _holds("credential_size", "length(credential) BETWEEN 1 AND 1023"),
    _holds("public_key_size", "length(public_key) BETWEEN 1 AND 2048"),
    _holds("sign_count_counts", "sign_count >= 0"),
    _said("label", 80),
)
Index(None, passkey.c.owner)

# `step` is the last 30-second step whose code was used, so that none is used twice (RFC 6238, 5.2).
password = _table(
    "password",
    Column("owner", Text, primary_key=True),
    Column("argon2", Text, nullable=False),
    Column("totp", LargeBinary, nullable=False),
    Column("step", WHOLE, nullable=False),
    _ms("made_at_ms"),
    _owned(),
    _said("argon2", 400),
    _holds("totp_size", "length(totp) BETWEEN 1 AND 200"),
    numbered=False,
)

recovery_code = _table(
    "recovery_code",
    _number(),
    _owner(),
    _sha256(),
    _ms("made_at_ms"),
    _ms("used_at_ms", known=False),
    _owned(),
    _holds("sha256_size", "length(sha256) = 32"),
)
Index(None, recovery_code.c.owner)

session = _table(
    "session",
    _number(),
    _owner(),
    _sha256(),
    Column("way", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("purpose", Text),
    _ms("made_at_ms"),
    _ms("seen_at_ms"),
    _ms("until_ms"),
    _ms("ended_at_ms", known=False),
    _owned(),
    _holds("sha256_size", "length(sha256) = 32"),
    _words("way", 20),
    _holds("agent_short", "length(agent) <= 80"),
    _holds("address_short", "length(address) <= 64"),
    _said("purpose", 200),
    _holds("until_ms_after", "until_ms > made_at_ms"),
)
Index("ix_session_live", session.c.owner, sqlite_where=text("ended_at_ms IS NULL"))

# Without an owner it makes the first operator, who chooses the name.
setup_link = _table(
    "setup_link",
    _number(),
    _owner(known=False),
    _sha256(),
    Column("made_by", Text, nullable=False),
    _ms("made_at_ms"),
    _ms("until_ms"),
    _ms("used_at_ms", known=False),
    _owned(),
    _holds("sha256_size", "length(sha256) = 32"),
    _said("made_by", 100),
    _holds("until_ms_after", "until_ms > made_at_ms"),
)
Index(None, setup_link.c.owner)

api_token = _table(
    "api_token",
    _number(),
    Column("owner", Text, ForeignKey("operator.id"), nullable=False),
    _sha256(),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    _ms("made_at_ms"),
    _ms("until_ms"),
    _ms("revoked_at_ms", known=False),
    _ms("seen_at_ms", known=False),
    _holds("sha256_size", "length(sha256) = 32"),
    _said("label", 80),
    _words("scopes", 1000),
    _holds("until_ms_after", "until_ms > made_at_ms"),
)
Index(None, api_token.c.owner)

# How often somebody was wrong, by the SHA-256 of what they tried to be; it outlives a restart, as guessing would.
failure = _table(
    "failure",
    Column("about", LargeBinary, primary_key=True),
    Column("times", WHOLE, nullable=False),
    _ms("last_at_ms"),
    _holds("about_size", "length(about) = 32"),
    _holds("times_counts", "times > 0"),
    numbered=False,
)

# What a write through the JSON API answered, so that the same request sent again does nothing again.
answered = _table(
    "answered",
    Column("about", LargeBinary, primary_key=True),
    Column("asked", LargeBinary, nullable=False),
    Column("status", WHOLE, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("media", Text, nullable=False),
    _ms("at_ms"),
    _holds("about_size", "length(about) = 32"),
    _holds("asked_size", "length(asked) = 32"),
    _holds("status_known", "status BETWEEN 0 AND 599"),
    _said("media", 100),
    numbered=False,
)
Index(None, answered.c.at_ms)
