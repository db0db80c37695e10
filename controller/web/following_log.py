"""Keeps the register up to the log: a thread of its own reads on whenever somebody has committed."""

import logging
import threading
from collections.abc import Callable

from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.web.index import Index
from ostiary.controller.web.register import Register

AT_ONCE = 2_000
EVERY_S = 0.5

_log = logging.getLogger("ostiary.web")


class FollowingLog:
    """`begin` starts it, `end` stops it; `behind` says how many records are still to be taken."""

    def __init__(self, index: Index, register: Register) -> None:
        self._index, self._register = index, register
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="register", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def behind(self) -> int:
        return max(0, self._index.last() - self._register.upto())

    def _follow(self) -> None:
        said = False
        while not self._over.is_set():
            try:
                catch_up(self._index, self._register, self._over.is_set)
                said = False
            except ThreePartError as error:
                if not said:
                    _log.error("The log cannot be followed, so filters of its page see no new record: %s", error)
                said = True
            self._over.wait(EVERY_S)


def catch_up(index: Index, register: Register, over: Callable[[], bool] = lambda: False) -> None:
    """Take whatever is new."""
    upto = register.upto()
    if not register.agrees(next(iter(index.rows_at([upto])), None)):
        register.clear()
        upto = -1
    while not over() and (rows := index.records(upto, AT_ONCE)):
        register.take(rows)
        upto = rows[-1].position
