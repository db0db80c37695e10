"""The third revision: operators, what owners prove themselves with, sessions, links, tokens, and answers to repeat."""

import sqlalchemy as sa
from alembic import op

from ostiary.controller.store.migrations.guards_0003 import guards

revision = "0003"
down_revision = "0002"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


OWNED = (
    "length(owner) = 18 AND substr(owner, 1, 2) IN ('o-', 'p-') "
    "AND trim(substr(owner, 3), 'abcdefghijklmnopqrstuvwxyz234567') = ''"
)


def upgrade() -> None:
    op.create_table(
        "answered",
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("status", WHOLE, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint("length(about) = 32", name=op.f("ck_answered_about_size")),
        sa.CheckConstraint("length(asked) = 32", name=op.f("ck_answered_asked_size")),
        sa.CheckConstraint("length(trim(media)) > 0 AND length(media) <= 100", name=op.f("ck_answered_media_said")),
        sa.CheckConstraint("status BETWEEN 0 AND 599", name=op.f("ck_answered_status_known")),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_answered")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_answered_at_ms"), "answered", ["at_ms"], unique=False)
    op.create_table(
        "failure",
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("times", WHOLE, nullable=False),
        sa.Column("last_at_ms", WHOLE, nullable=False),
        sa.CheckConstraint("length(about) = 32", name=op.f("ck_failure_about_size")),
        sa.CheckConstraint("times > 0", name=op.f("ck_failure_times_counts")),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_failure")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("disabled_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            "folded = lower(name) AND trim(folded, 'abcdefghijklmnopqrstuvwxyz0123456789._@-') = ''",
            name=op.f("ck_operator_folded_from_name"),
        ),
        sa.CheckConstraint(
            "length(id) = 18 AND substr(id, 1, 2) = 'o-' "
            "AND trim(substr(id, 3), 'abcdefghijklmnopqrstuvwxyz234567') = ''",
            name=op.f("ck_operator_id_shape"),
        ),
        sa.CheckConstraint(
            "length(roles) BETWEEN 1 AND 60 AND trim(roles, 'abcdefghijklmnopqrstuvwxyz- ') = ''",
            name=op.f("ck_operator_roles_words"),
        ),
        sa.CheckConstraint(
            "length(trim(made_by)) > 0 AND length(made_by) <= 100", name=op.f("ck_operator_made_by_said")
        ),
        sa.CheckConstraint("length(trim(name)) > 0 AND length(name) <= 64", name=op.f("ck_operator_name_said")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("folded", name=op.f("uq_operator_folded")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "passkey",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", WHOLE, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.Column("seen_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            OWNED,
            name=op.f("ck_passkey_owner_shape"),
        ),
        sa.CheckConstraint("length(credential) BETWEEN 1 AND 1023", name=op.f("ck_passkey_credential_size")),
        sa.CheckConstraint("length(public_key) BETWEEN 1 AND 2048", name=op.f("ck_passkey_public_key_size")),
        sa.CheckConstraint("length(trim(label)) > 0 AND length(label) <= 80", name=op.f("ck_passkey_label_said")),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_passkey_owner"), "passkey", ["owner"], unique=False)
    op.create_table(
        "password",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("argon2", sa.Text(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            OWNED,
            name=op.f("ck_password_owner_shape"),
        ),
        sa.CheckConstraint("length(totp) BETWEEN 1 AND 200", name=op.f("ck_password_totp_size")),
        sa.CheckConstraint("length(trim(argon2)) > 0 AND length(argon2) <= 400", name=op.f("ck_password_argon2_said")),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_password")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.Column("used_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            OWNED,
            name=op.f("ck_recovery_code_owner_shape"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_recovery_code_sha256_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("sha256", name=op.f("uq_recovery_code_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_recovery_code_owner"), "recovery_code", ["owner"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.Column("seen_at_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=False),
        sa.Column("ended_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            OWNED,
            name=op.f("ck_session_owner_shape"),
        ),
        sa.CheckConstraint(
            "length(way) BETWEEN 1 AND 20 AND trim(way, 'abcdefghijklmnopqrstuvwxyz- ') = ''",
            name=op.f("ck_session_way_words"),
        ),
        sa.CheckConstraint("length(address) <= 64", name=op.f("ck_session_address_short")),
        sa.CheckConstraint("length(agent) <= 80", name=op.f("ck_session_agent_short")),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_session_sha256_size")),
        sa.CheckConstraint(
            "length(trim(purpose)) > 0 AND length(purpose) <= 200", name=op.f("ck_session_purpose_said")
        ),
        sa.CheckConstraint("until_ms > made_at_ms", name=op.f("ck_session_until_ms_after")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("sha256", name=op.f("uq_session_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_session_live", "session", ["owner"], unique=False, sqlite_where=sa.text("ended_at_ms IS NULL"))
    op.create_table(
        "setup_link",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=False),
        sa.Column("used_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            OWNED,
            name=op.f("ck_setup_link_owner_shape"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_setup_link_sha256_size")),
        sa.CheckConstraint(
            "length(trim(made_by)) > 0 AND length(made_by) <= 100", name=op.f("ck_setup_link_made_by_said")
        ),
        sa.CheckConstraint("until_ms > made_at_ms", name=op.f("ck_setup_link_until_ms_after")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_link")),
        sa.UniqueConstraint("sha256", name=op.f("uq_setup_link_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_setup_link_owner"), "setup_link", ["owner"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_at_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE, nullable=False),
        sa.Column("revoked_at_ms", WHOLE, nullable=True),
        sa.Column("seen_at_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            "length(scopes) BETWEEN 1 AND 1000 AND trim(scopes, 'abcdefghijklmnopqrstuvwxyz- ') = ''",
            name=op.f("ck_api_token_scopes_words"),
        ),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_api_token_sha256_size")),
        sa.CheckConstraint("length(trim(label)) > 0 AND length(label) <= 80", name=op.f("ck_api_token_label_said")),
        sa.CheckConstraint("until_ms > made_at_ms", name=op.f("ck_api_token_until_ms_after")),
        sa.ForeignKeyConstraint(["owner"], ["operator.id"], name=op.f("fk_api_token_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_token_sha256")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_api_token_owner"), "api_token", ["owner"], unique=False)
    for guard in guards():
        op.execute(guard)
