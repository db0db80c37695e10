"""The way of web and CLI to the keeper: one act, one line there and one line back over a local socket."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ostiary.controller.acts.errors import ActError

LINE_BYTES = 1 << 20
PATIENCE_S = 10.0
PROGRESS = b'{"progress":'


def _away(error: OSError) -> ActError:
    return ActError(
        "keeper-away",
        "The keeper does not answer.",
        f"Its socket could not be reached ({error.strerror or error}).",
        "Is it running? Start it with: ostiary run",
    )


def _ask(name: str, args: dict[str, Any], operator: str, purpose: str | None) -> bytes:
    asked = {"act": name, "args": args, "operator": operator, "purpose": purpose}
    return json.dumps(asked, separators=(",", ":")).encode() + b"\n"


def _result(line: bytes) -> dict[str, Any]:
    if not line:
        raise _away(ConnectionResetError("the connection was closed"))
    reply = json.loads(line)
    if "error" in reply:
        raise ActError(**reply["error"])
    return reply["done"]


class Keeper:
    """A client holds no connection: a keeper that was restarted is simply there again."""

    def __init__(self, socket_path: Path, patience_s: float = PATIENCE_S) -> None:
        """An act that reads the whole log needs more patience than others."""
        self._path, self._patience_s = str(socket_path), patience_s

    async def act(
        self,
        name: str,
        args: dict[str, Any],
        *,
        operator: str,
        purpose: str | None = None,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> dict[str, Any]:
        """Ask the keeper for an act. Raises `ActError` when it is not done, the keeper being away included.

        `progress` hears of an act that takes long how much is done of how much; as long as it hears anything, the
        keeper is not away.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience_s) as patience:
                reader, writer = await asyncio.open_unix_connection(self._path, limit=LINE_BYTES)
                try:
                    writer.write(_ask(name, args, operator, purpose))
                    await writer.drain()
                    while (line := await reader.readline()).startswith(PROGRESS):
                        patience.reschedule(loop.time() + self._patience_s)
                        progress(*json.loads(line)["progress"])
                finally:
                    writer.close()
        except TimeoutError as error:
            raise _away(TimeoutError("no answer in time")) from error
        except OSError as error:
            raise _away(error) from error
        return _result(line)

    def act_now(
        self,
        name: str,
        args: dict[str, Any],
        *,
        operator: str,
        purpose: str | None = None,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> dict[str, Any]:
        """The same for callers without an event loop."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(self._patience_s)
                line.connect(self._path)
                line.sendall(_ask(name, args, operator, purpose))
                with line.makefile("rb") as reading:
                    while (answer := reading.readline(LINE_BYTES)).startswith(PROGRESS):
                        progress(*json.loads(answer)["progress"])
        except OSError as error:
            raise _away(error) from error
        return _result(answer)
