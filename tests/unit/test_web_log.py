"""The published log over HTTP: the files as they lie, by their one name each, and nothing beside them."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from ostiary.controller import site as settings
from ostiary.controller.record.publishing import Publishing
from ostiary.controller.record.tiles import ENTRIES, Tile, Tiles
from ostiary.controller.site import Site
from ostiary.controller.store.places import Places
from ostiary.controller.web import answering
from ostiary.controller.web.api import log

NOTE = "ostiary/northside\n300\nroot\n\n\u2014 ostiary/northside signature\n"


class Visitor:
    """Asks the application itself, without a line in between."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://here") as client:
                return await client.get(path)

        return asyncio.run(ask())


@pytest.fixture
def client(tmp_path: Path) -> Visitor:
    places = Places(tmp_path)
    settings.write(places.site_toml, Site("northside", 1, 2))
    places.log_db.write_bytes(b"secret")
    entries = [number.to_bytes(32, "big") for number in range(300)]
    publishing = Publishing(Tiles(places.log_tiles), lambda first, limit: entries[first : first + limit])
    publishing.grow(300)
    publishing.publish(NOTE)
    app = FastAPI()
    answering.register(app)
    app.include_router(log.router)
    app.state.desk = SimpleNamespace(places=places)
    return Visitor(app)


def test_checkpoint_and_tiles_are_served_as_they_lie(client: Visitor, tmp_path: Path) -> None:
    found = client.get("/log/northside/checkpoint")
    assert (found.text, found.headers["cache-control"]) == (NOTE, "no-store")
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    tiles = Tiles(tmp_path / "log")
    for tile in (Tile(0, 0), Tile(0, 1, 44), Tile(0, 1, 7), Tile(0, 0, 200), Tile(1, 0, 1), Tile(ENTRIES, 1, 44)):
        found = client.get(f"/log/northside/{tile.path}")
        assert found.content == tiles.read(tile)
        assert len(found.content) == tile.width * tile.item_bytes
        assert found.headers["content-type"] == "application/octet-stream"
        assert "immutable" in found.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "southside/checkpoint", "northside/tile/0/001", "northside/tile/0/001.p/45", "northside/tile/0/0",
        "northside/tile/0/..%2f..%2f..%2flog.db", "northside/tile/..%2flog.db", "northside/keys",
        "northside/tile/0/000.p/256", "northside/tile/2/000.p/1", "..%2fnorthside/checkpoint",
    ],
)  # fmt: skip
def test_nothing_else_is_there(client: Visitor, path: str) -> None:
    found = client.get(f"/log/{path}")
    assert found.status_code == 404 and b"secret" not in found.content


def test_a_log_that_is_not_published_yet_is_not_there(client: Visitor, tmp_path: Path) -> None:
    (tmp_path / "log" / "checkpoint").unlink()
    assert client.get("/log/northside/checkpoint").status_code == 404
