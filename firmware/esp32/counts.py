"""How often this board has started, and how many starts in a row went wrong; both survive a power cut."""

from ostiary.firmware.esp32 import flash

MOST_BAD = 10  # after so many the door runs in safe mode


class BootCountLost(ValueError):
    """The counter's file holds no number, and the journal names no earlier start."""


def next_boot(path: str, at_least: int) -> int:
    """Count this start, durably, and return its number, from 1. `at_least`: the highest boot that the journal names.

    Raises `BootCountLost`, and OSError when the flash refuses: a number used twice would make our asks look replayed.
    """
    held = flash.read(path)
    before = _number(held, 10)
    if held and before is None and not at_least:
        raise BootCountLost("The node cannot start. " + path + " holds no number. Claim the node again.")
    boot = max(before or 0, at_least) + 1
    flash.replace(path, b"%d\n" % boot)
    return boot


def begin(path: str) -> int:
    """Count this start as a bad one, durably; returns how many there were in a row before it. A file without a number
    counts as none. Raises OSError when the flash refuses."""
    before = _number(flash.read(path), 4) or 0
    flash.replace(path, b"%d\n" % (before + 1))
    return before


def settle(path: str, count: int) -> None:
    """So many bad starts there are now. A flash that refuses leaves the start counted as bad: at most a safe mode."""
    try:
        flash.replace(path, b"%d\n" % count)
    except OSError:
        pass


def _number(data: bytes, longest: int) -> "int | None":
    digits = data.strip()
    return int(digits) if digits.isdigit() and len(digits) <= longest else None
