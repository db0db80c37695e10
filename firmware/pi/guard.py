"""The node's end of the strike guard: starts it again when it dies or hangs, and hears when the strike is off."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable

from ostiary.firmware.pi import clock

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
END_S = 3.0
LATE_MS = 1_000  # an order that the guard reads later than this moves nothing
HUNG_MS = 1_000  # a guard that has not said off so long after a pulse's end will not: it is killed, and the next drops


class Guard:
    """One guard process at a time; `now_ms` is its machine's monotonic clock. `reported(order, said)` comes from a
    thread: "on", "off", "refused …" or "gone", and the number of the pulse, from 1, that it is about."""

    def __init__(
        self,
        pins: str,
        reported: Callable[[int, str], None],
        log: Callable[[str], None],
        now_ms: Callable[[], int] = clock.now_ms,
    ) -> None:
        self._pins = pins
        self._now_ms = now_ms
        self._watches: dict[int, threading.Timer] = {}
        self._reported = reported
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.orders = 0
        self._begun = 0
        self._stop = threading.Event()
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    @property
    def pid(self) -> int | None:
        """The guard's process id, while it runs."""
        process = self._process
        return process.pid if process is not None else None

    def start(self) -> None:
        """Start the guard; `ready` is set once it has driven the strike off."""
        self._thread.start()

    def pulse(self, pulse_ms: int) -> bool:
        """Order a pulse, or off with 0. False when no guard is there to take it (the strike is then off, or about
        to be driven off by the next guard's start)."""
        if pulse_ms:
            self.orders += 1
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(b"on %d %d\n" % (pulse_ms, self._now_ms() + LATE_MS) if pulse_ms else b"off\n")
            process.stdin.flush()
        except (OSError, ValueError):  # ValueError: closed in this moment by the thread that saw it die
            return False
        if pulse_ms:
            # One for each order: a guard that hangs must not live on by being ordered again.
            watch = self._watches[self.orders] = threading.Timer((pulse_ms + HUNG_MS) / 1000, self._kill, (process,))
            watch.daemon = True
            watch.start()
        return True

    def close(self) -> None:
        """End the guard, which drops the strike, and wait for it."""
        self._stop.set()
        self._unwatch(self.orders)
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        self._thread.join(END_S)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        self._log("the strike guard hangs; ending it, so that the next one drops the strike")
        process.kill()

    def _unwatch(self, upto: int) -> None:
        """The orders up to this number are done with."""
        for order in [order for order in list(self._watches) if order <= upto]:
            self._watches.pop(order).cancel()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stop.is_set():
            command = [sys.executable, "-m", "ostiary.firmware.pi.strike_guard", "--pins", self._pins]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
                self._process = process
                if process.stdout is not None:
                    for line in process.stdout:
                        said = line.decode("ascii", "replace").strip()
                        if said == "READY":
                            wait_s = FIRST_WAIT_S
                            self.ready.set()
                        else:
                            self._begun += said == "on" or said.startswith("refused a pulse")
                            if said != "on":
                                self._unwatch(self._begun)
                            self._reported(self._begun, said)
                self._process = None
                with contextlib.suppress(OSError):
                    if process.stdin is not None:
                        process.stdin.close()
            self._unwatch(self.orders)
            if not self._stop.is_set():
                self._begun = self.orders
                self._reported(self._begun, "gone")
                self._log(f"strike guard ended ({process.returncode}); starting it again")
                self._stop.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
