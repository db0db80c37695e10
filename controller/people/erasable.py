"""Whether a person can be erased: not while a contest of theirs is open, for the reviewer needs what would go."""

from sqlalchemy import Connection, select

from ostiary.controller.store import people_tables as tables


def contesting(conn: Connection) -> frozenset[str]:
    """Everybody with an open contest: an entry that is contested and neither upheld nor cancelled, or a contest of
    anything without an outcome."""
    entry = tables.entry.c
    open_ = entry.contested_at_ms.is_not(None) & entry.upheld_at_ms.is_(None) & entry.cancelled_at_ms.is_(None)
    found = set(conn.execute(select(entry.person).where(open_)).scalars())
    # Where contests have a table of their own, one may be about a membership, a holding or a decision.
    contest = tables.metadata.tables.get("contest")
    if contest is not None:
        found |= set(conn.execute(select(contest.c.person).where(contest.c.outcome.is_(None))).scalars())
    return frozenset(found)
