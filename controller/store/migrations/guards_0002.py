# ruff: noqa: S608 -- every part of every statement stands in this file
"""The triggers of the second revision: standing and contests are written once, and no author reviews their own entry.

SQLite's own words; another database needs the same rules in its own.
"""

from collections.abc import Iterator

# The table, the time that a new row gives, and the time that a changed one gives.
_OF_A_PERSON = (
    ("suspension", "NEW.at_ms", "NEW.lifted_at_ms"),
    ("revocation", "NEW.at_ms", "NEW.lifted_at_ms"),
    ("more_time", "NEW.at_ms", "NEW.ended_at_ms"),
    ("contest", "NEW.opened_at_ms", "coalesce(NEW.decided_at_ms, NEW.assigned_at_ms)"),
)

# Which columns never change, and which change once, from nothing to a value.
_WRITTEN_ONCE = {
    "suspension": (("author", "why", "at_ms", "until_ms"), ("lifted_at_ms", "lifted_by")),
    "revocation": (("author", "why", "at_ms"), ("lifted_at_ms", "lifted_by")),
    "more_time": (("author", "at_ms"), ("ended_at_ms", "ended_by")),
    "contest": (
        (
            *("entry", "membership", "holding", "decision"),
            *("words", "opened_by", "opened_at_ms", "due_at_ms", "suspends"),
        ),
        ("outcome", "decided_at_ms", "reasons"),
    ),
}

# What INSERT OR REPLACE would delete without asking a DELETE trigger.
_UNIQUE = {
    "suspension": "id = NEW.id",
    "revocation": "id = NEW.id OR (person = NEW.person AND lifted_at_ms IS NULL AND NEW.lifted_at_ms IS NULL)",
    "more_time": "id = NEW.id OR (person = NEW.person AND ended_at_ms IS NULL AND NEW.ended_at_ms IS NULL)",
    "contest": "id = NEW.id OR (suspends = 1 AND NEW.suspends = 1 AND entry = NEW.entry) OR (outcome IS NULL"
    " AND NEW.outcome IS NULL AND (entry = NEW.entry OR membership = NEW.membership OR holding = NEW.holding"
    " OR (person = NEW.person AND decision = NEW.decision)))",
}


def _refuse(name: str, when: str, condition: str, why: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} WHEN {condition} BEGIN "
        f"SELECT RAISE(ABORT, '{why.replace(chr(39), chr(39) * 2)}'); END"
    )


def _kept() -> Iterator[str]:
    for table, made, changed in _OF_A_PERSON:
        here = "EXISTS (SELECT 1 FROM person WHERE id = NEW.person AND left_at_ms IS NULL)"
        yield _refuse(
            f"{table}_needs_person",
            f"BEFORE INSERT ON {table}",
            f"NOT {here}",
            f"{table}: no such person, or the person left",
        )
        left = "(SELECT left_at_ms FROM person WHERE id = OLD.person)"
        yield _refuse(
            f"{table}_stays",
            f"BEFORE DELETE ON {table}",
            f"{left} IS NULL",
            f"{table}: a row is deleted only when its person left",
        )
        yield _refuse(
            f"{table}_not_replaced",
            f"BEFORE INSERT ON {table}",
            f"EXISTS (SELECT 1 FROM {table} WHERE {_UNIQUE[table]})",
            f"UNIQUE constraint failed: {table} has this already",
        )
        never, once = _WRITTEN_ONCE[table]
        moved = [f"NEW.{column} IS NOT OLD.{column}" for column in ("id", "person", *never)]
        moved += [f"(OLD.{column} IS NOT NULL AND NEW.{column} IS NOT OLD.{column})" for column in once]
        yield _refuse(
            f"{table}_not_rewritten",
            f"BEFORE UPDATE ON {table}",
            " OR ".join(moved),
            f"{table}: what was written stays as it was written",
        )
        for verb, row, at_ms in (("INSERT", "NEW", made), ("UPDATE", "NEW", changed), ("DELETE", "OLD", left)):
            yield (
                f"CREATE TRIGGER {table}_{verb.lower()}_told AFTER {verb} ON {table} BEGIN "
                f"INSERT INTO change (person, what, at_ms) VALUES ({row}.person, '{table}', {at_ms}); END"
            )


def _contests() -> Iterator[str]:
    for table in ("entry", "membership", "holding"):
        yield _refuse(
            f"contest_of_own_{table}",
            "BEFORE INSERT ON contest",
            f"NEW.{table} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {table} WHERE id = NEW.{table} AND person = NEW.person)",
            f"contest: this {table} is not the person's",
        )
    yield _refuse(
        "contest_of_what_counts",
        "BEFORE INSERT ON contest",
        "EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry AND cancelled_at_ms IS NOT NULL)",
        "contest: the entry was cancelled",
    )
    yield _refuse(
        "contest_begins_open",
        "BEFORE INSERT ON contest",
        "NEW.reviewer IS NOT NULL OR NEW.outcome IS NOT NULL",
        "contest: it begins open, with nobody assigned",
    )
    yield _refuse(
        "contest_stays_decided",
        "BEFORE UPDATE ON contest",
        "OLD.outcome IS NOT NULL",
        "contest: what was decided stays decided",
    )
    authors = " UNION ALL ".join(
        f"SELECT author AS who FROM {table} WHERE id = NEW.{table}" for table in ("entry", "membership", "holding")
    )
    ended = " UNION ALL ".join(
        f"SELECT ended_by FROM {table} WHERE id = NEW.{table}" for table in ("membership", "holding")
    )
    yield _refuse(
        "contest_reviewed_by_another",
        "BEFORE UPDATE ON contest",
        f"EXISTS (SELECT 1 FROM ({authors} UNION ALL {ended}) WHERE lower(trim(who)) = lower(trim(NEW.reviewer)))",
        "contest: nobody reviews what they wrote themselves",
    )


def guards() -> tuple[str, ...]:
    """The statements, in an order in which each can be run."""
    return (*_kept(), *_contests())
