"""Everybody is put out at once: no session, token or link is good any more; what they sign in with stays."""

from sqlalchemy import Connection, update

from ostiary.controller.store import signin_tables as tables

_ENDS = (
    (tables.session, tables.session.c.ended_at_ms),
    (tables.api_token, tables.api_token.c.revoked_at_ms),
    (tables.setup_link, tables.setup_link.c.used_at_ms),
)


def put_out(conn: Connection, at_ms: int) -> None:
    """As a restored backup must: what was ended or revoked after it was made is unknown there."""
    for table, ended in _ENDS:
        conn.execute(update(table).where(ended.is_(None)).values({ended: at_ms}))
