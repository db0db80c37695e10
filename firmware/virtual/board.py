"""The board process: holds the virtual door's pins, outlives whoever drives them, and serves the doorstep socket.

    python -m ostiary.firmware.virtual.board --socket PATH --door front [--auto-open] [--one-shot-ms N] [--edges FILE]

A person's frames are those of `protocol/doorstep.py`. `edges` gives those after number `since`, as soon as there are
`count` of them or `wait_ms` has passed, as a JSON list behind the frame. `--edges` appends each edge to a file as well,
one JSON object a line, for a judge who wants to see more lives of the board than one.

An owner's first frame is {"do": "attach", "as": "node", "roles": […]} or {"do": "attach", "as": "strike"}; see
`owners.py`. `--one-shot-ms` pretends the hardware one-shot on the strike line: it drops a strike that is on so long.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ostiary.firmware.virtual.leaf import BY_HAND, Leaf
from ostiary.firmware.virtual.owners import NODE_SAYS, BadRequest, Owners
from ostiary.firmware.virtual.socket_file import SocketInUse, claim
from ostiary.protocol.doorstep import read_frame, write_frame
from ostiary.protocol.errors import Refused

REACH_S = 0.1
STEP_S = 0.3
LONGEST_WAIT_MS = 60_000


class Board:
    """One virtual door and everybody connected to it."""

    def __init__(
        self, door: str, auto_open: bool = False, one_shot_ms: int | None = None, edges: Path | None = None
    ) -> None:
        self.door = door
        self.leaf = Leaf()
        self.shown: dict[str, Any] = {"display": None, "led": None, "buzzer": None}
        self._auto_open = auto_open
        self._one_shot_ms = one_shot_ms
        self._edges = edges
        self._owners = Owners()
        self._edge = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first frame until it leaves."""
        try:
            while True:
                header, blob = await read_frame(reader)
                if header.get("do") == "attach":
                    await self._own(header, reader, writer)
                    return
                await self._answer_person(header, blob, writer)
        except (EOFError, ConnectionError, asyncio.CancelledError):
            # Cancelled: the board ends. To raise it here would only make asyncio print a traceback of its own.
            return
        except (Refused, BadRequest) as mistake:
            error = {
                "what": "The board did not understand this frame.",
                "why": str(mistake),
                "now": "See the frames in protocol/doorstep.py and firmware/virtual/owners.py.",
            }
            with contextlib.suppress(ConnectionError):
                await write_frame(writer, {"error": error})
        finally:
            writer.close()

    async def _answer_person(self, header: dict[str, Any], blob: bytes, writer: asyncio.StreamWriter) -> None:
        do = header.get("do")
        if do == "present":
            await write_frame(writer, await self._present(header, blob))
        elif do == "edges":
            await self._wait_for_edges(header)
            edges = [asdict(edge) for edge in self.leaf.edges(_whole(header, "since", 0))]
            await write_frame(writer, {"count": self.leaf.count, "now_ms": _now_ms()}, json.dumps(edges).encode())
        elif do == "pins":
            await write_frame(writer, self._pins())
        elif do in ("open", "pull", "close"):
            how = self.leaf.why_it_opens() if do != "close" else "closed"
            how = "locked" if do == "pull" and how == "forced" else how
            if how != "locked":
                await self._set("contact", do != "close", "person")
            await write_frame(writer, {**self._pins(), "how": how})
        elif do == "press" and header.get("what") == "rex":
            await self._set("rex", True, "person")
            self._later(_whole(header, "hold_ms", 500) / 1000, lambda: self._set("rex", False, "person"))
            await write_frame(writer, self._pins())
        elif do == "set" and header.get("pin") in BY_HAND:
            await self._set(str(header["pin"]), header.get("level") is True, "person")
            await write_frame(writer, self._pins())
        elif do in ("keys", "wiegand"):
            await write_frame(writer, await self._owners.tell_reader(header))
        else:
            known = "present, press, set, open, pull, close, keys, wiegand, pins, edges, attach"
            raise BadRequest(f"{do!r} is none of {known}, or what it names is nothing here")

    async def _present(self, header: dict[str, Any], blob: bytes) -> dict[str, Any]:
        reply = await self._owners.present(header, blob)
        if (header.get("walk") is True or self._auto_open) and reply.get("show", {}).get("say") == "yes":
            self._later(REACH_S, self._walk)
        return reply

    async def _walk(self) -> None:
        # Somebody who was told yes and finds the door locked after all does not force it.
        if self.leaf.strike:
            await self._set("contact", True, "person")
            await asyncio.sleep(STEP_S)
            await self._set("contact", False, "person")

    async def _own(self, header: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = self._owners.take(header, writer)
        try:
            await write_frame(writer, {"do": "attached", "door": self.door, **self._pins()})
            while True:
                header, _ = await read_frame(reader)
                do = header.get("do")
                if parts == ("guard",) and do == "strike":
                    await self._set("strike", header.get("on") is True, "guard")
                    await write_frame(writer, {"do": "strike", "on": self.leaf.strike})
                elif parts == ("guard",) or do not in NODE_SAYS:
                    raise BadRequest(f"{do!r} is nothing that a {' and a '.join(parts)} sends")
                elif do == "display":
                    self.shown["display"] = {name: header.get(name) for name in ("say", "learn", "receipt")}
                elif do == "tell":
                    self.shown |= {name: header[name] for name in ("led", "buzzer") if name in header}
                else:
                    self._owners.presented(_whole(header, "number", 0), header.get("reply"))
        finally:
            # The levels stay: a wire does not know who drove it.
            self._owners.leave(writer)

    async def _set(self, pin: str, level: bool, by: str) -> None:
        moved = self.leaf.set(pin, level, _now_ms(), by)
        if moved is None:
            return
        if self._edges is not None:
            with self._edges.open("a") as file:
                file.write(json.dumps(asdict(moved)) + "\n")
        edge, self._edge = self._edge, asyncio.Event()
        edge.set()
        if pin == "strike":
            if level and self._one_shot_ms is not None:
                self._later(self._one_shot_ms / 1000, lambda: self._one_shot(moved.number))
            return
        await self._owners.tell_nodes({"do": "input", **self.leaf.levels()})

    async def _one_shot(self, rose: int) -> None:
        # Only if this very rise is the strike's last edge: each rise has a one-shot of its own.
        if self.leaf.strike and not any(edge.pin == "strike" for edge in self.leaf.edges(rose)):
            await self._set("strike", False, "one-shot")

    async def _wait_for_edges(self, header: dict[str, Any]) -> None:
        wanted = _whole(header, "since", 0) + _whole(header, "count", 1)
        wait_s = min(_whole(header, "wait_ms", 0), LONGEST_WAIT_MS) / 1000
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self.leaf.count < wanted:
                    await self._edge.wait()

    def _later(self, after_s: float, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(after_s)
            await what()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)  # the loop itself keeps no hold of a task
        task.add_done_callback(self._tasks.discard)

    def _pins(self) -> dict[str, Any]:
        return {**self.leaf.levels(), **self.shown, "attached": self._owners.attached()}


def _whole(header: dict[str, Any], name: str, otherwise: int) -> int:
    value = header.get(name, otherwise)
    if type(value) is not int or value < 0:
        raise BadRequest(f"{name}: expected a whole number")
    return value


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


async def run(path: Path, board: Board) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SocketInUse` when another board serves there."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with claim(path) as listening:
        server = await asyncio.start_unix_server(board.serve, sock=listening)
        print("READY", flush=True)
        await stop.wait()
        server.close()


def main() -> int:
    """Run a board. Exit status: 0 after SIGTERM, 1 when the socket cannot be had."""
    parser = argparse.ArgumentParser(prog="board", description="Pretended hardware of one door.")
    parser.add_argument("--socket", type=Path, required=True, help="where persons and the node find this door")
    parser.add_argument("--door", required=True, help="the door's id, like front")
    parser.add_argument("--auto-open", action="store_true", help="whoever sees yes walks through")
    parser.add_argument("--one-shot-ms", type=int, help="a one-shot on the strike line, as real wiring has it")
    parser.add_argument("--edges", type=Path, help="append every edge to this file")
    asked = parser.parse_args()
    try:
        asyncio.run(run(asked.socket, Board(asked.door, asked.auto_open, asked.one_shot_ms, asked.edges)))
    except (SocketInUse, OSError) as mistake:
        print(f"board: {mistake}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
