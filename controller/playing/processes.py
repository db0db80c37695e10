"""A process's child, found without any tool that a bare machine may lack."""

from pathlib import Path


class NoChild(ProcessLookupError):
    """The process has no such child at this moment."""


def child_of(pid: int, module: str) -> int:
    """The child of `pid` that runs this module (Linux: /proc). Raises `NoChild`."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # proc(5): the fourth field; the second is a name in parentheses that may hold anything.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == pid and module.encode() in (stat.parent / "cmdline").read_bytes().split(b"\0"):
                return int(stat.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    raise NoChild(f"the process {pid} has no child that runs {module}")
