"""The fifth revision: visitors' passes, and PINs."""

import sqlalchemy as sa
from alembic import op

from ostiary.controller.store.migrations.guards_0005 import guards

revision = "0005"
down_revision = "0004"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NAMES = "abcdefghijklmnopqrstuvwxyz0123456789- "


def _said(table: str, column: str) -> sa.CheckConstraint:
    rule = f"length(trim({column})) > 0 AND length({column}) <= 100"
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{column}_said"))


def upgrade() -> None:
    op.create_table(
        "visitor_pass",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("doors", sa.Text(), nullable=False),
        sa.Column("from_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=False),
        sa.Column("single", WHOLE, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.Column("revoked_at_ms", WHOLE, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            f"length(code) = 22 AND trim(code, '{BASE64URL}') = ''", name=op.f("ck_visitor_pass_code_shape")
        ),
        sa.CheckConstraint(
            f"length(doors) BETWEEN 1 AND 330 AND trim(doors, '{NAMES}') = ''",
            name=op.f("ck_visitor_pass_doors_named"),
        ),
        sa.CheckConstraint("until_ms > from_ms", name=op.f("ck_visitor_pass_until_ms_after")),
        sa.CheckConstraint("until_ms - from_ms <= 2678400000", name=op.f("ck_visitor_pass_visit_short")),
        sa.CheckConstraint("single IN (0, 1)", name=op.f("ck_visitor_pass_single_known")),
        _said("visitor_pass", "author"),
        sa.CheckConstraint("revoked_at_ms >= at_ms", name=op.f("ck_visitor_pass_revoked_at_ms_after")),
        sa.CheckConstraint(
            "(revoked_at_ms IS NULL) = (revoked_by IS NULL)", name=op.f("ck_visitor_pass_revoked_at_ms_whole")
        ),
        _said("visitor_pass", "revoked_by"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_visitor_pass_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_pass")),
        sa.UniqueConstraint("code", name=op.f("uq_visitor_pass_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visitor_pass_person"), "visitor_pass", ["person"], unique=False)
    op.create_table(
        "pin",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint("length(sealed) BETWEEN 1 AND 256", name=op.f("ck_pin_sealed_size")),
        _said("pin", "author"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_pin_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin")),
        sa.UniqueConstraint("person", name=op.f("uq_pin_person")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    for guard in guards():
        op.execute(guard)
