"""Walks up to a virtual door: shows a picture and a card, presses the exit, opens the leaf, looks at the pins."""

import asyncio
from pathlib import Path
from typing import Any

from ostiary.protocol.doorstep import read_frame, write_frame

PATIENCE_S = 15.0


class NobodyThere(RuntimeError):
    """No virtual door answers at this socket."""


async def walk_up(socket: Path, asked: dict[str, Any], picture: bytes = b"") -> dict[str, Any]:
    """One request at the virtual door behind `socket`, e.g. `{"do": "present", "card": None}` with a picture.

    Returns what the door's board replies. Raises `NobodyThere` when there is no board or it says nothing.
    """
    return (await _asked(socket, asked, picture))[0]


async def look(socket: Path, since: int) -> tuple[int, bytes]:
    """How many edges the board's pins have had, and those after number `since` as a JSON list. Raises `NobodyThere`."""
    said, edges = await _asked(socket, {"do": "edges", "since": since, "count": 0}, b"")
    return said["count"], edges


async def _asked(socket: Path, asked: dict[str, Any], picture: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(str(socket))
            try:
                await write_frame(writer, asked, picture)
                return await read_frame(reader)
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError) as error:
        raise NobodyThere(
            f"The virtual door {socket.stem} does not answer ({error or 'no reply in time'}). "
            "Virtual doors run as part of: ostiary run"
        ) from error
