"""The witness's line to the world: one small HTTP server for `add-checkpoint`, and for what it remembers."""

import signal
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, unquote

from ostiary.controller.record.witness import TEXT, Answer, Witness
from ostiary.controller.store.errors import ThreePartError

MOST_BYTES = 200_000
PATIENCE_S = 10


class CannotListen(ThreePartError, OSError):
    """The address cannot be listened on."""


def server(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """A server that answers for `witness`. Raises CannotListen."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = PATIENCE_S

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if self.path != "/add-checkpoint":
                self._say(Answer(404, "There is add-checkpoint here, and nothing else.\n"))
            elif not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
                self.close_connection = True
                self._say(Answer(413, "The request has no length, or too great a one.\n"))
            else:
                self._say(witness.add(self.rfile.read(int(length))))

        def do_GET(self) -> None:
            note = witness.seen().get(unquote(self.path.removeprefix("/checkpoint/")))
            if not note:
                names = "".join(f"/checkpoint/{quote(origin, safe='')}\n" for origin in witness.seen())
                self._say(Answer(404, f"What this witness remembers is at:\n{names}"))
            else:
                self._say(Answer(200, note))

        def _say(self, answer: Answer) -> None:
            body = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("content-type", answer.kind or TEXT)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Nobody's address is written down."""

    try:
        return ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise CannotListen(
            "The witness did not start.",
            f"It cannot listen on {host}:{port} ({error.strerror}).",
            "Choose another --host or --port.",
        ) from error


def serve(witness: Witness, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer until SIGINT or SIGTERM. `ready` hears the address. Raises CannotListen."""
    listening = server(witness, host, port)

    def stop(_signal: int, _frame: object) -> None:
        Thread(target=listening.shutdown).start()  # shutdown waits for the loop that this very thread runs

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    ready(f"http://{host}:{listening.server_address[1]}")
    try:
        listening.serve_forever()
    finally:
        listening.server_close()
