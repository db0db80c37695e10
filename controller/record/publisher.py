"""Publisher: a thread that publishes the newest checkpoint once a second, beside the hot path and never in it.

Whatever happens here delays nobody: a disk that refuses is told to the process's log, and the next round goes on from
what is there.
"""

import logging
import threading
import time
from collections.abc import Callable

from ostiary.controller.record.nodes import Commitments
from ostiary.controller.record.publishing import Publishing
from ostiary.controller.record.tiles import WIDTH, Tiles
from ostiary.controller.store.errors import ThreePartError

EVERY_S = 1.0

_log = logging.getLogger("ostiary.log")

Cosigned = Callable[[int, str], str]


class Publisher:
    """Publishes what it is told of. `cosigned(size, note)` may add witnesses' lines to the note before."""

    def __init__(
        self,
        tiles: Tiles,
        commitments: Commitments,
        published: tuple[int, str],
        cosigned: Cosigned = lambda _, note: note,
    ) -> None:
        """`published` is (size, note) of what the files have now; size 0 when they have nothing."""
        self._tiles, self._commitments, self._cosigned = tiles, commitments, cosigned
        self._publishing: Publishing | None = None
        self.published = published
        self._newest = published
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-publisher", daemon=True)
        self._thread.start()

    def announce(self, size: int, note: str) -> None:
        """This checkpoint is durable in the store. Returns at once."""
        self._newest = (size, note)
        self._changed.set()

    def close(self) -> None:
        """Publish the newest checkpoint, then end."""
        self._closed.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._changed.wait()
            begun = time.monotonic()
            self._changed.clear()
            ending = self._closed.is_set()
            if self._newest != self.published:
                self._publish(*self._newest)
            if ending:
                return
            # From beginning to beginning: what publishing takes is no pause on top.
            self._closed.wait(max(0.0, begun + EVERY_S - time.monotonic()))

    def _publish(self, size: int, note: str) -> None:
        try:
            if self._publishing is None:
                self._publishing = resumed(self._tiles, self._commitments, self.published[0])
            self._publishing.grow(size)
            if self._publishing.size == size:
                cosigned = self._cosigned(size, note)
                self._publishing.publish(cosigned)
                self.published = (size, cosigned)
        except (OSError, LookupError, ThreePartError) as error:
            self._publishing = None
            self._changed.set()
            _log.error("The log's tiles were not written, and are tried again: %s", error)


def resumed(tiles: Tiles, commitments: Commitments, published: int) -> Publishing:
    """Goes on where the files end, or from the beginning when one is missing."""
    try:
        return Publishing(tiles, commitments, published // WIDTH * WIDTH)
    except LookupError:
        return Publishing(tiles, commitments)
