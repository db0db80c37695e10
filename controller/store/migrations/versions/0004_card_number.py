"""The fourth revision: a card's number, sealed for the keeper alone, for the packs of doors that decide without it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# SQLite's own words; another database needs the same rule in its own. A new column stands outside the older guards.
GUARD = (
    "CREATE TRIGGER card_sealed_once BEFORE UPDATE OF sealed ON card WHEN NEW.sealed IS NOT OLD.sealed BEGIN "
    "SELECT RAISE(ABORT, 'card: the sealed number is written once'); END"
)


def upgrade() -> None:
    op.add_column("card", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.execute(GUARD)
