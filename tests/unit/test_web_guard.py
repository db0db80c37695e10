"""The guard lets in what our own pages send to a name of this machine, and nothing else."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ostiary.controller.reach import LOOPBACK_NAMES, Reach
from ostiary.controller.web import guard
from ostiary.controller.web.problem import BodyTooLarge, ForeignHost, ForeignOrigin, Problem

OWN = "127.0.0.1:8080"
HERE = Reach()
DOOR = Reach("door.example", "192.0.2.7")
PROXIED = Reach("door.example", "10.0.0.2", proxies=("10.0.0.1",))


def checked(method: str = "GET", path: str = "/", reach: Reach = HERE, **headers: str) -> Problem | None:
    named = {"host": OWN} | {name.replace("_", "-"): value for name, value in headers.items()}
    return guard.check(reach, method, Headers(named), path)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:9", "LOCALHOST", "[::1]:8080"])
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert checked(host=host) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "evil.example:8080", "a@127.0.0.1", "127.0.0.1/x", "127.0.0.1:x",
     "localhost.", "10.0.0.1", "[::1", "127.0.0.1, evil.example", "127.0.0.1\\evil.example"],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    assert isinstance(checked(host=host), ForeignHost)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_any_host_that_passes_is_loopback(host: str) -> None:
    if checked(host=host) is None:
        name = host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower()
        assert name.strip("[]") in LOOPBACK_NAMES or host.lower().strip("[]") in LOOPBACK_NAMES


def test_two_host_headers_are_refused() -> None:
    raw = [(b"host", OWN.encode()), (b"host", b"evil.example")]
    assert isinstance(guard.check(HERE, "GET", Headers(raw=raw), "/"), ForeignHost)


def test_own_origin_may_post() -> None:
    assert checked("POST", origin=f"http://{OWN}") is None
    assert checked("POST", sec_fetch_site="same-origin") is None
    assert checked("POST") is None, "a program that is no browser sends neither header"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "https://127.0.0.1:8080", "http://127.0.0.1:8081", ""]
)
def test_other_origins_are_refused(method: str, origin: str) -> None:
    assert isinstance(checked(method, origin=origin), ForeignOrigin)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_is_refused_and_its_link_is_not(site: str) -> None:
    assert isinstance(checked("POST", sec_fetch_site=site), ForeignOrigin)
    assert checked("GET", sec_fetch_site=site) is None


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/purpose", guard.FORM_MAX_BYTES),
        ("/present", guard.UPLOAD_MAX_BYTES),
        ("/policy/preview", guard.POLICY_MAX_BYTES),
        ("/api/v1/policy/compare", guard.POLICY_MAX_BYTES),
    ],
)
def test_announced_size_is_bounded(path: str, limit: int) -> None:
    assert checked("POST", path, content_length=str(limit)) is None
    assert isinstance(checked("POST", path, content_length=str(limit + 1)), BodyTooLarge)


@pytest.mark.parametrize("length", ["-1", "1e3", "", "٣"])
def test_malformed_length_is_refused(length: str) -> None:
    raw = [(b"host", OWN.encode()), (b"content-length", length.encode())]
    assert isinstance(guard.check(HERE, "POST", Headers(raw=raw), "/"), BodyTooLarge)


async def _reading(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    try:
        size = len(await request.body())
    except Problem as problem:
        await PlainTextResponse(problem.kind, problem.status)(scope, receive, send)
        return
    await PlainTextResponse(str(size))(scope, receive, send)


def _refuse(scope: Scope, problem: Problem) -> ASGIApp:
    return PlainTextResponse(problem.kind, problem.status)


def asked(**request: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(guard.Guard(_reading, _refuse, HERE))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{OWN}") as client:
            return await client.request(**request)

    return asyncio.run(ask())


@pytest.mark.parametrize("extra", [0, 1])
def test_a_body_without_announced_size_is_cut_off(extra: int) -> None:
    async def chunks() -> Any:
        yield b"x" * guard.FORM_MAX_BYTES
        yield b"x" * extra

    reply = asked(method="POST", url="/purpose", content=chunks())
    assert reply.status_code == (413 if extra else 200)


@pytest.mark.parametrize("headers", [{}, {"host": "evil.example"}, {"origin": "null"}])
def test_every_answer_forbids_other_hosts(headers: dict[str, str]) -> None:
    reply = asked(method="GET", url="/", headers=headers)
    assert reply.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] != "no-referrer", "browsers would then send `Origin: null` for our forms"


def test_under_a_host_name_its_own_pages_come_over_https() -> None:
    assert checked("POST", reach=DOOR, host="door.example", origin="https://door.example") is None
    assert checked("POST", reach=DOOR, host="door.example:8443", origin="https://door.example:8443") is None
    assert isinstance(checked("POST", reach=DOOR, host="door.example", origin="http://door.example"), ForeignOrigin)
    assert isinstance(checked(reach=DOOR, host="door.example.evil.example"), ForeignHost)
    assert isinstance(checked(reach=HERE, host="door.example"), ForeignHost)


def test_a_cookie_needs_a_page_that_sent_it() -> None:
    assert isinstance(checked("POST", cookie="ostiary-session=x"), ForeignOrigin)
    assert checked("POST", cookie="ostiary-session=x", sec_fetch_site="same-origin") is None
    assert checked("GET", cookie="ostiary-session=x") is None


def _behind(near: str, *said: str) -> tuple[Problem | None, str]:
    headers = [(b"x-forwarded-for", value.encode()) for value in said]
    scope: dict[str, Any] = {"type": "http", "client": (near, 1), "headers": headers}
    return guard.forwarded(scope, PROXIED), scope["client"][0]


def test_a_named_proxy_speaks_for_its_client_and_nobody_else_does() -> None:
    assert _behind("10.0.0.1", "203.0.113.9") == (None, "203.0.113.9")
    assert _behind("10.0.0.1", "1.1.1.1, 203.0.113.9") == (None, "203.0.113.9"), "what a client wrote is not believed"
    assert _behind("10.0.0.1", "1.1.1.1", "203.0.113.9")[1] == "203.0.113.9"
    assert isinstance(_behind("10.0.0.1")[0], ForeignHost)
    assert isinstance(_behind("10.0.0.1", "nobody")[0], ForeignHost)
    assert isinstance(_behind("203.0.113.9", "127.0.0.1")[0], ForeignHost), "past the proxy"
    assert _behind("127.0.0.1", "8.8.8.8") == (None, "127.0.0.1"), "from this machine, and no proxy"


def test_https_is_asked_for_again_under_a_host_name_alone() -> None:
    async def ask(reach: Reach, host: str) -> httpx.Response:
        transport = httpx.ASGITransport(guard.Guard(_reading, _refuse, reach))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.get("/")

    assert "strict-transport-security" in asyncio.run(ask(DOOR, "door.example")).headers
    assert "strict-transport-security" not in asyncio.run(ask(HERE, OWN)).headers
