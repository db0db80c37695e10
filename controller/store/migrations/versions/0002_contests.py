"""The second revision: how a person stands becomes append-only; contests, and more time at a door."""

import sqlalchemy as sa
from alembic import op

from ostiary.controller.store.migrations.guards_0002 import guards

revision = "0002"
down_revision = "0001"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What stood in the one row a person had; an earlier suspension was overwritten and cannot be told any more.
SUSPENDED = (
    "INSERT INTO suspension (person, author, why, at_ms, until_ms) "
    "SELECT person, suspended_by, suspended_why, suspended_at_ms, suspended_until_ms FROM standing "
    "WHERE suspended_at_ms IS NOT NULL"
)
REVOKED = (
    "INSERT INTO revocation (person, author, why, at_ms) "
    "SELECT person, revoked_by, revoked_why, revoked_at_ms FROM standing WHERE revoked_at_ms IS NOT NULL"
)


def upgrade() -> None:
    op.create_table(
        "more_time",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.Column("ended_at_ms", WHOLE, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at_ms IS NULL) = (ended_by IS NULL)", name=op.f("ck_more_time_ended_at_ms_whole")),
        sa.CheckConstraint("ended_at_ms >= at_ms", name=op.f("ck_more_time_ended_at_ms_after")),
        sa.CheckConstraint("length(trim(author)) > 0 AND length(author) <= 100", name=op.f("ck_more_time_author_said")),
        sa.CheckConstraint(
            "length(trim(ended_by)) > 0 AND length(ended_by) <= 100", name=op.f("ck_more_time_ended_by_said")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_more_time_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_more_time")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_more_time_one_live",
        "more_time",
        ["person"],
        unique=True,
        sqlite_where=sa.text("ended_at_ms IS NULL"),
        postgresql_where=sa.text("ended_at_ms IS NULL"),
    )
    op.create_index(op.f("ix_more_time_person"), "more_time", ["person"], unique=False)
    op.create_table(
        "revocation",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.Column("lifted_at_ms", WHOLE, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(lifted_at_ms IS NULL) = (lifted_by IS NULL)", name=op.f("ck_revocation_lifted_at_ms_whole")
        ),
        sa.CheckConstraint(
            "length(trim(author)) > 0 AND length(author) <= 100", name=op.f("ck_revocation_author_said")
        ),
        sa.CheckConstraint(
            "length(trim(lifted_by)) > 0 AND length(lifted_by) <= 100", name=op.f("ck_revocation_lifted_by_said")
        ),
        sa.CheckConstraint("length(trim(why)) > 0 AND length(why) <= 500", name=op.f("ck_revocation_why_said")),
        sa.CheckConstraint("lifted_at_ms >= at_ms", name=op.f("ck_revocation_lifted_at_ms_after")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_revocation_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_revocation_one_live",
        "revocation",
        ["person"],
        unique=True,
        sqlite_where=sa.text("lifted_at_ms IS NULL"),
        postgresql_where=sa.text("lifted_at_ms IS NULL"),
    )
    op.create_index(op.f("ix_revocation_person"), "revocation", ["person"], unique=False)
    op.create_table(
        "suspension",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=False),
        sa.Column("lifted_at_ms", WHOLE, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(lifted_at_ms IS NULL) = (lifted_by IS NULL)", name=op.f("ck_suspension_lifted_at_ms_whole")
        ),
        sa.CheckConstraint(
            "length(trim(author)) > 0 AND length(author) <= 100", name=op.f("ck_suspension_author_said")
        ),
        sa.CheckConstraint(
            "length(trim(lifted_by)) > 0 AND length(lifted_by) <= 100", name=op.f("ck_suspension_lifted_by_said")
        ),
        sa.CheckConstraint("length(trim(why)) > 0 AND length(why) <= 500", name=op.f("ck_suspension_why_said")),
        sa.CheckConstraint("lifted_at_ms >= at_ms", name=op.f("ck_suspension_lifted_at_ms_after")),
        sa.CheckConstraint("until_ms - at_ms <= 259200000", name=op.f("ck_suspension_suspension_short")),
        sa.CheckConstraint("until_ms > at_ms", name=op.f("ck_suspension_until_ms_after")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_suspension_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_suspension_person"), "suspension", ["person"], unique=False)
    op.create_table(
        "contest",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("entry", WHOLE, nullable=True),
        sa.Column("membership", WHOLE, nullable=True),
        sa.Column("holding", WHOLE, nullable=True),
        sa.Column("decision", WHOLE, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at_ms", WHOLE, nullable=False),
        sa.Column("due_at_ms", WHOLE, nullable=False),
        sa.Column("suspends", WHOLE, nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=True),
        sa.Column("assigned_at_ms", WHOLE, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("decided_at_ms", WHOLE, nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('upheld', 'overturned', 'lapsed')", name=op.f("ck_contest_outcome_known")),
        sa.CheckConstraint(
            "outcome IS NULL OR (outcome = 'lapsed') = (decided_at_ms >= due_at_ms)",
            name=op.f("ck_contest_decided_in_time"),
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome = 'lapsed' OR reviewer IS NOT NULL",
            name=op.f("ck_contest_decided_by_a_reviewer"),
        ),
        sa.CheckConstraint(
            "(assigned_at_ms IS NULL) = (reviewer IS NULL)", name=op.f("ck_contest_assigned_at_ms_whole")
        ),
        sa.CheckConstraint(
            "(decided_at_ms IS NULL) = (outcome IS NULL) AND (decided_at_ms IS NULL) = (reasons IS NULL)",
            name=op.f("ck_contest_decided_at_ms_whole"),
        ),
        sa.CheckConstraint(
            " + ".join(
                f"CASE WHEN {one} IS NULL THEN 0 ELSE 1 END" for one in ("entry", "membership", "holding", "decision")
            )
            + " = 1",
            name=op.f("ck_contest_about_one_thing"),
        ),
        sa.CheckConstraint("assigned_at_ms >= opened_at_ms", name=op.f("ck_contest_assigned_at_ms_after")),
        sa.CheckConstraint(
            "decided_at_ms >= coalesce(assigned_at_ms, opened_at_ms)", name=op.f("ck_contest_decided_at_ms_after")
        ),
        sa.CheckConstraint("due_at_ms > opened_at_ms", name=op.f("ck_contest_due_at_ms_after")),
        sa.CheckConstraint(
            "length(trim(opened_by)) > 0 AND length(opened_by) <= 100", name=op.f("ck_contest_opened_by_said")
        ),
        sa.CheckConstraint(
            "length(trim(reasons)) > 0 AND length(reasons) <= 2000", name=op.f("ck_contest_reasons_said")
        ),
        sa.CheckConstraint(
            "length(trim(reviewer)) > 0 AND length(reviewer) <= 100", name=op.f("ck_contest_reviewer_said")
        ),
        sa.CheckConstraint("length(trim(words)) > 0 AND length(words) <= 2000", name=op.f("ck_contest_words_said")),
        sa.CheckConstraint(
            "suspends = 0 OR (suspends = 1 AND entry IS NOT NULL)", name=op.f("ck_contest_suspends_an_entry")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("fk_contest_entry")),
        sa.ForeignKeyConstraint(["holding"], ["holding.id"], name=op.f("fk_contest_holding")),
        sa.ForeignKeyConstraint(["membership"], ["membership.id"], name=op.f("fk_contest_membership")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_contest_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_contest_one_open_decision",
        "contest",
        ["person", "decision"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "ix_contest_one_open_entry",
        "contest",
        ["entry"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "ix_contest_one_open_holding",
        "contest",
        ["holding"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "ix_contest_one_open_membership",
        "contest",
        ["membership"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "ix_contest_one_suspension",
        "contest",
        ["entry"],
        unique=True,
        sqlite_where=sa.text("suspends = 1"),
        postgresql_where=sa.text("suspends = 1"),
    )
    op.create_index(
        "ix_contest_open",
        "contest",
        ["due_at_ms"],
        unique=False,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(op.f("ix_contest_person"), "contest", ["person"], unique=False)
    op.execute(SUSPENDED)
    op.execute(REVOKED)
    op.drop_table("standing")
    for guard in guards():
        op.execute(guard)
