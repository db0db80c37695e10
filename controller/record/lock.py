"""The lock of a log: one keeper at a time, because two writers would sign two histories."""

import fcntl
import os
from pathlib import Path

from ostiary.controller.record.errors import LogInUse
from ostiary.controller.store.errors import StoreUnavailable


def take(path: Path) -> int:
    """Hold the log at `path` until the returned descriptor is closed, or this process ends in whatever way.

    Raises LogInUse and StoreUnavailable. The lock is a file of its own: SQLite's locks on the database would be
    dropped when another descriptor of it is closed.
    """
    lock = path.with_name(path.name + ".lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            "The log was not opened.",
            f"The system says: {error}.",
            f"Check that {path.parent} is the site's data directory, may be written, and has space.",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise LogInUse(
            "The log was not opened.",
            f"Another keeper has {path} open.",
            "Stop the other keeper; one site has one.",
        ) from error
    return handle
