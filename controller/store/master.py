"""The master key of a site: one small file under which every other key is wrapped."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from ostiary.controller.store.errors import MasterMalformed, MasterUnsafe, StoreUnavailable
from ostiary.controller.store.sqlite_file import sync_directory

MASTER_BYTES = 32


def load_or_make_master(path: Path, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """The 32 bytes of the master key; made on first use, readable by its owner only, durable before this returns.

    Raises MasterUnsafe when group or others may read the file, MasterMalformed when its length is wrong, and
    StoreUnavailable when it can be neither read nor made.
    """
    try:
        if not path.exists():
            _make_master(path, random(MASTER_BYTES), random(4).hex())
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreUnavailable(
            "The master key was neither read nor made.",
            f"The system says: {error}.",
            f"Check that {path.parent} is the site's data directory, may be written, and has space.",
        ) from error
    try:
        held = os.fstat(handle)
        if not stat.S_ISREG(held.st_mode) or held.st_mode & 0o077:
            raise MasterUnsafe(
                "The master key was not used.",
                f"{path} can be read by others than its owner, or is no plain file.",
                f"If nobody else has used this machine: chmod 600 {path}. Else start a new site with new keys.",
            )
        master = os.read(handle, MASTER_BYTES + 1)
    finally:
        os.close(handle)
    check_length(master, str(path))
    return master


def _make_master(path: Path, master: bytes, suffix: str) -> None:
    # Under a name of its own until all of it is on the disk: a power cut leaves a whole key or none. `link` never
    # overwrites, so of two processes that start together one wins and both read the winner's.
    draft = path.with_name(f".{path.name}.{suffix}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, master)
        os.fsync(handle)
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        os.close(handle)
        draft.unlink()
        sync_directory(path.parent)


def check_length(master: bytes, where: str) -> None:
    """Raises MasterMalformed unless `master` has 32 bytes; `where` says in the message whence it came."""
    if len(master) != MASTER_BYTES:
        held = "more" if len(master) > MASTER_BYTES else str(len(master))
        raise MasterMalformed(
            "The master key was not used.",
            f"{where} must hold exactly {MASTER_BYTES} bytes and holds {held}.",
            "Put the file back from a backup; without it no record of this site can be read.",
        )
