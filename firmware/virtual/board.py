"""The board process: holds the virtual door's pins, outlives whoever drives them, and serves the doorstep socket.

    python -m ostiary.firmware.virtual.board --socket PATH --door front [--auto-open]

A person's frames are those of `protocol/doorstep.py`, and:
    {"do": "present", …, "picture": true}           a picture is shown, be it of no bytes at all
    {"do": "present", …, "pictures": [9, 7]}        two are shown, one after the other, of so many bytes
    {"do": "present", …, "walk": true}              on yes, open the door, walk through and close it
    {"do": "press", "what": "rex", "hold_ms": 500}
    {"do": "edges", "since": 0, "count": 1, "wait_ms": 5000}
        edges after number `since`, as soon as there are `count` of them or `wait_ms` has passed; a JSON list follows

An owner's first frame is {"do": "attach", "as": "node"} or {"do": "attach", "as": "strike"}; a later owner of the same
part takes it over. To the node the board sends "input" (contact and rex) and "present"; from it come "presented" and
"display". The strike's owner sends {"do": "strike", "on": true} and gets one frame back when the level is set.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from ostiary.firmware.virtual.leaf import Leaf
from ostiary.firmware.virtual.socket_file import SocketInUse, claim
from ostiary.protocol.doorstep import read_frame, write_frame
from ostiary.protocol.errors import Refused

PRESENT_TIMEOUT_S = 30
REACH_S = 0.1
STEP_S = 0.3
LONGEST_WAIT_MS = 60_000

NO_NODE = {
    "what": "Nobody answers at this door.",
    "why": "No node is attached to the virtual board.",
    "now": "Start the node (ostiary run does), then try again.",
}
GONE = {
    "what": "The door did not answer.",
    "why": "Its node stopped, or took too long, while it was looking.",
    "now": "Try again; if it stays so, read the node's messages.",
}


class BadRequest(ValueError):
    """A frame that no part of the doorstep sends."""


class Board:
    """One virtual door and everybody connected to it."""

    def __init__(self, door: str, auto_open: bool = False) -> None:
        self.door = door
        self.leaf = Leaf()
        self.display: dict[str, Any] | None = None
        self._auto_open = auto_open
        self._owners: dict[str, asyncio.StreamWriter] = {}
        self._presents: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._edge = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first frame until it leaves."""
        try:
            while True:
                header, blob = await read_frame(reader)
                if header.get("do") == "attach":
                    await self._own(str(header.get("as")), reader, writer)
                    return
                await self._answer_person(header, blob, writer)
        except (EOFError, ConnectionError, asyncio.CancelledError):
            # Cancelled: the board ends. To raise it here would only make asyncio print a traceback of its own.
            return
        except (Refused, BadRequest) as mistake:
            error = {
                "what": "The board did not understand this frame.",
                "why": str(mistake),
                "now": "See the frames in firmware/virtual/board.py.",
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
            edges = [
                {"number": edge.number, "pin": edge.pin, "level": edge.level, "at_ms": edge.at_ms}
                for edge in self.leaf.edges(_whole(header, "since", 0))
            ]
            await write_frame(writer, {"count": self.leaf.count, "now_ms": _now_ms()}, json.dumps(edges).encode())
        elif do == "pins":
            await write_frame(writer, self._pins())
        elif do in ("open", "close"):
            how = self.leaf.why_it_opens()
            await self._set("contact", do == "open")
            await write_frame(writer, {**self._pins(), "how": how if do == "open" else "closed"})
        elif do == "press" and header.get("what") == "rex":
            await self._set("rex", True)
            self._later(_whole(header, "hold_ms", 500) / 1000, self._set("rex", False))
            await write_frame(writer, self._pins())
        else:
            raise BadRequest(f"{do!r} is none of present, press, open, close, pins, edges, attach")

    async def _present(self, header: dict[str, Any], blob: bytes) -> dict[str, Any]:
        node = self._owners.get("node")
        if node is None:
            return {"error": NO_NODE}
        self._number += 1
        number = self._number
        shown = self._presents[number] = asyncio.get_running_loop().create_future()
        try:
            # An empty picture file is a picture too, and worth a word.
            picture = bool(blob) or header.get("picture") is True
            asked = {"do": "present", "number": number, "card": header.get("card"), "picture": picture}
            if "pictures" in header:
                asked["pictures"] = header["pictures"]
            await write_frame(node, asked, blob)
            async with asyncio.timeout(PRESENT_TIMEOUT_S):
                reply = await shown
        except (TimeoutError, ConnectionError):
            return {"error": GONE}
        finally:
            del self._presents[number]
        if (header.get("walk") is True or self._auto_open) and reply.get("show", {}).get("say") == "yes":
            self._later(REACH_S, self._walk())
        return reply

    async def _walk(self) -> None:
        # Somebody who was told yes and finds the door locked after all does not force it.
        if self.leaf.strike:
            await self._set("contact", True)
            await asyncio.sleep(STEP_S)
            await self._set("contact", False)

    async def _own(self, part: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if part not in ("node", "strike"):
            raise BadRequest(f"{part!r} is neither node nor strike")
        before = self._owners.pop(part, None)
        if before is not None:
            before.close()
            if part == "node":
                self._give_up_presents()
        self._owners[part] = writer
        try:
            await write_frame(writer, {"do": "attached", "door": self.door, **self._pins()})
            while True:
                header, _ = await read_frame(reader)
                do = header.get("do")
                if part == "strike" and do == "strike":
                    await self._set("strike", header.get("on") is True)
                    await write_frame(writer, {"do": "strike", "on": self.leaf.strike})
                elif part == "node" and do == "display":
                    self.display = {name: header.get(name) for name in ("say", "learn", "receipt")}
                elif part == "node" and do == "presented":
                    shown = self._presents.get(_whole(header, "number", 0))
                    if shown is not None and not shown.done():
                        shown.set_result(header.get("reply") or {"error": GONE})
                else:
                    raise BadRequest(f"{do!r} is nothing that a {part} sends")
        finally:
            # The levels stay: a wire does not know who drove it.
            if self._owners.get(part) is writer:
                del self._owners[part]
                if part == "node":
                    self._give_up_presents()

    def _give_up_presents(self) -> None:
        for shown in self._presents.values():
            if not shown.done():
                shown.set_result({"error": GONE})

    async def _set(self, pin: str, level: bool) -> None:
        if not self.leaf.set(pin, level, _now_ms()):
            return
        edge, self._edge = self._edge, asyncio.Event()
        edge.set()
        node = self._owners.get("node")
        if node is not None and pin != "strike":
            with contextlib.suppress(ConnectionError):
                await write_frame(node, {"do": "input", **self.leaf.levels()})

    async def _wait_for_edges(self, header: dict[str, Any]) -> None:
        wanted = _whole(header, "since", 0) + _whole(header, "count", 1)
        wait_s = min(_whole(header, "wait_ms", 0), LONGEST_WAIT_MS) / 1000
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self.leaf.count < wanted:
                    await self._edge.wait()

    def _later(self, after_s: float, what: Coroutine[Any, Any, None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(after_s)
            await what

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)  # the loop itself keeps no hold of a task
        task.add_done_callback(self._tasks.discard)

    def _pins(self) -> dict[str, Any]:
        attached = {"node": "node" in self._owners, "guard": "strike" in self._owners}
        return {**self.leaf.levels(), "display": self.display, "attached": attached}


def _whole(header: dict[str, Any], name: str, otherwise: int) -> int:
    value = header.get(name, otherwise)
    if type(value) is not int or value < 0:
        raise BadRequest(f"{name}: expected a whole number")
    return value


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


async def run(path: Path, door: str, auto_open: bool) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SocketInUse` when another board serves there."""
    board = Board(door, auto_open)
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
    asked = parser.parse_args()
    try:
        asyncio.run(run(asked.socket, asked.door, asked.auto_open))
    except (SocketInUse, OSError) as mistake:
        print(f"board: {mistake}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
