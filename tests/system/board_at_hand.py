"""A real board process and real guards on it, with every edge waited for."""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ostiary.firmware.virtual.board_line import BoardLine

PATIENCE_S = 15.0


def python(module: str, *arguments: str, **wanted: Any) -> subprocess.Popen[bytes]:
    """Start a module as a process of its own, with pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **wanted
    )


def line_of(process: subprocess.Popen[bytes]) -> str:
    """The next line that the process prints; empty when it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


@dataclass
class BoardAtHand:
    """One board and whoever was started on it."""

    socket: Path
    process: subprocess.Popen[bytes]
    guards: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ask(self, header: dict[str, Any], blob: bytes = b"") -> dict[str, Any]:
        with BoardLine(self.socket, PATIENCE_S) as line:
            return line.ask(header, blob)

    def pins(self) -> dict[str, Any]:
        return self.ask({"do": "pins"})

    def edges(self, count: int, since: int = 0, pin: str = "strike") -> list[dict[str, Any]]:
        """Wait for `count` edges after `since`; only those of `pin` come back."""
        with BoardLine(self.socket, PATIENCE_S) as line:
            line.send({"do": "edges", "since": since, "count": count, "wait_ms": int(PATIENCE_S * 900)})
            said, blob = line.read()
        assert said["count"] - since >= count, f"only {said['count'] - since} edges came"
        return [edge for edge in json.loads(blob) if edge["pin"] == pin]

    def guard(self) -> subprocess.Popen[bytes]:
        """A guard that has driven the strike off and takes orders."""
        guard = python("ostiary.firmware.pi.strike_guard", "--pins", f"board:{self.socket}")
        self.guards.append(guard)
        assert line_of(guard) == "READY"
        return guard


def order(guard: subprocess.Popen[bytes], line: str) -> None:
    assert guard.stdin is not None
    guard.stdin.write(line.encode() + b"\n")
    guard.stdin.flush()


def start_board(socket: Path, *more: str) -> subprocess.Popen[bytes]:
    board = python("ostiary.firmware.virtual.board", "--socket", str(socket), "--door", "front", *more)
    assert line_of(board) == "READY"
    return board


@contextlib.contextmanager
def board_at_hand(*more: str) -> Iterator[BoardAtHand]:
    """A running board in a short directory: a Unix socket's path has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="o-") as directory:
        socket = Path(directory) / "front.sock"
        board = BoardAtHand(socket, start_board(socket, *more))
        try:
            yield board
        finally:
            for process in (*board.guards, board.process):
                if process.poll() is None:
                    process.kill()
                process.communicate()
