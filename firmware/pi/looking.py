"""The node's end of the process that looks: starts it, again when it dies, and never waits longer than a while."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ostiary.firmware.pi import look_line

if TYPE_CHECKING:
    import numpy as np

LOAD_WAIT_S = 20.0
LOADS_S = 120.0  # from a cold card on a slow machine; after that it hangs
LOOK_S = 10.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
END_S = 3.0
MISSING = "Faces are not installed on this node."
UNUSABLE = "The face models of this node cannot be used."
LOADING = "The face models are still being loaded."
ENDED = "The face models ended while they looked; they are being started again."


class CannotLook(RuntimeError):
    """No look was had; the text says why, for a person at the door."""


class Unreadable(ValueError):
    """A picture cannot be read: three parts."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.parts = (what, why, now)


@dataclass(frozen=True, slots=True)
class Looked:
    """Facts for the ask without the probe, the probe's description and its vector (int8, `wipe` overwrites it), faces
    seen, the text of a pass that was held up, and milliseconds by name."""

    facts: dict[str, Any]
    probe: Mapping[str, Any] | None
    vector: bytearray
    faces: int
    token: str | None
    ms: Mapping[str, float]

    def wipe(self) -> None:
        """Overwrite the probe."""
        self.vector[:] = bytes(len(self.vector))


class Looking:
    """One looker process at a time. `look` is for one thread."""

    def __init__(self, log: Callable[[str], None], program: str = "ostiary.firmware.pi.looker") -> None:
        self._log = log
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._up = threading.Event()  # it can look, or it never will
        self._stop = threading.Event()
        self._why_not = ""
        self._thread = threading.Thread(target=self._run, name="looker", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process id of the looker, while it runs."""
        process = self._process
        return process.pid if process is not None else None

    def start(self) -> None:
        """Begin to load the models."""
        self._thread.start()

    def look(self, frames: Iterable[np.ndarray | bytes]) -> Looked:
        """Look at a visit's frames, as many as are wanted: pixels (uint8, height, width, 3) or picture files.

        Raises `CannotLook`, `Unreadable`.
        """
        line = self._line if self._up.wait(LOAD_WAIT_S) else None
        if line is None:
            raise CannotLook(self._why_not or LOADING)
        try:
            return self._look(line, frames)
        except (EOFError, OSError) as mistake:
            self._end()
            self._log(f"the looker did not answer ({mistake or 'it ended'}); starting it again")
            raise CannotLook(ENDED) from mistake

    def close(self) -> None:
        """End the looker and wait for it."""
        self._stop.set()
        self._end()
        if self._thread.ident is not None:
            self._thread.join(END_S)

    def _look(self, line: socket.socket, frames: Iterable[np.ndarray | bytes]) -> Looked:
        line.settimeout(LOOK_S)
        look_line.send(line, {"do": "look"})
        given = iter(frames)
        while True:
            header, blob = look_line.receive(line)
            if header.get("want"):
                _give(line, next(given, None))
            elif "error" in header:
                raise Unreadable(*header["error"])
            elif "done" in header:
                done = header["done"]
                return Looked(done["facts"], done.get("probe"), blob, done["faces"], done["token"], done["ms"])
            else:
                raise look_line.Hung("an answer that nobody asked for")

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stop.is_set():
            ours, its = socket.socketpair()
            command = [sys.executable, "-m", self._program, "--line", str(its.fileno())]
            with subprocess.Popen(command, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL) as process:  # noqa: S603
                self._process = process
                its.close()
                if self._loaded(ours):
                    self._line = ours
                    self._up.set()
                    wait_s = FIRST_WAIT_S
                elif not self._why_not:
                    process.kill()
                process.wait()
                self._up.clear()  # first, so that who looks next waits for the next looker
                self._process = self._line = None
            ours.close()
            if self._why_not:
                self._up.set()
                return
            if not self._stop.is_set():
                self._log(f"the looker ended ({process.returncode}); starting it again")
                self._stop.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _loaded(self, line: socket.socket) -> bool:
        line.settimeout(LOADS_S)
        try:
            said, _ = look_line.receive(line)
        except (EOFError, OSError):
            return False
        if "unable" not in said:
            return True
        self._why_not = MISSING if said["unable"] == "missing" else UNUSABLE
        cure = " To have them: pip install 'ostiary[face]'" if said["unable"] == "missing" else ""
        self._log(f"faces are off: {said['why']}; cards work.{cure}")
        return False

    def _end(self) -> None:
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()


def _give(line: socket.socket, frame: np.ndarray | bytes | None) -> None:
    if frame is None:
        look_line.send(line, {"end": True})
    elif isinstance(frame, bytes):
        look_line.send(line, {"picture": True}, frame)
    else:
        if not frame.flags.c_contiguous:
            frame = frame.copy()
        look_line.send(line, {"shape": list(frame.shape)}, frame.reshape(-1).data)
