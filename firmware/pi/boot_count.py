"""How often this node has started: a number that only rises, whatever happens to its file."""

from __future__ import annotations

from pathlib import Path

from ostiary.firmware.pi import durable


class BootCountLost(ValueError):
    """The counter's file holds no number."""


def next_boot(path: Path, at_least: int) -> int:
    """Count this start, durably, and return its number, from 1. `at_least`: the highest boot that the journal names.

    Raises `BootCountLost`, and OSError when the disk refuses: a number used twice would make our asks look replayed.
    """
    before = 0
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        text = "0"
    except UnicodeDecodeError:
        text = ""
    if text.isdigit() and len(text) <= 10:
        before = int(text)
    elif not at_least:
        raise BootCountLost(
            f"The node cannot start. {path} holds no number, and the journal beside it names no earlier start. "
            f"Write a number above the node's last start into it (the keeper's log names it), for example: "
            f"echo 1000 > {path}"
        )
    boot = max(before, at_least) + 1
    durable.replace(path, b"%d\n" % boot)
    return boot
