"""The web process: `python -m ostiary.controller.web --data DIR --port 8080`. Prints READY when it listens."""

import argparse
import asyncio
import gc
import logging
import signal
import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn

from ostiary.controller import site as settings
from ostiary.controller.reach import Reach
from ostiary.controller.store.people_db import PeopleDbError
from ostiary.controller.store.places import Places
from ostiary.controller.web.app import make_app
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.patience import Patience
from ostiary.controller.web.settling import settle_contests

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


def listen(address: str, port: int) -> socket.socket:
    """The listening socket. Exits with a sentence when the port is taken, or the address is none of this machine's."""
    line = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        line.bind((address, port))
    except OSError as error:
        line.close()
        sys.exit(
            f"The web cannot listen on {address}:{port}. {error.strerror}: another program may hold the port. "
            f"End that program, or choose another port: ostiary run --port {port + 1 if port < 65535 else 8080}"
        )
    return line


def served(places: Places, reach: Reach) -> tuple[str | None, str | None]:
    """The files of certificate and key for HTTPS; none on loopback and behind a proxy. Exits with a sentence when they
    cannot be used."""
    if not reach.tls:
        return None, None
    own = str(places.web_certificate), str(places.web_key)
    certificate, key = (reach.certificate, reach.key) if reach.certificate and reach.key else own
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        sys.exit(
            f"The web cannot serve HTTPS with {certificate} and {key}. {error.strerror or error}. "
            "They must be PEM files that fit each other and that this user may read: see docs/https.md"
        )
    return certificate, key


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m ostiary.controller.web", description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the site's data directory")
    arguments.add_argument("--port", type=int, default=8080, help="where to listen on 127.0.0.1")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    places = Places(given.data)
    try:
        site = replace(settings.read_existing(places.site_toml), web_port=given.port)
        line = listen(site.reach.listen, given.port)
        desk = Desk(places, site)
    except (PeopleDbError, settings.BadSite) as error:
        sys.exit(str(error))
    certificate, key = served(places, site.reach)
    config = uvicorn.Config(
        make_app(desk),
        loop="uvloop",
        http=Patience,
        # Behind a proxy the guard itself takes its word for the client's address, and nobody else's.
        proxy_headers=False,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
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
