"""The first thing every request meets: only the site's own names, only our own pages, only bodies of a bounded size.

A browser that is signed in here also opens pages of strangers. DNS rebinding is refused by the Host header, cross-site
requests by Origin and Sec-Fetch-Site, and no page of ours may load from another host.

That is why forms here carry no token against forgery. Every browser of this decade sends Origin with whatever is no GET
or HEAD, most send Sec-Fetch-Site, neither can be set by a page, and the session's cookie is SameSite=Strict besides. A
request that brings a session and has neither header is no browser's, and is refused: a program sends a token instead.
Reading changes nothing but the record of a look-up, and a Strict cookie does not come along from another site.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ostiary.controller.reach import LOOPBACK_NAMES, Reach
from ostiary.controller.web.problem import BodyTooLarge, ForeignHost, ForeignOrigin, Problem, TooSlow

READING = frozenset({"GET", "HEAD", "OPTIONS"})

# A form without a file is small; a picture may have 20 MB (the bound of models/picture) and its form a little more.
FORM_MAX_BYTES = 64 * 1024
PICTURE_MAX_BYTES = 20_000_000
UPLOAD_MAX_BYTES = PICTURE_MAX_BYTES + FORM_MAX_BYTES
# Two policies (`policy/yaml_text.py`), as a form or a JSON text may have to spell them.
POLICY_MAX_BYTES = 512 * 1024
# The longest pause within a body, and the longest time for all of it: 20 MB at 1.3 Mbit/s.
PAUSE_S, BODY_S = 20.0, 120.0

HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    # Not `no-referrer`: with that a browser sends `Origin: null` even for our own forms (Fetch, "append a request
    # `Origin` header"), and the check below could not tell them from a stranger's.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# A month, so that a site that gives its name back is not out of reach for a year.
HSTS = "max-age=2592000"


CAMERA = "camera=(self), microphone=(), geolocation=()"


def policy_of(path: str) -> str:
    """What a page may ask of the device: the two that enrol a face may ask for its camera, and no other."""
    enrols = path == "/people/enrol" or (path.startswith("/people/") and path.endswith("/face"))
    return CAMERA if enrols else HEADERS["permissions-policy"]


def body_limit(path: str) -> int:
    """The bytes a body sent to `path` may have."""
    if path == "/api/v1/policy" or path.startswith(("/api/v1/policy/", "/policy/")):
        return POLICY_MAX_BYTES
    takes_files = path == "/ledger" or path.endswith(
        ("/present", "/enrol", "/face", "/face-hint", "/import", "/me/contest")
    )
    return UPLOAD_MAX_BYTES if takes_files else FORM_MAX_BYTES


def host_of(netloc: str) -> str | None:
    """The host name in a Host header, lower case and without its port; None when it is malformed."""
    if not netloc or any(sign in netloc for sign in "/\\@?# \t"):
        return None
    try:
        parts = urlsplit(f"//{netloc}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname


def origin_of(reach: Reach, host: str) -> str:
    """The origin of our own pages for a browser that sent this Host header."""
    proxied = reach.proxies and host_of(host) in LOOPBACK_NAMES
    return f"{'http' if reach.host is None or proxied else 'https'}://{host}"


def check(reach: Reach, method: str, headers: Headers, path: str) -> Problem | None:
    """What is wrong with a request's envelope, or None. Any port is ours: the panel may be reached through a tunnel."""
    hosts = headers.getlist("host")
    name = host_of(hosts[0]) if len(hosts) == 1 else None
    if name is None or (name != reach.host and name not in LOOPBACK_NAMES):
        names = ", ".join(filter(None, (reach.host, "127.0.0.1, localhost and [::1]")))
        return ForeignHost(
            "This address is not one of the panel's.",
            f"The panel answers to {names} only, so that no other site can stand in for it.",
            "Open it at the address that `ostiary run` printed.",
        )
    origins = headers.getlist("origin")
    site = headers.get("sec-fetch-site")
    own = all(origin == origin_of(reach, hosts[0]) for origin in origins)
    foreign_site = method not in READING and site not in (None, "same-origin", "none")
    if not own or len(origins) > 1 or foreign_site:
        return ForeignOrigin(
            "This request came from another site and was not done.",
            "Only the panel's own pages may ask the panel for something.",
            "Open the panel itself and do it there.",
        )
    if method not in READING and not origins and site is None and "cookie" in headers:
        return ForeignOrigin(
            "This request was not done.",
            "It brings a cookie and does not say which page sent it, as every browser does.",
            "A program sends a token and no cookie: Authorization: Bearer ostiary_…",
        )
    length = headers.get("content-length")
    if length is not None and (not length.isascii() or not length.isdigit() or int(length) > body_limit(path)):
        return too_large(path)
    return None


def client_of(request: HTTPConnection) -> str:
    """The address of whoever asks; behind a proxy the one that it names."""
    return request.client.host if request.client else ""


def forwarded(scope: Scope, reach: Reach) -> Problem | None:
    """Behind a proxy: takes over the client's address from it, and refuses whoever comes past it.

    The last address of X-Forwarded-For is the proxy's own word; those before are the client's, and not believed.
    """
    near = (scope.get("client") or ("", 0))[0]
    if near not in reach.proxies:
        if near in LOOPBACK_NAMES:
            return None
        return ForeignHost(
            "The panel is not reached like this.",
            "It stands behind a proxy, and this request came past it.",
            f"Open https://{reach.host}",
        )
    said = Headers(scope=scope).getlist("x-forwarded-for")
    try:
        scope["client"] = (str(ipaddress.ip_address(said[-1].rpartition(",")[2].strip())), 0)
    except (IndexError, ValueError):
        return ForeignHost(
            "The panel is not reached like this.",
            "The proxy does not say whom it speaks for.",
            "Have it set X-Forwarded-For to the client's address: docs/https.md",
        )
    return None


def picture_too_large() -> BodyTooLarge:
    return BodyTooLarge(
        "The picture is too large.",
        f"A picture may have {PICTURE_MAX_BYTES // 1_000_000} MB.",
        "Choose a smaller picture, or save this one with fewer pixels.",
    )


def too_large(path: str) -> BodyTooLarge:
    limit = body_limit(path)
    if limit == UPLOAD_MAX_BYTES:
        return picture_too_large()
    return BodyTooLarge(
        "What was sent is too large.",
        f"It may have {limit // 1024} KB.",
        "Shorten the longest field and send it again.",
    )


def too_slow() -> TooSlow:
    return TooSlow(
        "What was sent did not arrive in time.",
        f"Nothing came for {PAUSE_S:.0f} seconds, or all of it took more than {BODY_S:.0f}.",
        "Try again on a better line, or with a smaller picture.",
    )


class Guard:
    """ASGI middleware: refuses with `refuse(scope, problem)`, and puts the security headers on every answer."""

    def __init__(
        self,
        app: ASGIApp,
        refuse: Callable[[Scope, Problem], ASGIApp],
        reach: Reach,
        answered: Callable[[int], None] = lambda status: None,
    ) -> None:
        """`answered` hears the status of every answer."""
        self.app, self.refuse, self.reach, self.answered = app, refuse, reach, answered
        self._headers = HEADERS | ({"strict-transport-security": HSTS} if reach.host else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers["permissions-policy"] = policy_of(path)
                headers.setdefault("cache-control", "no-store")
                self.answered(message["status"])
            await send(message)

        problem = forwarded(scope, self.reach) if self.reach.proxies else None
        problem = problem or check(self.reach, scope["method"], Headers(scope=scope), path)
        if problem is not None:
            await self.refuse(scope, problem)(scope, receive, send_guarded)
            return

        left, more = body_limit(path), True
        until_s = asyncio.get_running_loop().time() + BODY_S

        async def receive_bounded() -> Message:
            nonlocal left, more
            if not more:
                return await receive()
            try:
                async with asyncio.timeout_at(min(until_s, asyncio.get_running_loop().time() + PAUSE_S)):
                    message = await receive()
            except TimeoutError as error:
                raise too_slow() from error
            more = message["type"] == "http.request" and bool(message.get("more_body"))
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise too_large(path)
            return message

        await self.app(scope, receive_bounded, send_guarded)
