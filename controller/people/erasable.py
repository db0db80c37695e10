"""Whether a person can be erased: not while a contest of theirs is open, for the reviewer needs what would go."""

from sqlalchemy import Connection, select

from ostiary.controller.people.contests import undecided
from ostiary.controller.store import people_tables as tables


def contesting(conn: Connection) -> frozenset[str]:
    """Everybody with an open contest: an entry that is contested and neither upheld nor cancelled, or a contest of
    anything without an outcome."""
    entry = tables.entry.c
    open_ = entry.contested_at_ms.is_not(None) & entry.upheld_at_ms.is_(None) & entry.cancelled_at_ms.is_(None)
    found = set(conn.execute(select(entry.person).where(open_)).scalars())
    found |= {contest.person for contest in undecided(conn)}
    return frozenset(found)
