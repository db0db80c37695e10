"""The node on a pretended chip: `micropython virtual.py FLASH DOORSTEP`, started by `firmware/virtual/esp32.py`.

FLASH is the folder that stands for the chip's flash, DOORSTEP the socket of the board that holds its pins.
"""

import asyncio
import sys

from ostiary.firmware.esp32 import identity
from ostiary.firmware.esp32.node import Node
from ostiary.firmware.esp32.wires_board import Board

REBOOT = 3  # the exit status by which the chip is asked to start anew


def log(line: str) -> None:
    """One plain line on standard error; callers name no person, card, probe or secret."""
    try:
        sys.stderr.write("node: " + line + "\n")
    except OSError:
        pass  # a full disk under the log must not end the door


async def main(flash: str, doorstep: str) -> int:
    """Exit status: 0 when asked to end, 1 when the node cannot run, 3 for a reboot."""
    ended = asyncio.Event()
    status = [0]

    def end(code: int) -> None:
        status[0] = code
        ended.set()

    async def listen() -> None:
        # A line asks for an end in good order. Without one our player is dead, and so are we in a moment: no power.
        if await asyncio.StreamReader(sys.stdin).readline():
            end(0)

    try:
        who = identity.read(identity.folder(flash))
        node = Node(who, flash, Board(doorstep, who.roles, log), lambda: end(REBOOT), log)
    except (ValueError, OSError) as mistake:
        log(str(mistake))
        return 1
    tasks = [asyncio.create_task(listen()), asyncio.create_task(node.run(lambda: print("READY")))]
    await ended.wait()
    for task in tasks:
        task.cancel()
    await node.stop()
    return status[0]


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2])))
