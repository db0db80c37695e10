# ruff: noqa: S608 -- every part of every statement stands in this file
"""The triggers of the third revision: an operator is never forgotten, and nothing signs in whoever is gone.

SQLite's own words; another database needs the same rules in its own.
"""

from collections.abc import Iterator

_OWNED = ("passkey", "password", "recovery_code", "session", "setup_link")
_WRITTEN_ONCE = {
    "passkey": ("owner", "credential", "public_key", "made_at_ms"),
    "recovery_code": ("owner", "sha256", "made_at_ms"),
    "session": ("owner", "sha256", "way", "made_at_ms", "until_ms"),
    "setup_link": ("owner", "sha256", "made_by", "made_at_ms", "until_ms"),
    "api_token": ("owner", "sha256", "label", "scopes", "made_at_ms", "until_ms"),
}
# What happens once and is never taken back.
_ONCE = {
    "recovery_code": "used_at_ms",
    "session": "ended_at_ms",
    "setup_link": "used_at_ms",
    "api_token": "revoked_at_ms",
}


def _refuse(name: str, when: str, condition: str, why: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} WHEN {condition} BEGIN "
        f"SELECT RAISE(ABORT, '{why.replace(chr(39), chr(39) * 2)}'); END"
    )


def _operators() -> Iterator[str]:
    yield _refuse("operator_stays", "BEFORE DELETE ON operator", "1", "operator: the row of an operator stays")
    moved = " OR ".join(f"NEW.{one} IS NOT OLD.{one}" for one in ("id", "name", "folded", "made_at_ms", "made_by"))
    yield _refuse("operator_not_renamed", "BEFORE UPDATE ON operator", moved, "operator: a name is given out once")
    yield _refuse(
        "operator_not_replaced",
        "BEFORE INSERT ON operator",
        "EXISTS (SELECT 1 FROM operator WHERE id = NEW.id OR folded = NEW.folded)",
        "UNIQUE constraint failed: operator has this already",
    )
    yield (
        "CREATE TRIGGER operator_disabled AFTER UPDATE OF disabled_at_ms ON operator "
        "WHEN NEW.disabled_at_ms IS NOT NULL BEGIN "
        "UPDATE session SET ended_at_ms = NEW.disabled_at_ms WHERE owner = NEW.id AND ended_at_ms IS NULL; "
        "UPDATE api_token SET revoked_at_ms = NEW.disabled_at_ms WHERE owner = NEW.id AND revoked_at_ms IS NULL; "
        "UPDATE setup_link SET used_at_ms = NEW.disabled_at_ms WHERE owner = NEW.id AND used_at_ms IS NULL; END"
    )


def _owners() -> Iterator[str]:
    here = (
        "EXISTS (SELECT 1 FROM operator WHERE id = NEW.owner AND disabled_at_ms IS NULL) "
        "OR EXISTS (SELECT 1 FROM person WHERE id = NEW.owner AND left_at_ms IS NULL)"
    )
    for table in _OWNED:
        yield _refuse(
            f"{table}_needs_owner",
            f"BEFORE INSERT ON {table}",
            f"NEW.owner IS NOT NULL AND NOT ({here})",
            f"{table}: no such operator or person, or they are gone",
        )
    forgotten = " ".join(f"DELETE FROM {table} WHERE owner = NEW.id;" for table in _OWNED)
    yield (
        "CREATE TRIGGER person_left_signs_in_no_more AFTER UPDATE OF left_at_ms ON person "
        f"WHEN NEW.left_at_ms IS NOT NULL BEGIN {forgotten} END"
    )


def _written() -> Iterator[str]:
    for table, columns in _WRITTEN_ONCE.items():
        moved = [f"NEW.{column} IS NOT OLD.{column}" for column in ("id", *columns)]
        if once := _ONCE.get(table):
            moved.append(f"(OLD.{once} IS NOT NULL AND NEW.{once} IS NOT OLD.{once})")
        yield _refuse(
            f"{table}_not_rewritten",
            f"BEFORE UPDATE ON {table}",
            " OR ".join(moved),
            f"{table}: what was written stays as it was written",
        )


def guards() -> tuple[str, ...]:
    """The statements, in an order in which each can be run."""
    return (*_operators(), *_owners(), *_written())
