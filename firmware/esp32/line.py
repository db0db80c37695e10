"""TCP and TLS for MicroPython: an asyncio stream to a broker that shows a certificate of the site, and sees ours.

MicroPython's own streams cannot set TCP_NODELAY, without which two small messages wait 40 ms for each other, and wait
for a TLS socket by looking every millisecond. Here the event loop waits for the TCP socket below it.
"""

import socket
import ssl

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

core = __import__("asyncio").core  # by name: only MicroPython's has it

_TCP, _NODELAY = 6, 1  # IPPROTO_TCP and TCP_NODELAY, which MicroPython does not name (lwIP and Linux agree)
_UNDER_WAY = (115, 119, 11)  # EINPROGRESS of Linux and lwIP, EAGAIN


def context(ca: bytes, certificate: bytes, key: bytes) -> "Any":
    """TLS that trusts the site's CA alone and shows this node's certificate; each in DER. Raises `ValueError` (or
    `OSError`) when one cannot be read. Dates are checked by the clock, so that is set first."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_cert_chain(certificate, key)
    made.load_verify_locations(cadata=ca)
    return made


async def dial(host: str, port: int, tls: "Any") -> "tuple[Any, Any]":
    """(reader, writer) to `host`, whose certificate must be for that name. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    opened: "Any" = socket.socket(found[0], found[1], found[2])
    try:
        opened.setblocking(False)
        try:
            opened.setsockopt(_TCP, _NODELAY, 1)
        except OSError:
            pass  # a port without the option: slower, and that is all
        try:
            opened.connect(found[-1])
        except OSError as mistake:
            if mistake.errno not in _UNDER_WAY:
                raise
        sealed = tls.wrap_socket(opened, server_hostname=host, do_handshake_on_connect=False)
        sealed.setblocking(False)
    except Exception:  # whatever it is goes on; the socket does not stay behind
        opened.close()
        raise
    stream = Stream(opened, sealed)
    return stream, stream


class Stream:
    """What `mqtt.py` wants of asyncio's reader and writer. Methods that wait are generators, as MicroPython's are."""

    def __init__(self, opened: "Any", sealed: "Any") -> None:
        self._opened = opened
        self._sealed = sealed
        self._out = b""
        self._met = False  # the handshake comes with the first byte that is written

    def read(self, count: int) -> "Any":
        """At most `count` bytes, as soon as there are some; none when the other side has closed."""
        while True:
            # TLS may hold what the socket has given already, so it is asked before the socket is waited for.
            data = self._sealed.read(count)
            if data is not None:
                return data
            yield core._io_queue.queue_read(self._opened)

    def write(self, data: bytes) -> None:
        """To be sent by `drain`."""
        self._out += data

    def drain(self) -> "Any":
        """Send what was written."""
        while self._out:
            sent = self._sealed.write(self._out)
            if sent:
                self._met = True
                self._out = self._out[sent:]
            elif self._met:
                yield core._io_queue.queue_write(self._opened)
            else:
                yield core._io_queue.queue_read(self._opened)  # the other side's part of the handshake

    def close(self) -> None:
        """End the line; whoever waits for it is cancelled by then."""
        self._sealed.close()
        self._opened.close()


class Waiting:
    """A plain socket as `protocol/doorstep.py` reads one: lines and blocks, waited for by the event loop."""

    def __init__(self, opened: "Any") -> None:
        self._opened = opened
        self._came = b""

    def readline(self) -> "Any":
        """A line with its end, or what there was when the other side left."""
        while b"\n" not in self._came:
            more = yield from self._more()
            if not more:
                break
        at = self._came.find(b"\n") + 1 or len(self._came)
        line, self._came = self._came[:at], self._came[at:]
        return line

    def readexactly(self, count: int) -> "Any":
        """So many bytes. Raises EOFError when the other side leaves before."""
        while len(self._came) < count:
            more = yield from self._more()
            if not more:
                raise EOFError("the other side left")
        block, self._came = self._came[:count], self._came[count:]
        return block

    def _more(self) -> "Any":
        while True:
            data = self._opened.read(4096)
            if data is not None:
                self._came += data
                return len(data)
            yield core._io_queue.queue_read(self._opened)
