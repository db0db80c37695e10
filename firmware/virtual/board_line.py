"""One blocking connection to a board, for whoever drives its pins or stands at its door without an event loop."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any, Self

from ostiary.protocol.doorstep import MAX_LINE_BYTES, decode_header, encode_header


class BoardGone(ConnectionError):
    """The board cannot be reached, or left in the middle of a frame."""


class BoardLine:
    """Frames over one Unix socket. `timeout_s` bounds each wait; None waits forever. Raises `BoardGone` throughout."""

    def __init__(self, path: Path, timeout_s: float | None = None) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError as mistake:
            self._socket.close()
            raise BoardGone(f"no board answers at {path}: {mistake}") from mistake
        self._reading = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, header: dict[str, Any], blob: bytes = b"") -> None:
        """Send one frame. Raises `Refused` for what is no frame."""
        try:
            self._socket.sendall(encode_header(header, len(blob)) + blob)
        except OSError as mistake:
            raise BoardGone(f"the board left: {mistake}") from mistake

    def read(self) -> tuple[dict[str, Any], bytes]:
        """The next frame. Raises `Refused` for what is no frame."""
        try:
            line = self._reading.readline(MAX_LINE_BYTES + 1)
            header, size = decode_header(line) if line.endswith(b"\n") or len(line) > MAX_LINE_BYTES else ({}, -1)
            blob = self._reading.read(size) if size > 0 else b""
        except (OSError, ValueError) as mistake:
            if isinstance(mistake, OSError):
                raise BoardGone(f"the board left: {mistake}") from mistake
            raise
        if size < 0 or len(blob) < size:
            raise BoardGone("the board left")
        return header, blob

    def ask(self, header: dict[str, Any], blob: bytes = b"") -> dict[str, Any]:
        """Send one frame and return the header of the one that comes back."""
        self.send(header, blob)
        return self.read()[0]

    def fileno(self) -> int:
        """The socket's descriptor, to wait for."""
        return self._socket.fileno()

    def close(self) -> None:
        """Leave; whoever waits in `read` gets `BoardGone`."""
        with contextlib.suppress(OSError):  # it may have left already
            self._socket.shutdown(socket.SHUT_RDWR)
        # The reader's lock may be held by a thread inside `read`, which the shutdown above wakes.
        self._socket.close()
