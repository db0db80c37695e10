"""One site is open once: a lock that the kernel gives back when its holder ends, however it ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class AlreadyOpen(RuntimeError):
    """Another process has this site open."""


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the site in `data` for this process. Raises `AlreadyOpen` when another has it."""
    handle = os.open(data / "open.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyOpen(
                f"The site in {data} is open already, in another window perhaps. "
                "Use that one, end it with Ctrl+C, or open another site with --data."
            ) from error
        yield
    finally:
        os.close(handle)
