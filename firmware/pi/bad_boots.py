"""How many starts in a row went wrong: after ten the node runs in safe mode, with no more than it needs for cards.

A start counts as bad from its beginning until the mind calls it good, or until it is ended in good order.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from ostiary.firmware.pi import durable

MOST = 10


def begin(path: Path) -> int:
    """Count this start as a bad one, durably; returns how many there were in a row before it.

    A file without a number counts as none: the door works then, and the next bad starts are counted again. Raises
    OSError when the disk refuses.
    """
    before = 0
    with contextlib.suppress(FileNotFoundError, UnicodeDecodeError):
        text = path.read_text("ascii").strip()
        before = int(text) if text.isdigit() and len(text) <= 4 else 0
    durable.replace(path, b"%d\n" % (before + 1))
    return before


def settle(path: Path, count: int) -> None:
    """So many bad starts there are now: none after a good one, `begin`'s number after one that ended in good order.

    A disk that refuses leaves the start counted as bad, which costs at most a safe mode.
    """
    with contextlib.suppress(OSError):
        durable.replace(path, b"%d\n" % count)
