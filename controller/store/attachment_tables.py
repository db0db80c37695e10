"""The table of people.db with the files that persons send along with a contest."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from ostiary.controller.store.people_tables import WHOLE, metadata

KINDS = ("pdf", "png", "jpeg", "text")
LARGEST_BYTES = 5_000_000
MOST = 3
"""Files of one contest."""

attachment = Table(
    "attachment",
    metadata,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("contest", WHOLE, ForeignKey("contest.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("at_ms", WHOLE, nullable=False),
    CheckConstraint("kind IN ('pdf', 'png', 'jpeg', 'text')", name="kind_known"),
    CheckConstraint(f"length(data) BETWEEN 1 AND {LARGEST_BYTES}", name="data_size"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
Index(None, attachment.c.contest)
