"""The first thing every request meets: only this machine's names, only our own pages, only bodies of a bounded size.

The panel listens on loopback, yet a browser on this machine also opens pages of strangers. DNS rebinding is refused by
the Host header, cross-site requests by Origin and Sec-Fetch-Site, and no page of ours may load from another host.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ostiary.controller.web.problem import BodyTooLarge, ForeignHost, ForeignOrigin, Problem

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})

# A form without a file is small; a picture may have 20 MB (the bound of models/picture) and its form a little more.
FORM_MAX_BYTES = 64 * 1024
PICTURE_MAX_BYTES = 20_000_000
UPLOAD_MAX_BYTES = PICTURE_MAX_BYTES + FORM_MAX_BYTES
# Two policies (`policy/yaml_text.py`), as a form or a JSON text may have to spell them.
POLICY_MAX_BYTES = 512 * 1024

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


CAMERA = "camera=(self), microphone=(), geolocation=()"


def policy_of(path: str) -> str:
    """What a page may ask of the device: the two that enrol a face may ask for its camera, and no other."""
    enrols = path == "/people/enrol" or (path.startswith("/people/") and path.endswith("/face"))
    return CAMERA if enrols else HEADERS["permissions-policy"]


def body_limit(path: str) -> int:
    """The bytes a body sent to `path` may have."""
    if path.startswith(("/api/v1/policy/", "/policy/")):
        return POLICY_MAX_BYTES
    return (
        UPLOAD_MAX_BYTES
        if path.endswith(("/present", "/enrol", "/face", "/face-hint", "/import", "/ledger"))
        else FORM_MAX_BYTES
    )


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


def check(method: str, headers: Headers, path: str) -> Problem | None:
    """What is wrong with a request's envelope, or None. Any port is ours: the panel may be reached through a tunnel."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or host_of(hosts[0]) not in LOOPBACK_NAMES:
        return ForeignHost(
            "This address is not one of the panel's.",
            "The panel answers to 127.0.0.1, localhost and [::1] only, so that no other site can stand in for it.",
            "Open it as http://127.0.0.1 with the port that `ostiary run` printed.",
        )
    origins = headers.getlist("origin")
    site = headers.get("sec-fetch-site")
    own = all(origin == f"http://{hosts[0]}" for origin in origins)
    foreign_site = method not in READING and site not in (None, "same-origin", "none")
    if not own or len(origins) > 1 or foreign_site:
        return ForeignOrigin(
            "This request came from another site and was not done.",
            "Only the panel's own pages may ask the panel for something.",
            "Open the panel itself and do it there.",
        )
    length = headers.get("content-length")
    if length is not None and (not length.isascii() or not length.isdigit() or int(length) > body_limit(path)):
        return too_large(path)
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


class Guard:
    """ASGI middleware: refuses with `refuse(scope, problem)`, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Scope, Problem], ASGIApp]) -> None:
        self.app, self.refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers["permissions-policy"] = policy_of(path)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        problem = check(scope["method"], Headers(scope=scope), path)
        if problem is not None:
            await self.refuse(scope, problem)(scope, receive, send_guarded)
            return

        left = body_limit(path)

        async def receive_bounded() -> Message:
            nonlocal left
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise too_large(path)
            return message

        await self.app(scope, receive_bounded, send_guarded)
