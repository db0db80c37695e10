"""The sixth revision: files that persons send along with a contest."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# SQLite's own words; another database needs the same rules in its own.
GUARDS = (
    "CREATE TRIGGER attachment_of_own_contest BEFORE INSERT ON attachment WHEN NOT EXISTS (SELECT 1 FROM contest "
    "WHERE id = NEW.contest AND person = NEW.person) BEGIN "
    "SELECT RAISE(ABORT, 'attachment: this contest is not the person''s'); END",
    "CREATE TRIGGER attachment_few BEFORE INSERT ON attachment WHEN (SELECT count(*) FROM attachment "
    "WHERE contest = NEW.contest) >= 3 BEGIN SELECT RAISE(ABORT, 'attachment: a contest has at most three'); END",
    "CREATE TRIGGER attachment_not_replaced BEFORE INSERT ON attachment WHEN EXISTS (SELECT 1 FROM attachment "
    "WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: attachment has this already'); END",
    "CREATE TRIGGER attachment_not_rewritten BEFORE UPDATE ON attachment BEGIN "
    "SELECT RAISE(ABORT, 'attachment: what was sent stays as it was sent'); END",
    "CREATE TRIGGER attachment_stays BEFORE DELETE ON attachment WHEN (SELECT left_at_ms FROM person "
    "WHERE id = OLD.person) IS NULL BEGIN "
    "SELECT RAISE(ABORT, 'attachment: a row is deleted only when its person left'); END",
)


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("contest", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint("kind IN ('pdf', 'png', 'jpeg', 'text')", name=op.f("ck_attachment_kind_known")),
        sa.CheckConstraint("length(data) BETWEEN 1 AND 5000000", name=op.f("ck_attachment_data_size")),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_attachment_contest")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_attachment_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_attachment_contest"), "attachment", ["contest"], unique=False)
    for guard in GUARDS:
        op.execute(guard)
