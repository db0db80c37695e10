"""Writes a file that only its owner may read; after a crash the old or the new bytes are there, never half of them."""

import os
import tempfile
from pathlib import Path

from ostiary.controller.store.sqlite_file import sync_directory


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, mode 0600. Raises OSError when the disk refuses; `path` is then as it was.

    Temporary file, fsync, rename, fsync of the directory: a crash leaves at most a file named `.<name>.…` beside it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def read_if_there(path: Path) -> bytes | None:
    """The bytes of a file, None when there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
