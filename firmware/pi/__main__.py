"""Runs a Raspberry Pi door node: `python -m ostiary.firmware.pi --node DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ostiary.firmware.pi import fittings, node
from ostiary.firmware.pi.boot_count import BootCountLost
from ostiary.firmware.pi.fittings import NoHardware
from ostiary.firmware.pi.identity import BadIdentity
from ostiary.hardware.mistake import BadProfile

REBOOT = 4


def main() -> int:
    """Exit status: 0 after SIGTERM, 1 when the node cannot run; standard error then says why and what to do. After an
    ordered reboot it is 4, for whoever starts it again."""
    parser = argparse.ArgumentParser(prog="ostiary.firmware.pi", description="A door node.")
    parser.add_argument("--node", type=Path, required=True, help="the node's directory, as claiming made it")
    parser.add_argument("--doorstep", type=Path, help="the socket of a virtual board, for a virtual node")
    parser.add_argument("--camera", default="pi", help="pi (default), v4l2:/dev/video0, files:FOLDER or none")
    parser.add_argument("--display", type=Path, help="a terminal that is the door's display, such as /dev/tty1")
    asked = parser.parse_args()
    try:
        chosen = fittings.Chosen(asked.doorstep, asked.camera, asked.display)
        return REBOOT if node.run(asked.node, chosen) else 0
    except (BadIdentity, BadProfile, BootCountLost, NoHardware, node.Blind) as mistake:
        node.log(str(mistake))
        return 1
    except OSError as mistake:
        node.log(f"The node cannot use its files. {mistake}. Check the disk and the owner of {asked.node}.")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
