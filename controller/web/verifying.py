"""A receipt checked by the verifier that shares no code with the controller, in a process of its own."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

PATIENCE_S = 20.0
_PROGRAM = "ostiary.controller.record.standalone"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the receipt holds, and the verifier's own sentences."""

    holds: bool
    says: tuple[str, ...]


async def verify(receipt: str, key: str) -> Verified:
    """What the verifier says of a receipt file; `key` is the log's verifier key, "" for the receipt's own."""
    # In memory only: a receipt says what was decided about somebody.
    held = os.memfd_create("receipt")
    try:
        os.write(held, receipt.encode())
        command = [sys.executable, "-m", _PROGRAM, f"/dev/fd/{held}", *(["--key", key] if key else [])]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, pass_fds=(held,)
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                told, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return Verified(False, (f"The verifier did not come to an end within {PATIENCE_S:g} s.",))
    finally:
        os.close(held)
    said = told.decode(errors="replace").split("\n{", 1)[0].splitlines()
    return Verified(process.returncode == 0, tuple(said) or ("The verifier said nothing.",))


def line(record: dict[str, Any]) -> bytes:
    """A record as one line of an export."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
