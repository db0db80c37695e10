"""The tables of people.db: what is kept about persons, and what the database itself refuses to keep.

The rules that a row cannot state about itself (append-only, no template without consent, the change feed) are
triggers; they stand in the migration that made them.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

# SQLite's STRICT tables know no BIGINT; elsewhere milliseconds need its 64 bits.
WHOLE = BigInteger().with_variant(Integer(), "sqlite")

LONGEST_SUSPENSION_MS = 72 * 3600 * 1000

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _number() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=True)


def _person() -> Column[str]:
    return Column("person", Text, ForeignKey("person.id"), nullable=False)


def _evidence() -> Column[str]:
    return Column("evidence", Text, ForeignKey("evidence.id"), nullable=False)


def _ms(name: str, *, known: bool) -> Column[int]:
    return Column(name, WHOLE, nullable=not known)


def _holds(name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(rule, name=name)


def _only(value: str, letters: str) -> str:
    """SQL for "`value` has no other letters"; SQLite and PostgreSQL share no pattern operator, but trim."""
    return f"trim({value}, '{letters}') = ''"


def _sha256(column: str) -> CheckConstraint:
    return _holds(f"{column}_shape", f"length({column}) = 64 AND {_only(column, '0123456789abcdef')}")


def _said(column: str, longest: int) -> CheckConstraint:
    return _holds(f"{column}_said", f"length(trim({column})) > 0 AND length({column}) <= {longest}")


def _word(column: str) -> CheckConstraint:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    return _holds(f"{column}_word", f"length({column}) BETWEEN 1 AND 64 AND {_only(column, letters)}")


def _both_or_none(one: str, *others: str) -> CheckConstraint:
    same = " AND ".join(f"({one} IS NULL) = ({other} IS NULL)" for other in others)
    return _holds(f"{one}_whole", same)


def _spans(first: str, last: str) -> CheckConstraint:
    return _holds(f"{last}_after", f"{last} > {first}")


def _table(name: str, *parts: SchemaItem, numbered: bool = True) -> Table:
    """A STRICT table; a numbered one never gives an id out twice."""
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_autoincrement=numbered)


# A person who left keeps an id and a date, so that the log's records still point at somebody, and no name.
person = _table(
    "person",
    Column("id", Text, primary_key=True),
    Column("name", Text),
    _ms("created_at_ms", known=True),
    _ms("left_at_ms", known=False),
    _holds(
        "id_shape",
        "length(id) = 18 AND substr(id, 1, 2) = 'p-' AND " + _only("substr(id, 3)", "abcdefghijklmnopqrstuvwxyz234567"),
    ),
    _said("name", 200),
    _holds("name_until_left", "(name IS NULL) = (left_at_ms IS NOT NULL)"),
    numbered=False,
)

evidence = _table(
    "evidence",
    Column("id", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    _said("id", 100),
    _sha256("sha256"),
    _word("kind"),
    _said("title", 200),
    numbered=False,
)

consent = _table(
    "consent",
    _number(),
    _person(),
    Column("kind", Text, nullable=False),
    Column("notice_version", Text, nullable=False),
    Column("notice_sha256", Text, nullable=False),
    Column("release", Text, nullable=False),
    _ms("given_at_ms", known=True),
    _ms("withdrawn_at_ms", known=False),
    _holds("kind_known", "kind = 'face'"),
    _said("notice_version", 40),
    _sha256("notice_sha256"),
    _said("release", 2000),
    _holds("withdrawn_at_ms_after", "withdrawn_at_ms >= given_at_ms"),
)
Index(None, consent.c.person)
Index(
    "ix_consent_one_live",
    consent.c.person,
    consent.c.kind,
    unique=True,
    sqlite_where=text("withdrawn_at_ms IS NULL"),
    postgresql_where=text("withdrawn_at_ms IS NULL"),
)

template = _table(
    "template",
    _number(),
    _person(),
    Column("model", Text, nullable=False),
    Column("runtime", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    _ms("at_ms", known=True),
    _sha256("model"),
    _said("runtime", 64),
    _holds("sealed_size", "length(sealed) BETWEEN 1 AND 4096"),
)
Index(None, template.c.person)

card = _table(
    "card",
    _number(),
    _person(),
    Column("tag", Text, nullable=False),
    Column("label", Text, nullable=False),
    _ms("at_ms", known=True),
    _ms("revoked_at_ms", known=False),
    Column("sealed", LargeBinary),
    _sha256("tag"),
    _said("label", 80),
    _holds("revoked_at_ms_after", "revoked_at_ms >= at_ms"),
)
Index(None, card.c.person)
# A revoked card that was handed back may be given out again; a live one has one holder.
Index(
    "ix_card_one_live",
    card.c.tag,
    unique=True,
    sqlite_where=text("revoked_at_ms IS NULL"),
    postgresql_where=text("revoked_at_ms IS NULL"),
)


def _span_of(name: str, what: str) -> Table:
    made = _table(
        name,
        _number(),
        _person(),
        Column(what, Text, nullable=False),
        _evidence(),
        Column("author", Text, nullable=False),
        _ms("recorded_at_ms", known=True),
        _ms("from_ms", known=True),
        _ms("until_ms", known=False),
        _ms("ended_at_ms", known=False),
        Column("ended_by", Text),
        _word(what),
        _said("author", 100),
        _spans("from_ms", "until_ms"),
        _both_or_none("ended_at_ms", "ended_by"),
    )
    Index(None, made.c.person)
    Index(None, made.c.evidence)
    return made


membership = _span_of("membership", "state")
holding = _span_of("holding", "name")

entry = _table(
    "entry",
    _number(),
    _person(),
    Column("context", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("points", WHOLE, nullable=False),
    _evidence(),
    Column("author", Text, nullable=False),
    _ms("occurred_at_ms", known=True),
    _ms("recorded_at_ms", known=True),
    _ms("expires_at_ms", known=False),
    _ms("contested_at_ms", known=False),
    _ms("upheld_at_ms", known=False),
    _ms("cancelled_at_ms", known=False),
    Column("cancelled_why", Text),
    _word("context"),
    _word("kind"),
    _holds("points_weigh", "points <> 0 AND points BETWEEN -1000000 AND 1000000"),
    _said("author", 100),
    _holds("recorded_at_ms_after", "recorded_at_ms >= occurred_at_ms"),
    _spans("occurred_at_ms", "expires_at_ms"),
    _holds("penalty_ends", "expires_at_ms IS NOT NULL OR points > 0"),
    _holds("contested_at_ms_after", "contested_at_ms >= recorded_at_ms"),
    _holds("upheld_contested", "upheld_at_ms IS NULL OR coalesce(upheld_at_ms >= contested_at_ms, FALSE)"),
    _holds("cancelled_at_ms_after", "cancelled_at_ms >= recorded_at_ms"),
    _said("cancelled_why", 500),
    _both_or_none("cancelled_at_ms", "cancelled_why"),
)
entry.append_constraint(UniqueConstraint("person", "context", "kind", "evidence", name="uq_entry_once"))
Index(None, entry.c.evidence)

# A suspension and a revocation are begun once and ended once, so that it can be told how a person stood at any time.
suspension = _table(
    "suspension",
    _number(),
    _person(),
    Column("author", Text, nullable=False),
    Column("why", Text, nullable=False),
    _ms("at_ms", known=True),
    _ms("until_ms", known=True),
    _ms("lifted_at_ms", known=False),
    Column("lifted_by", Text),
    _said("author", 100),
    _said("why", 500),
    _spans("at_ms", "until_ms"),
    _holds("suspension_short", f"until_ms - at_ms <= {LONGEST_SUSPENSION_MS}"),
    _holds("lifted_at_ms_after", "lifted_at_ms >= at_ms"),
    _both_or_none("lifted_at_ms", "lifted_by"),
    _said("lifted_by", 100),
)
Index(None, suspension.c.person)

revocation = _table(
    "revocation",
    _number(),
    _person(),
    Column("author", Text, nullable=False),
    Column("why", Text, nullable=False),
    _ms("at_ms", known=True),
    _ms("lifted_at_ms", known=False),
    Column("lifted_by", Text),
    _said("author", 100),
    _said("why", 500),
    _holds("lifted_at_ms_after", "lifted_at_ms >= at_ms"),
    _both_or_none("lifted_at_ms", "lifted_by"),
    _said("lifted_by", 100),
)
Index(None, revocation.c.person)
Index(
    "ix_revocation_one_live",
    revocation.c.person,
    unique=True,
    sqlite_where=text("lifted_at_ms IS NULL"),
    postgresql_where=text("lifted_at_ms IS NULL"),
)

# Who has more time at a door. Nobody writes down why, and no answer ever says it.
more_time = _table(
    "more_time",
    _number(),
    _person(),
    Column("author", Text, nullable=False),
    _ms("at_ms", known=True),
    _ms("ended_at_ms", known=False),
    Column("ended_by", Text),
    _said("author", 100),
    _holds("ended_at_ms_after", "ended_at_ms >= at_ms"),
    _both_or_none("ended_at_ms", "ended_by"),
    _said("ended_by", 100),
)
Index(None, more_time.c.person)
Index(
    "ix_more_time_one_live",
    more_time.c.person,
    unique=True,
    sqlite_where=text("ended_at_ms IS NULL"),
    postgresql_where=text("ended_at_ms IS NULL"),
)

CONTESTED = ("entry", "membership", "holding", "decision")
# A person's challenge of an entry, a membership, a holding, or a decision (its position in the log).
contest = _table(
    "contest",
    _number(),
    _person(),
    Column("entry", WHOLE, ForeignKey("entry.id")),
    Column("membership", WHOLE, ForeignKey("membership.id")),
    Column("holding", WHOLE, ForeignKey("holding.id")),
    Column("decision", WHOLE),
    Column("words", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    _ms("opened_at_ms", known=True),
    _ms("due_at_ms", known=True),
    Column("suspends", WHOLE, nullable=False),
    Column("reviewer", Text),
    _ms("assigned_at_ms", known=False),
    Column("outcome", Text),
    _ms("decided_at_ms", known=False),
    Column("reasons", Text),
    _holds(
        "about_one_thing",
        " + ".join(f"CASE WHEN {one} IS NULL THEN 0 ELSE 1 END" for one in CONTESTED) + " = 1",
    ),
    _said("words", 2000),
    _said("opened_by", 100),
    _spans("opened_at_ms", "due_at_ms"),
    _holds("suspends_an_entry", "suspends = 0 OR (suspends = 1 AND entry IS NOT NULL)"),
    _said("reviewer", 100),
    _both_or_none("assigned_at_ms", "reviewer"),
    _holds("assigned_at_ms_after", "assigned_at_ms >= opened_at_ms"),
    _holds("outcome_known", "outcome IN ('upheld', 'overturned', 'lapsed')"),
    _both_or_none("decided_at_ms", "outcome", "reasons"),
    _said("reasons", 2000),
    _holds("decided_by_a_reviewer", "outcome IS NULL OR outcome = 'lapsed' OR reviewer IS NOT NULL"),
    _holds("decided_at_ms_after", "decided_at_ms >= coalesce(assigned_at_ms, opened_at_ms)"),
    _holds("decided_in_time", "outcome IS NULL OR (outcome = 'lapsed') = (decided_at_ms >= due_at_ms)"),
)
Index(None, contest.c.person)
for _about in CONTESTED:
    Index(
        f"ix_contest_one_open_{_about}",
        # A record may concern two persons, and each may contest it.
        *([contest.c.person] if _about == "decision" else []),
        contest.c[_about],
        unique=True,
        sqlite_where=text("outcome IS NULL"),
        postgresql_where=text("outcome IS NULL"),
    )
Index(
    "ix_contest_one_suspension",
    contest.c.entry,
    unique=True,
    sqlite_where=text("suspends = 1"),
    postgresql_where=text("suspends = 1"),
)
Index(
    "ix_contest_open",
    contest.c.due_at_ms,
    sqlite_where=text("outcome IS NULL"),
    postgresql_where=text("outcome IS NULL"),
)

# One row for every write to a person's rows, appended by triggers in the same transaction; `at_ms` is the time
# that the written row gives, none where it gives none. Not a foreign key: the row outlives what it tells of.
change = _table(
    "change",
    Column("seq", WHOLE, primary_key=True, autoincrement=True),
    Column("person", Text, nullable=False),
    Column("what", Text, nullable=False),
    _ms("at_ms", known=False),
)
Index(None, change.c.person)
