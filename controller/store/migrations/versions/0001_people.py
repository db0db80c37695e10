"""The first revision: every table of people.db and its guards."""

import sqlalchemy as sa
from alembic import op

from ostiary.controller.store.migrations.guards_0001 import guards

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("seq", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_change_person"), "change", ["person"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "length(kind) BETWEEN 1 AND 64 AND trim(kind, 'abcdefghijklmnopqrstuvwxyz0123456789-') = ''",
            name=op.f("ck_evidence_kind_word"),
        ),
        sa.CheckConstraint(
            "length(sha256) = 64 AND trim(sha256, '0123456789abcdef') = ''", name=op.f("ck_evidence_sha256_shape")
        ),
        sa.CheckConstraint("length(trim(id)) > 0 AND length(id) <= 100", name=op.f("ck_evidence_id_said")),
        sa.CheckConstraint("length(trim(title)) > 0 AND length(title) <= 200", name=op.f("ck_evidence_title_said")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("created_at_ms", WHOLE, nullable=False),
        sa.Column("left_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            "length(id) = 18 AND substr(id, 1, 2) = 'p-' AND "
            "trim(substr(id, 3), 'abcdefghijklmnopqrstuvwxyz234567') = ''",
            name=op.f("ck_person_id_shape"),
        ),
        sa.CheckConstraint("(name IS NULL) = (left_at_ms IS NOT NULL)", name=op.f("ck_person_name_until_left")),
        sa.CheckConstraint("length(trim(name)) > 0 AND length(name) <= 200", name=op.f("ck_person_name_said")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "card",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.Column("revoked_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint("length(tag) = 64 AND trim(tag, '0123456789abcdef') = ''", name=op.f("ck_card_tag_shape")),
        sa.CheckConstraint("length(trim(label)) > 0 AND length(label) <= 80", name=op.f("ck_card_label_said")),
        sa.CheckConstraint("revoked_at_ms >= at_ms", name=op.f("ck_card_revoked_at_ms_after")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_card_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_card_one_live",
        "card",
        ["tag"],
        unique=True,
        sqlite_where=sa.text("revoked_at_ms IS NULL"),
        postgresql_where=sa.text("revoked_at_ms IS NULL"),
    )
    op.create_index(op.f("ix_card_person"), "card", ["person"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("notice_version", sa.Text(), nullable=False),
        sa.Column("notice_sha256", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("given_at_ms", WHOLE, nullable=False),
        sa.Column("withdrawn_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint("kind = 'face'", name=op.f("ck_consent_kind_known")),
        sa.CheckConstraint(
            "length(notice_sha256) = 64 AND trim(notice_sha256, '0123456789abcdef') = ''",
            name=op.f("ck_consent_notice_sha256_shape"),
        ),
        sa.CheckConstraint(
            "length(trim(notice_version)) > 0 AND length(notice_version) <= 40",
            name=op.f("ck_consent_notice_version_said"),
        ),
        sa.CheckConstraint(
            "length(trim(release)) > 0 AND length(release) <= 2000", name=op.f("ck_consent_release_said")
        ),
        sa.CheckConstraint("withdrawn_at_ms >= given_at_ms", name=op.f("ck_consent_withdrawn_at_ms_after")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_consent_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_consent_person"), "consent", ["person"], unique=False)
    op.create_index(
        "ix_consent_one_live",
        "consent",
        ["person", "kind"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at_ms IS NULL"),
        postgresql_where=sa.text("withdrawn_at_ms IS NULL"),
    )
    op.create_table(
        "entry",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", WHOLE, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("occurred_at_ms", WHOLE, nullable=False),
        sa.Column("recorded_at_ms", WHOLE, nullable=False),
        sa.Column("expires_at_ms", WHOLE, nullable=True),
        sa.Column("contested_at_ms", WHOLE, nullable=True),
        sa.Column("upheld_at_ms", WHOLE, nullable=True),
        sa.Column("cancelled_at_ms", WHOLE, nullable=True),
        sa.Column("cancelled_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(context) BETWEEN 1 AND 64 AND trim(context, 'abcdefghijklmnopqrstuvwxyz0123456789-') = ''",
            name=op.f("ck_entry_context_word"),
        ),
        sa.CheckConstraint(
            "length(kind) BETWEEN 1 AND 64 AND trim(kind, 'abcdefghijklmnopqrstuvwxyz0123456789-') = ''",
            name=op.f("ck_entry_kind_word"),
        ),
        sa.CheckConstraint(
            "(cancelled_at_ms IS NULL) = (cancelled_why IS NULL)", name=op.f("ck_entry_cancelled_at_ms_whole")
        ),
        sa.CheckConstraint("cancelled_at_ms >= recorded_at_ms", name=op.f("ck_entry_cancelled_at_ms_after")),
        sa.CheckConstraint("contested_at_ms >= recorded_at_ms", name=op.f("ck_entry_contested_at_ms_after")),
        sa.CheckConstraint("expires_at_ms > occurred_at_ms", name=op.f("ck_entry_expires_at_ms_after")),
        sa.CheckConstraint("length(trim(author)) > 0 AND length(author) <= 100", name=op.f("ck_entry_author_said")),
        sa.CheckConstraint(
            "length(trim(cancelled_why)) > 0 AND length(cancelled_why) <= 500", name=op.f("ck_entry_cancelled_why_said")
        ),
        sa.CheckConstraint("expires_at_ms IS NOT NULL OR points > 0", name=op.f("ck_entry_penalty_ends")),
        sa.CheckConstraint("points <> 0 AND points BETWEEN -1000000 AND 1000000", name=op.f("ck_entry_points_weigh")),
        sa.CheckConstraint("recorded_at_ms >= occurred_at_ms", name=op.f("ck_entry_recorded_at_ms_after")),
        sa.CheckConstraint(
            "upheld_at_ms IS NULL OR coalesce(upheld_at_ms >= contested_at_ms, FALSE)",
            name=op.f("ck_entry_upheld_contested"),
        ),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name=op.f("fk_entry_evidence")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_entry_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("person", "context", "kind", "evidence", name="uq_entry_once"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_entry_evidence"), "entry", ["evidence"], unique=False)
    op.create_table(
        "holding",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("recorded_at_ms", WHOLE, nullable=False),
        sa.Column("from_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=True),
        sa.Column("ended_at_ms", WHOLE, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 64 AND trim(name, 'abcdefghijklmnopqrstuvwxyz0123456789-') = ''",
            name=op.f("ck_holding_name_word"),
        ),
        sa.CheckConstraint("(ended_at_ms IS NULL) = (ended_by IS NULL)", name=op.f("ck_holding_ended_at_ms_whole")),
        sa.CheckConstraint("length(trim(author)) > 0 AND length(author) <= 100", name=op.f("ck_holding_author_said")),
        sa.CheckConstraint("until_ms > from_ms", name=op.f("ck_holding_until_ms_after")),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name=op.f("fk_holding_evidence")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_holding_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_holding_evidence"), "holding", ["evidence"], unique=False)
    op.create_index(op.f("ix_holding_person"), "holding", ["person"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("recorded_at_ms", WHOLE, nullable=False),
        sa.Column("from_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=True),
        sa.Column("ended_at_ms", WHOLE, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(state) BETWEEN 1 AND 64 AND trim(state, 'abcdefghijklmnopqrstuvwxyz0123456789-') = ''",
            name=op.f("ck_membership_state_word"),
        ),
        sa.CheckConstraint("(ended_at_ms IS NULL) = (ended_by IS NULL)", name=op.f("ck_membership_ended_at_ms_whole")),
        sa.CheckConstraint(
            "length(trim(author)) > 0 AND length(author) <= 100", name=op.f("ck_membership_author_said")
        ),
        sa.CheckConstraint("until_ms > from_ms", name=op.f("ck_membership_until_ms_after")),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name=op.f("fk_membership_evidence")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_membership_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_membership_evidence"), "membership", ["evidence"], unique=False)
    op.create_index(op.f("ix_membership_person"), "membership", ["person"], unique=False)
    op.create_table(
        "standing",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("suspended_at_ms", WHOLE, nullable=True),
        sa.Column("suspended_until_ms", WHOLE, nullable=True),
        sa.Column("suspended_by", sa.Text(), nullable=True),
        sa.Column("suspended_why", sa.Text(), nullable=True),
        sa.Column("revoked_at_ms", WHOLE, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            "(revoked_at_ms IS NULL) = (revoked_by IS NULL) AND (revoked_at_ms IS NULL) = (revoked_why IS NULL)",
            name=op.f("ck_standing_revoked_at_ms_whole"),
        ),
        sa.CheckConstraint(
            "(suspended_at_ms IS NULL) = (suspended_until_ms IS NULL) AND "
            "(suspended_at_ms IS NULL) = (suspended_by IS NULL) AND "
            "(suspended_at_ms IS NULL) = (suspended_why IS NULL)",
            name=op.f("ck_standing_suspended_at_ms_whole"),
        ),
        sa.CheckConstraint(
            "length(trim(revoked_why)) > 0 AND length(revoked_why) <= 500", name=op.f("ck_standing_revoked_why_said")
        ),
        sa.CheckConstraint(
            "length(trim(suspended_why)) > 0 AND length(suspended_why) <= 500",
            name=op.f("ck_standing_suspended_why_said"),
        ),
        sa.CheckConstraint(
            "suspended_until_ms - suspended_at_ms <= 259200000", name=op.f("ck_standing_suspension_short")
        ),
        sa.CheckConstraint("suspended_until_ms > suspended_at_ms", name=op.f("ck_standing_suspended_until_ms_after")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_standing_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_standing")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "template",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("runtime", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            "length(model) = 64 AND trim(model, '0123456789abcdef') = ''", name=op.f("ck_template_model_shape")
        ),
        sa.CheckConstraint("length(sealed) BETWEEN 1 AND 4096", name=op.f("ck_template_sealed_size")),
        sa.CheckConstraint(
            "length(trim(runtime)) > 0 AND length(runtime) <= 64", name=op.f("ck_template_runtime_said")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_template_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_template_person"), "template", ["person"], unique=False)
    for guard in guards():
        op.execute(guard)
