"""The tables of people.db about what persons present beside cards: visitors' passes, and PINs.

Of a pass its id and its bounds are kept, not its text: the signature alone makes it, and the keeper can make it again.
Of a PIN nothing is kept but what the keeper sealed, which does not even say whether there is a second one for duress.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from ostiary.controller.store.people_tables import WHOLE, metadata

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NAMES = "abcdefghijklmnopqrstuvwxyz0123456789- "
LONGEST_MS = 31 * 86_400_000
"""A visitor's pass is for a visit: the longest time between its first moment and its last."""


def _number() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=True)


def _person() -> Column[str]:
    return Column("person", Text, ForeignKey("person.id"), nullable=False)


def _holds(name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(rule, name=name)


def _said(column: str) -> CheckConstraint:
    return _holds(f"{column}_said", f"length(trim({column})) > 0 AND length({column}) <= 100")


visitor_pass = Table(
    "visitor_pass",
    metadata,
    _number(),
    _person(),
    Column("code", Text, nullable=False, unique=True),
    Column("doors", Text, nullable=False),
    Column("from_ms", WHOLE, nullable=False),
    Column("until_ms", WHOLE, nullable=False),
    Column("single", WHOLE, nullable=False),
    Column("author", Text, nullable=False),
    Column("at_ms", WHOLE, nullable=False),
    Column("revoked_at_ms", WHOLE),
    Column("revoked_by", Text),
    _holds("code_shape", f"length(code) = 22 AND trim(code, '{BASE64URL}') = ''"),
    _holds("doors_named", f"length(doors) BETWEEN 1 AND 330 AND trim(doors, '{NAMES}') = ''"),
    _holds("until_ms_after", "until_ms > from_ms"),
    _holds("visit_short", f"until_ms - from_ms <= {LONGEST_MS}"),
    _holds("single_known", "single IN (0, 1)"),
    _said("author"),
    _holds("revoked_at_ms_after", "revoked_at_ms >= at_ms"),
    _holds("revoked_at_ms_whole", "(revoked_at_ms IS NULL) = (revoked_by IS NULL)"),
    _said("revoked_by"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
Index(None, visitor_pass.c.person)

pin = Table(
    "pin",
    metadata,
    _number(),
    Column("person", Text, ForeignKey("person.id"), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("author", Text, nullable=False),
    Column("at_ms", WHOLE, nullable=False),
    _holds("sealed_size", "length(sealed) BETWEEN 1 AND 256"),
    _said("author"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
