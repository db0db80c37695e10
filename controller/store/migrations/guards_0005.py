# ruff: noqa: S608 -- every part of every statement stands in this file
"""The triggers of the sixth revision: passes are written once, a PIN goes with its person.

SQLite's own words; another database needs the same rules in its own.
"""

from collections.abc import Iterator

_LEFT = "(SELECT left_at_ms FROM person WHERE id = OLD.person)"


def _refuse(name: str, when: str, condition: str, why: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} WHEN {condition} BEGIN "
        f"SELECT RAISE(ABORT, '{why.replace(chr(39), chr(39) * 2)}'); END"
    )


def _both() -> Iterator[str]:
    for table, taken in (
        ("visitor_pass", "id = NEW.id OR code = NEW.code"),
        ("pin", "id = NEW.id OR person = NEW.person"),
    ):
        yield _refuse(
            f"{table}_needs_person",
            f"BEFORE INSERT ON {table}",
            "NOT EXISTS (SELECT 1 FROM person WHERE id = NEW.person AND left_at_ms IS NULL)",
            f"{table}: no such person, or the person left",
        )
        yield _refuse(
            f"{table}_not_replaced",
            f"BEFORE INSERT ON {table}",
            f"EXISTS (SELECT 1 FROM {table} WHERE {taken})",
            f"UNIQUE constraint failed: {table} has this already",
        )
        changed = "NEW.revoked_at_ms" if table == "visitor_pass" else "NEW.at_ms"
        for verb, row, at_ms in (("INSERT", "NEW", "NEW.at_ms"), ("UPDATE", "NEW", changed), ("DELETE", "OLD", _LEFT)):
            yield (
                f"CREATE TRIGGER {table}_{verb.lower()}_told AFTER {verb} ON {table} BEGIN "
                f"INSERT INTO change (person, what, at_ms) VALUES ({row}.person, '{table}', {at_ms}); END"
            )


def guards() -> tuple[str, ...]:
    """The statements, in an order in which each can be run."""
    never = ("id", "person", "code", "doors", "from_ms", "until_ms", "single", "author", "at_ms")
    moved = [f"NEW.{column} IS NOT OLD.{column}" for column in never]
    moved += [
        f"(OLD.{column} IS NOT NULL AND NEW.{column} IS NOT OLD.{column})" for column in ("revoked_at_ms", "revoked_by")
    ]
    written = "what was written stays as it was written"
    return (
        *_both(),
        _refuse("visitor_pass_not_rewritten", "BEFORE UPDATE ON visitor_pass", " OR ".join(moved), f"pass: {written}"),
        _refuse(
            "visitor_pass_stays",
            "BEFORE DELETE ON visitor_pass",
            f"{_LEFT} IS NULL",
            "pass: a row is deleted only when its person left",
        ),
        _refuse("pin_not_rewritten", "BEFORE UPDATE ON pin", "1", f"pin: {written}; another one takes its place"),
    )
