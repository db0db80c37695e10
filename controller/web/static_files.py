"""Static files whose addresses carry their hash: a browser may keep them for ever, and text travels packed."""

import gzip
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PACKED = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def packed(path: Path) -> bytes:
    """The file in gzip (RFC 1952), made once a process; nothing secret is in it, so its length tells nothing."""
    return gzip.compress(path.read_bytes(), 9, mtime=0)


class NamedByContent(StaticFiles):
    """The folder of static files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in (200, 304):
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        media = PACKED.get(Path(path).suffix)
        if media is None or response.status_code != 200:
            return response
        response.headers["vary"] = "accept-encoding"
        if scope["method"] != "GET" or not _takes_gzip(scope):
            return response
        headers = {"content-encoding": "gzip", "cache-control": response.headers["cache-control"]}
        full, _ = self.lookup_path(path)
        body = packed(Path(full))
        return Response(body, media_type=media, headers=headers | {"vary": "accept-encoding"})


def _takes_gzip(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            return any(coding.split(b";")[0].strip() == b"gzip" for coding in value.lower().split(b","))
    return False
