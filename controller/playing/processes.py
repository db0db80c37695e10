"""A process's only child, found without any tool that a bare machine may lack."""

from pathlib import Path


class NoChild(ProcessLookupError):
    """The process has no child at this moment."""


def child_of(pid: int) -> int:
    """The first child of `pid` (Linux: /proc). Raises `NoChild`."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # proc(5): the fourth field; the second is a name in parentheses that may hold anything.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                return int(stat.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    raise NoChild(f"the process {pid} has no child")
