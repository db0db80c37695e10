"""A write through the JSON API that is sent twice is done once: its answer is kept under a key of the program's.

`Idempotency-Key` counts for the program that sent it (its token or session) and for a day. The row is there before the
write begins: whoever asks again meanwhile hears that it is being done, and after a crash that nobody knows how it
ended, which is better than doing it again.
"""

import hashlib
import time
from collections.abc import Callable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ostiary.controller.store import signin_tables as tables
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.problem import BadForm, KeyReused, Problem, UnderWay

HEADER = "idempotency-key"
LONGEST = 200
KEPT_MS = 24 * 3_600_000
MOST_BYTES = 1 << 20
WRITING = frozenset({"POST", "PUT", "DELETE"})
# Not an outcome of the write: whoever asks again may fare better.
TRANSIENT = frozenset({401, 403, 408, 413, 429})


class Once:
    """ASGI middleware around the application; everything without the header goes straight through."""

    def __init__(self, app: ASGIApp, desk: Desk, refuse: Callable[[Scope, Problem], ASGIApp]) -> None:
        self.app, self.desk, self.refuse = app, desk, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in WRITING or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get(HEADER)
        if key is None:
            await self.app(scope, receive, send)
            return
        try:
            about = _about(key, headers)
            body = await _whole(receive)
            asked = _digest(scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
            known = await run_in_threadpool(self._begun, about, asked)
        except Problem as problem:
            await self.refuse(scope, problem)(scope, receive, send)
            return
        if known is not None:
            await _again(send, *known)
            return
        await self._do(scope, receive, send, about, body)

    async def _do(self, scope: Scope, receive: Receive, send: Send, about: bytes, body: bytes) -> None:
        given, told, length = False, bytearray(), 0
        head: Message = {"status": 500, "headers": []}

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send_and_keep(message: Message) -> None:
            nonlocal head, length
            if message["type"] == "http.response.start":
                head = message
            else:
                length += len(message.get("body", b""))
                if length <= MOST_BYTES:
                    told.extend(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive_again, send_and_keep)
        finally:
            status = head["status"]
            kept = status < 500 and status not in TRANSIENT and length <= MOST_BYTES
            media = Headers(raw=head["headers"]).get("content-type", "application/json")
            await run_in_threadpool(self._ended, about, status if kept else None, bytes(told), media)

    def _begun(self, about: bytes, asked: bytes) -> tuple[int, bytes, str] | None:
        """None when this is the first time; else what was answered. Raises `KeyReused` and `UnderWay`."""
        at_ms, table = time.time_ns() // 1_000_000, tables.answered
        with self.desk.people.begin() as conn:
            conn.execute(delete(table).where(table.c.at_ms < at_ms - KEPT_MS))
            row = conn.execute(select(table).where(table.c.about == about)).first()
            if row is None:
                values = {"about": about, "asked": asked, "status": 0, "body": b"", "media": "-", "at_ms": at_ms}
                try:
                    conn.execute(insert(table).values(**values))
                except IntegrityError as error:  # two at once: the other one does it
                    raise _under_way() from error
                return None
        if row.asked != asked:
            raise KeyReused(
                "Nothing was done.", "This Idempotency-Key came with another request before.", "Choose a new key."
            )
        if row.status == 0:
            raise _under_way()
        return row.status, row.body, row.media

    def _ended(self, about: bytes, status: int | None, body: bytes, media: str) -> None:
        table = tables.answered
        with self.desk.people.begin() as conn:
            if status is None:
                conn.execute(delete(table).where(table.c.about == about))
            else:
                done = update(table).where(table.c.about == about)
                conn.execute(done.values(status=status, body=body, media=media[:100]))


def _about(key: str, headers: Headers) -> bytes:
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise BadForm(
            "The request was not understood.",
            f"Idempotency-Key is 1 to {LONGEST} printable characters.",
            "Correct it and send it again.",
        )
    who = headers.get("authorization") or headers.get("cookie") or ""
    return _digest(who.encode(errors="replace"), key.encode())


def _digest(*parts: bytes) -> bytes:
    told = hashlib.sha256()
    for part in parts:
        told.update(len(part).to_bytes(8, "big") + part)
    return told.digest()


async def _whole(receive: Receive) -> bytes:
    """The body, which the guard bounds. Raises what the guard raises."""
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(body)


async def _again(send: Send, status: int, body: bytes, media: str) -> None:
    headers = [(b"content-type", media.encode("latin-1")), (b"idempotent-replayed", b"true")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _under_way() -> UnderWay:
    return UnderWay(
        "It was not done again.",
        "The same request is being done, or the site stopped in the middle of it and nobody knows how it ended.",
        "Look whether it was done; for another try choose a new Idempotency-Key.",
    )
