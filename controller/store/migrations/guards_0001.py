# ruff: noqa: S608 -- every part of every statement stands in this file
"""The triggers of the first revision: rules that a row cannot state about itself, held against raw SQL too.

SQLite's own words; another database needs the same rules in its own.
"""

from collections.abc import Iterator

# Whose rows, the column that names the person, and the time a new or a changed row gives (NULL: it gives none).
_OF_A_PERSON = (
    ("person", "id", "NEW.created_at_ms", "NEW.left_at_ms"),
    ("consent", "person", "NEW.given_at_ms", "NEW.withdrawn_at_ms"),
    ("template", "person", "NEW.at_ms", "NEW.at_ms"),
    ("card", "person", "NEW.at_ms", "NEW.revoked_at_ms"),
    ("membership", "person", "NEW.recorded_at_ms", "NEW.ended_at_ms"),
    ("holding", "person", "NEW.recorded_at_ms", "NEW.ended_at_ms"),
    ("entry", "person", "NEW.recorded_at_ms", "coalesce(NEW.cancelled_at_ms, NEW.upheld_at_ms, NEW.contested_at_ms)"),
    ("standing", "person", "NEW.at_ms", "NEW.at_ms"),
)

_OWNED = ("consent", "template", "card", "membership", "holding", "entry", "standing")
_EVIDENCED = ("membership", "holding", "entry")
_KEPT_UNTIL_LEFT = ("consent", "card", "membership", "holding", "entry", "standing")

# Which columns may change at all, and then only once, from nothing to a value.
_WRITTEN_ONCE = {
    "consent": (("kind", "notice_version", "notice_sha256", "release", "given_at_ms"), ("withdrawn_at_ms",)),
    "template": (("model", "runtime", "sealed", "at_ms"), ()),
    "card": (("tag", "label", "at_ms"), ("revoked_at_ms",)),
    "membership": (
        ("state", "evidence", "author", "recorded_at_ms", "from_ms", "until_ms"),
        ("ended_at_ms", "ended_by"),
    ),
    "holding": (
        ("name", "evidence", "author", "recorded_at_ms", "from_ms", "until_ms"),
        ("ended_at_ms", "ended_by"),
    ),
    "entry": (
        (
            *("context", "kind", "points", "evidence", "author"),
            *("occurred_at_ms", "recorded_at_ms", "expires_at_ms"),
        ),
        ("contested_at_ms", "upheld_at_ms", "cancelled_at_ms", "cancelled_why"),
    ),
}

# What INSERT OR REPLACE would delete without asking a DELETE trigger.
_UNIQUE = {
    "person": "id = NEW.id",
    "evidence": "id = NEW.id",
    "consent": "id = NEW.id OR (person = NEW.person AND kind = NEW.kind AND withdrawn_at_ms IS NULL"
    " AND NEW.withdrawn_at_ms IS NULL)",
    "template": "id = NEW.id",
    "card": "id = NEW.id OR (tag = NEW.tag AND revoked_at_ms IS NULL AND NEW.revoked_at_ms IS NULL)",
    "membership": "id = NEW.id",
    "holding": "id = NEW.id",
    "entry": "id = NEW.id OR (person = NEW.person AND context = NEW.context AND kind = NEW.kind"
    " AND evidence = NEW.evidence)",
    "change": "seq = NEW.seq",
}


def _refuse(name: str, when: str, condition: str, why: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} WHEN {condition} BEGIN "
        f"SELECT RAISE(ABORT, '{why.replace(chr(39), chr(39) * 2)}'); END"
    )


def _left(row: str, column: str = "person") -> str:
    return f"(SELECT left_at_ms FROM person WHERE id = {row}.{column})"


def _owners() -> Iterator[str]:
    for table in _OWNED:
        here = "EXISTS (SELECT 1 FROM person WHERE id = NEW.person AND left_at_ms IS NULL)"
        yield _refuse(
            f"{table}_needs_person",
            f"BEFORE INSERT ON {table}",
            f"NOT {here}",
            f"{table}: no such person, or the person left",
        )
    for table in _EVIDENCED:
        known = "EXISTS (SELECT 1 FROM evidence WHERE id = NEW.evidence)"
        yield _refuse(
            f"{table}_needs_evidence",
            f"BEFORE INSERT ON {table}",
            f"NOT {known}",
            f"{table}: the evidence is not kept here",
        )
    for table in _KEPT_UNTIL_LEFT:
        yield _refuse(
            f"{table}_stays",
            f"BEFORE DELETE ON {table}",
            f"{_left('OLD')} IS NULL",
            f"{table}: a row is deleted only when its person left",
        )


def _once() -> Iterator[str]:
    for table, taken in _UNIQUE.items():
        yield _refuse(
            f"{table}_not_replaced",
            f"BEFORE INSERT ON {table}",
            f"EXISTS (SELECT 1 FROM {table} WHERE {taken})",
            f"UNIQUE constraint failed: {table} has this already",
        )
    for table, (never, once) in _WRITTEN_ONCE.items():
        moved = [f"NEW.{column} IS NOT OLD.{column}" for column in ("id", "person", *never)]
        moved += [f"(OLD.{column} IS NOT NULL AND NEW.{column} IS NOT OLD.{column})" for column in once]
        yield _refuse(
            f"{table}_not_rewritten",
            f"BEFORE UPDATE ON {table}",
            " OR ".join(moved),
            f"{table}: what was written stays as it was written",
        )


def _persons() -> Iterator[str]:
    yield _refuse(
        "person_not_rewritten",
        "BEFORE UPDATE ON person",
        "NEW.id IS NOT OLD.id OR NEW.created_at_ms IS NOT OLD.created_at_ms OR OLD.left_at_ms IS NOT NULL",
        "person: id, beginning and leaving stay as they were written",
    )
    yield _refuse("person_stays", "BEFORE DELETE ON person", "TRUE", "person: a person leaves, no row is deleted")
    yield _refuse(
        "standing_keeps_person",
        "BEFORE UPDATE ON standing",
        "NEW.person IS NOT OLD.person",
        "standing: it stays its person's",
    )
    yield _refuse("evidence_not_rewritten", "BEFORE UPDATE ON evidence", "TRUE", "evidence: what was kept stays")
    cited = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE evidence = OLD.id)" for table in _EVIDENCED)
    yield _refuse("evidence_stays", "BEFORE DELETE ON evidence", cited, "evidence: something still rests on it")


def _faces() -> Iterator[str]:
    live = "EXISTS (SELECT 1 FROM consent WHERE person = NEW.person AND kind = 'face' AND withdrawn_at_ms IS NULL)"
    yield _refuse(
        "template_needs_consent",
        "BEFORE INSERT ON template",
        f"NOT {live}",
        "template: the person has given no consent to face recognition",
    )
    for name, when in (("withdrawn", "UPDATE OF withdrawn_at_ms"), ("removed", "DELETE")):
        condition = "WHEN NEW.withdrawn_at_ms IS NOT NULL " if name == "withdrawn" else ""
        yield (
            f"CREATE TRIGGER consent_{name}_takes_templates AFTER {when} ON consent {condition}"
            "BEGIN DELETE FROM template WHERE person = OLD.person; END"
        )


def _feed() -> Iterator[str]:
    for table, owner, made, changed in _OF_A_PERSON:
        for verb, row, at_ms in (
            ("INSERT", "NEW", made),
            ("UPDATE", "NEW", changed),
            ("DELETE", "OLD", _left("OLD", owner)),
        ):
            yield (
                f"CREATE TRIGGER {table}_{verb.lower()}_told AFTER {verb} ON {table} BEGIN "
                f"INSERT INTO change (person, what, at_ms) VALUES ({row}.{owner}, '{table}', {at_ms}); END"
            )
    yield _refuse("change_not_rewritten", "BEFORE UPDATE ON change", "TRUE", "change: the feed is append-only")
    last = "(SELECT max(seq) FROM change WHERE person = OLD.person)"
    yield _refuse(
        "change_stays",
        "BEFORE DELETE ON change",
        f"{_left('OLD')} IS NULL OR OLD.seq = {last}",
        "change: the feed forgets only those who left, and never that they left",
    )


def guards() -> tuple[str, ...]:
    """The statements, in an order in which each can be run."""
    return (*_owners(), *_once(), *_persons(), *_faces(), *_feed())
