"""Who drives a board: a node as reader, a node as strike (often one and the same), and the strike's guard.

An owner's first frame is one of

    {"do": "attach", "as": "node", "roles": ["reader", "strike"]}      without `roles`: both
    {"do": "attach", "as": "strike"}                                   the guard, which alone sets the strike

Each part has one owner; whoever attaches later takes it over, and the one before is let go. A node gets
{"do": "input", …all levels} at every change; the reader also gets "present", "keys" and "wiegand", and says
"presented", "display" and {"do": "tell", "led": pattern, "buzzer": pattern}. The guard says
{"do": "strike", "on": true} and gets one frame back when the level is set.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from ostiary.protocol.doorstep import write_frame

PRESENT_TIMEOUT_S = 30
ROLES = ("reader", "strike")
NODE_SAYS = ("presented", "display", "tell")
# What a person brings to the reader, handed on as it came.
BROUGHT = ("card", "pass", "pin")

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


class Owners:
    """The connections of one board, by part: `reader`, `strike` (a node's roles) and `guard`."""

    def __init__(self) -> None:
        self._by_part: dict[str, asyncio.StreamWriter] = {}
        self._presents: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0

    def take(self, header: dict[str, Any], writer: asyncio.StreamWriter) -> tuple[str, ...]:
        """Give the parts that an `attach` names to its connection; returns them. Raises `BadRequest`."""
        parts = _parts(header)
        for before in {self._by_part[part] for part in parts if part in self._by_part}:
            self.leave(before)
            before.close()
        self._by_part |= dict.fromkeys(parts, writer)
        return parts

    def leave(self, writer: asyncio.StreamWriter) -> None:
        """This connection has no part any more; whoever waited for its reader is told so."""
        mine = [part for part, owner in self._by_part.items() if owner is writer]
        for part in mine:
            del self._by_part[part]
        if "reader" in mine:
            for shown in self._presents.values():
                if not shown.done():
                    shown.set_result({"error": GONE})

    def attached(self) -> dict[str, bool]:
        """Who is there. `node`: somebody reads; `strike`: a node watches contact and REX."""
        return {
            "node": "reader" in self._by_part,
            "strike": "strike" in self._by_part,
            "guard": "guard" in self._by_part,
        }

    async def tell_nodes(self, frame: dict[str, Any]) -> None:
        """Send a frame to every node once."""
        for writer in {self._by_part[role] for role in ROLES if role in self._by_part}:
            with contextlib.suppress(ConnectionError):
                await write_frame(writer, frame)

    async def tell_reader(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Hand a person's frame on as it is; returns what the person is told."""
        reader = self._by_part.get("reader")
        if reader is None:
            return {"error": NO_NODE}
        try:
            await write_frame(reader, frame)
        except ConnectionError:
            return {"error": GONE}
        return {"passed_on": True}

    async def present(self, header: dict[str, Any], blob: bytes) -> dict[str, Any]:
        """Hand a visit on and wait for its one reply."""
        reader = self._by_part.get("reader")
        if reader is None:
            return {"error": NO_NODE}
        self._number += 1
        number = self._number
        shown = self._presents[number] = asyncio.get_running_loop().create_future()
        try:
            # An empty picture file is a picture too, and worth a word.
            asked = {"do": "present", "number": number, "picture": bool(blob) or header.get("picture") is True}
            asked |= {name: header.get(name) for name in BROUGHT}
            if "pictures" in header:
                asked["pictures"] = header["pictures"]
            await write_frame(reader, asked, blob)
            async with asyncio.timeout(PRESENT_TIMEOUT_S):
                return await shown
        except (TimeoutError, ConnectionError):
            return {"error": GONE}
        finally:
            del self._presents[number]

    def presented(self, number: int, reply: Any) -> None:
        """The reader's reply to a visit; one that nobody waits for any more is dropped."""
        shown = self._presents.get(number)
        if shown is not None and not shown.done():
            shown.set_result(reply if isinstance(reply, dict) and reply else {"error": GONE})


def _parts(header: dict[str, Any]) -> tuple[str, ...]:
    part, roles = header.get("as"), header.get("roles", list(ROLES))
    if part == "strike":
        return ("guard",)
    if part != "node":
        raise BadRequest(f"{part!r} is neither node nor strike")
    if not isinstance(roles, list) or not roles or any(role not in ROLES for role in roles):
        raise BadRequest(f"roles: {roles!r} is no list of reader and strike")
    return tuple(role for role in ROLES if role in roles)
