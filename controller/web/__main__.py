"""The web process: `python -m ostiary.controller.web --data DIR --port 8080`. Prints READY when it listens."""

import argparse
import asyncio
import gc
import logging
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from ostiary.controller.store.people_db import PeopleDbError
from ostiary.controller.store.places import Places
from ostiary.controller.web.app import make_app
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.settling import settle_contests

LOOPBACK = "127.0.0.1"
LEAVING_S = 2


class Server(uvicorn.Server):
    """Ends every live stream when it is told to stop: a browser would keep one open for ever."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._desk.following.begin()
        self._settling = asyncio.create_task(settle_contests(self._desk))
        print("READY", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal again when it is done; having stopped as asked is a clean end.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._settling.cancel()
        self._desk.feed.close()
        await super().shutdown(sockets)


def listen(port: int) -> socket.socket:
    """A listening address on loopback and nowhere else. Exits with a sentence when the port is taken."""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        line.bind((LOOPBACK, port))
    except OSError as error:
        line.close()
        sys.exit(
            f"The web cannot listen on {LOOPBACK}:{port}. {error.strerror}: another program may hold the port. "
            f"End that program, or choose another port: ostiary run --port {port + 1 if port < 65535 else 8080}"
        )
    return line


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m ostiary.controller.web", description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the site's data directory")
    arguments.add_argument("--port", type=int, default=8080, help="where to listen on 127.0.0.1")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    line = listen(given.port)
    try:
        desk = Desk(Places(given.data))
    except PeopleDbError as error:
        sys.exit(str(error))
    config = uvicorn.Config(
        make_app(desk),
        loop="uvloop",
        http="h11",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=LEAVING_S,
    )
    # What was loaded by now stays; the collector need not look at it again and again.
    gc.freeze()
    try:
        Server(config, desk).run(sockets=[line])
    finally:
        desk.close()


if __name__ == "__main__":
    main()
