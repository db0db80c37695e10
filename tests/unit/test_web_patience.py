"""A connection that says nothing, or half a head, is closed; a body that stops is refused."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from ostiary.controller.reach import Reach
from ostiary.controller.web import guard, patience
from ostiary.controller.web.problem import TooSlow
from tests.system.running_site import free_port

PATIENCE_S = 30.0


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_half_a_head_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(patience, "HEAD_S", 0.05)

    async def story() -> None:
        port = free_port()
        server = Server(uvicorn.Config(_hello, port=port, http=patience.Patience, log_config=None))
        serving = asyncio.create_task(server.serve())
        await server.ready.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b"", "closed, and nothing said"
        writer.close()
        monkeypatch.setattr(patience, "HEAD_S", PATIENCE_S)
        other, whole = await asyncio.open_connection("127.0.0.1", port)
        whole.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            assert b"hello" in await other.read(), "whoever speaks is answered"
        whole.close()
        server.should_exit = True
        await serving

    asyncio.run(story())


def test_a_body_that_stops_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PAUSE_S", 0.01)
    told: list[Any] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(TooSlow):
            await Request(scope, receive).body()
        told.append("refused")

    async def receive() -> Any:
        if told:
            await asyncio.Event().wait()
        told.append("first")
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"host", b"localhost")], "client": None}
    app = guard.Guard(reading, lambda scope, problem: PlainTextResponse("no"), Reach())
    asyncio.run(app(scope, receive, send))
    assert told == ["first", "refused"]
