"""Runs a Raspberry Pi door node: `python -m ostiary.firmware.pi --node DIR [--doorstep SOCKET]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ostiary.firmware.pi import node
from ostiary.firmware.pi.boot_count import BootCountLost
from ostiary.firmware.pi.camera_pi import CameraMissing
from ostiary.firmware.pi.fittings import NoHardware
from ostiary.firmware.pi.identity import BadIdentity

REBOOT = 4


def main() -> int:
    """Exit status: 0 after SIGTERM, 1 when the node cannot run; standard error then says why and what to do. After an
    ordered reboot it is 4, for whoever starts it again."""
    parser = argparse.ArgumentParser(prog="ostiary.firmware.pi", description="A door node.")
    parser.add_argument("--node", type=Path, required=True, help="the node's directory, as claiming made it")
    parser.add_argument("--doorstep", type=Path, help="the socket of a virtual board, for a virtual node")
    asked = parser.parse_args()
    try:
        return REBOOT if node.run(asked.node, asked.doorstep) else 0
    except (BadIdentity, BootCountLost, CameraMissing, NoHardware, node.Blind) as mistake:
        node.log(str(mistake))
        return 1
    except OSError as mistake:
        node.log(f"The node cannot use its files. {mistake}. Check the disk and the owner of {asked.node}.")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
