"""Who comes to the door of a Pi, one visit after the other: by the reader's wires at once, by the camera when it sees
somebody. A camera that dies or hangs keeps nobody with a card waiting, and is tried again."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.lens import Lens, NoLens
from ostiary.firmware.pi.presence import Presence

if TYPE_CHECKING:
    import numpy as np

GLIMPSE_S = 0.2
LOOK_S = 0.5  # between two looks for a face while somebody stands there
REST_S = 5.0  # after somebody was asked about
RETRY_S = 10.0
BUSY_LENS_S = 1.0


class Doorway:
    """`open_lens` opens the camera, None for none. `attempt` may come from any thread."""

    def __init__(self, open_lens: Callable[[], Lens] | None, log: Callable[[str], None]) -> None:
        self._open_lens = open_lens
        self._log = log
        self._came: queue.SimpleQueue[Visit | None] = queue.SimpleQueue()
        self._wanted: queue.SimpleQueue[queue.SimpleQueue[np.ndarray | None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._free = threading.Event()  # nobody is being looked at or asked about
        self._rest_until_s = 0.0
        self._open = False
        self._thread = threading.Thread(target=self._watch, name="camera", daemon=True)

    def start(self) -> None:
        """Open the camera, now or as soon as there is one."""
        if self._open_lens is not None:
            self._thread.start()

    def attempt(self, facts: dict[str, Any]) -> None:
        """A card or a pass from the reader's wires, with its PIN; facts as `door.keypad` makes them."""
        claim, pin = facts["claim"], facts.get("pin")
        kind = "card" if claim["kind"] == "card" else "token"
        self._came.put(Visit(lambda said: None, unasked=True, pin=pin, more=self._more, **{kind: claim["value"]}))

    def visits(self) -> Iterator[Visit]:
        """Visits until `close`. The reply goes to the display alone, so all that is taken from it is that it came."""
        while True:
            self._free.set()
            visit = self._came.get()
            if visit is None:
                return
            self._free.clear()
            if visit.pixels is None and (frame := self._frame()) is not None:
                visit = replace(visit, pixels=frame)
            yield visit

    def close(self) -> None:
        """End `visits` and give the camera back. A camera that hangs is left behind."""
        self._stop.set()
        self._came.put(None)
        self._wanted.put(queue.SimpleQueue())
        if self._thread.ident is not None:
            self._thread.join(BUSY_LENS_S)

    def _watch(self) -> None:
        """The camera's own thread, which alone touches it: what hangs in it hangs alone."""
        lens: Lens | None = None
        presence, lost, due_s = Presence(), False, 0.0
        while True:
            wanted = self._request(due_s)
            if self._stop.is_set():
                break
            try:
                if lens is None and wanted is None:
                    lens, presence, lost = self._opened(), Presence(), False
                if wanted is not None:
                    wanted.put(None if lens is None else lens.frame())
                elif lens is not None:
                    due_s = time.monotonic() + self._glance(lens, presence)
            except (NoLens, ImportError) as never:
                self._given_back(lens)
                self._log(f"{never} The door goes on with cards.")
                return
            except OSError as mistake:
                if not lost:
                    self._log(f"the camera is lost ({mistake}); the door goes on with cards, and it is tried again")
                lost, lens, due_s = True, self._given_back(lens), time.monotonic() + RETRY_S
                if wanted is not None:
                    wanted.put(None)
        self._given_back(lens)

    def _request(self, due_s: float) -> queue.SimpleQueue[np.ndarray | None] | None:
        """Where a frame is wanted, or None when it is time for a glimpse."""
        with contextlib.suppress(queue.Empty):
            return self._wanted.get(timeout=max(0.0, due_s - time.monotonic()))
        return None

    def _glance(self, lens: Lens, presence: Presence) -> float:
        """A glimpse, and a visit where somebody is there; how long to wait before the next."""
        there = presence.look(lens.glimpse())
        if not there or not self._free.is_set() or time.monotonic() < self._rest_until_s:
            return GLIMPSE_S
        # Before anything else: a camera that dies here must not leave the door waiting for a visit that never came.
        frame = lens.frame()
        self._free.clear()
        self._came.put(Visit(self._asked, pixels=frame, more=self._more, unasked=True))
        return LOOK_S

    def _asked(self, said: dict[str, Any]) -> None:
        self._rest_until_s = time.monotonic() + REST_S

    def _opened(self) -> Lens:
        if self._open_lens is None:
            raise NoLens("No camera was named.")
        lens = self._open_lens()
        self._open = True
        self._log("the camera is open")
        return lens

    def _given_back(self, lens: Lens | None) -> None:
        self._open = False
        if lens is not None:
            try:
                lens.close()
            except (OSError, RuntimeError) as mistake:
                self._log(f"the camera was not closed: {mistake}")

    def _frame(self) -> np.ndarray | None:
        """A frame of now, or None where there is no camera that gives one in time."""
        if not self._open:
            return None
        answer: queue.SimpleQueue[np.ndarray | None] = queue.SimpleQueue()
        self._wanted.put(answer)
        with contextlib.suppress(queue.Empty):
            return answer.get(timeout=BUSY_LENS_S)
        return None

    def _more(self, count: int, every_s: float) -> Iterator[np.ndarray]:
        for _ in range(count):
            if self._stop.wait(every_s) or (frame := self._frame()) is None:
                return
            yield frame
