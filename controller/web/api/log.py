"""The log for anybody: checkpoint and tiles in the layout of C2SP tlog-tiles, straight from the files."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ostiary.controller import site as settings
from ostiary.controller.record.tiles import Tiles, tile_named
from ostiary.controller.web.answering import not_there
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.who import anybody

router = APIRouter(
    prefix="/log/{site}", tags=["log"], dependencies=[anybody("the published log is there for everybody to check")]
)

# A tile never changes; a checkpoint is as good as it is new.
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
JUST_NOW = {"cache-control": "no-store"}


@router.get("/checkpoint", response_class=PlainTextResponse)
async def checkpoint(request: Request, site: str) -> Response:
    """The newest published checkpoint, a signed note with the cosignatures that it has."""
    note = await run_in_threadpool(_tiles(request, site).checkpoint)
    if note is None:
        raise not_there()
    return PlainTextResponse(note, headers=JUST_NOW)


@router.get("/keys", response_class=PlainTextResponse)
async def keys(request: Request, site: str) -> Response:
    """The log's verifier keys, the newest last; each but the first with the signature of the one before."""
    chain = await run_in_threadpool(_tiles(request, site).keys)
    if chain is None:
        raise not_there()
    return PlainTextResponse(chain, headers=JUST_NOW)


@router.get("/erasures", response_class=PlainTextResponse)
async def erasures(request: Request, site: str) -> Response:
    """What was erased, by ids of keys that are destroyed: signed, so that a restored backup can be made to follow."""
    found = await run_in_threadpool(_tiles(request, site).erasures)
    if found is None:
        raise not_there()
    return PlainTextResponse(found, headers=JUST_NOW)


@router.get("/tile/{name:path}")
async def tile(request: Request, site: str, name: str) -> Response:
    """`<L>/<N>` and `entries/<N>`, each with `.p/<W>` for its first W hashes or entries."""
    named = tile_named(f"tile/{name}")
    data = None if named is None else await run_in_threadpool(_tiles(request, site).read, named)
    if data is None:
        raise not_there()
    return Response(data, media_type="application/octet-stream", headers=FOR_EVER)


def _tiles(request: Request, site: str) -> Tiles:
    places = desk_of(request).places
    if site != settings.read(places.site_toml).name:
        raise not_there()
    return Tiles(places.log_tiles)
