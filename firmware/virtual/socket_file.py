"""A Unix socket's file: taken over when it is a dead board's, left alone when a living board serves there."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path


class SocketInUse(FileExistsError):
    """Another process serves this socket, or the path is a file of another kind."""


@contextlib.contextmanager
def claim(path: Path) -> Iterator[socket.socket]:
    """A listening socket at `path`, for this user only; the file goes when it is left.

    Raises `SocketInUse`, and OSError when the directory is missing or the path has more than 107 bytes.
    """
    if path.exists() or path.is_symlink():
        _remove_dead(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(0o600)
        inode = path.stat().st_ino
        listening.listen(64)
        try:
            yield listening
        finally:
            # A later board may have replaced the file; that one is not ours to remove.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == inode:
                    path.unlink()
    finally:
        listening.close()


def _remove_dead(path: Path) -> None:
    if not path.is_socket():
        raise SocketInUse(f"{path} is not a socket. Remove it or name another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise SocketInUse(f"A board serves {path} already. Stop it, or name another path.")
