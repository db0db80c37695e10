"""Wifi and the time of the site. Certificates have dates, so no broker is believed before the clock is set."""

import asyncio

import network
import ntptime

from ostiary.firmware.esp32 import clock

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_WAIT_S = 1
LONGEST_WAIT_S = 60
JOIN_S = 15
AGAIN_S = 6 * 3_600  # how often the clock is set anew


class Network:
    """One station. `ready` comes back when there is an address and the time is known."""

    def __init__(
        self, name: str, password: str, time_host: str, chance: "Callable[[], int]", log: "Callable[[str], None]"
    ) -> None:
        self._name = name
        self._password = password
        self._chance = chance
        self._log = log
        self._station = network.WLAN(network.WLAN.IF_STA)
        self._station.active(True)
        ntptime.host = time_host
        ntptime.timeout = 2
        self._set_ms: "int | None" = None

    async def ready(self, now_ms: int) -> None:
        """Join the wifi where it is lost, and set the clock when it is due; again and again, with growing waits."""
        wait_s = FIRST_WAIT_S
        while not self._station.isconnected():
            try:
                await self._join()
            except OSError as mistake:
                self._log("the wifi: " + str(mistake))
            if not self._station.isconnected():
                self._station.disconnect()
                await asyncio.sleep(wait_s / 2 + wait_s / 2 * self._chance() / 255)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        if self._set_ms is None or now_ms - self._set_ms > 1000 * AGAIN_S or clock.wall(now_ms)[1] != "set":
            ntptime.settime()  # raises OSError when nobody answers: the line is tried again
            self._set_ms = now_ms

    async def _join(self) -> None:
        self._station.connect(self._name, self._password)
        for _ in range(10 * JOIN_S):
            if self._station.isconnected():
                return
            await asyncio.sleep(0.1)
        self._log("the wifi cannot be joined; trying again")
