"""Framing between the node and the process that looks: a line of JSON, and after it as many bytes as it announces."""

from __future__ import annotations

import json
import socket
from typing import Any

LONGEST_LINE = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024


class Hung(OSError):
    """The other side said nothing in time, or what it said is no frame."""


def send(line: socket.socket, header: dict[str, Any], blob: bytes | bytearray | memoryview = b"") -> None:
    """Send one frame. Raises OSError when the other side is gone or does not take it."""
    line.sendall(json.dumps({**header, "bytes": len(blob)}).encode() + b"\n")
    if len(blob):
        line.sendall(blob)


def receive(line: socket.socket) -> tuple[dict[str, Any], bytearray]:
    """The next frame. Raises EOFError when the other side has left, OSError when it hangs."""
    head = bytearray()
    while not head.endswith(b"\n"):
        # A look is a handful of short lines; what follows each is read at once.
        byte = line.recv(1)
        if not byte:
            raise EOFError("the other side has left")
        head += byte
        if len(head) > LONGEST_LINE:
            raise Hung("a line without an end")
    try:
        header = json.loads(head)
        size = header["bytes"]
    except (ValueError, TypeError, KeyError) as mistake:
        raise Hung(f"no frame: {mistake}") from mistake
    if type(size) is not int or not 0 <= size <= MOST_BYTES:
        raise Hung(f"{size!r} bytes")
    blob = bytearray(size)
    view, at = memoryview(blob), 0
    while at < size:
        read = line.recv_into(view[at:])
        if not read:
            raise EOFError("the other side has left")
        at += read
    return header, blob
