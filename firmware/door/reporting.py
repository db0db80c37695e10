"""What the node says of itself: its status with a new nonce every 5 s while online, and what it took of the desired."""

from ostiary.firmware.door.deeds import Deeds
from ostiary.firmware.door.offline import Offline
from ostiary.firmware.door.orders import EVERY_MS, Orders
from ostiary.firmware.door.standing import Standing

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


class Reporting:
    """Status and reported; nothing is said while the line is down, and both anew when it is back."""

    def __init__(
        self, boot: int, safe_mode: bool, deeds: Deeds, standing: Standing, offline: Offline, orders: Orders
    ) -> None:
        self._boot = boot
        self._safe_mode = safe_mode
        self._deeds = deeds
        self._standing = standing
        self._offline = offline
        self._orders = orders
        self._online = False
        self._nonce_at_ms: int | None = None
        self._arriving: "dict[str, int] | None" = None

    def line(self, up: bool) -> None:
        """The line is up, perhaps anew, or down."""
        self._online = up
        self._nonce_at_ms = self._deeds.now_ms if up else None
        self.tick()
        self.report()

    def tick(self) -> None:
        """Want a nonce when it is time for one."""
        if self._nonce_at_ms is not None and self._deeds.now_ms >= self._nonce_at_ms:
            self._nonce_at_ms = self._deeds.now_ms + EVERY_MS
            self._deeds.do("nonce-wanted")

    def nonce(self, random: bytes) -> None:
        """Publish a new nonce."""
        if not self._online:
            return
        status: "dict[str, Any]" = {
            "v": 1,
            "state": "online",
            "boot": self._boot,
            "nonce": self._orders.made(random, self._deeds.now_ms),
            "clock": self._deeds.clock.confidence,
            "safe_mode": self._safe_mode,
        }
        age_ms = self._offline.age_ms(self._deeds.now_ms)
        if age_ms is not None:
            status["pack_age_ms"] = age_ms
        self._deeds.send("status", status)

    def part(self, version: int, next_part: int) -> None:
        """The next pack has come so far."""
        self._arriving = {"version": version, "next_part": next_part}
        self.report()

    def report(self) -> None:
        """Say what is in force here."""
        if not self._online:
            return
        standing = self._standing
        message: "dict[str, Any]" = {
            "v": 1,
            "boot": self._boot,
            "term": standing.term,
            "number": standing.number,
            "lockdown": standing.lockdown,
            "face": standing.face and not self._safe_mode,
            "pack_version": self._offline.version,
        }
        if standing.packs_from is not None:
            message["usable_from"] = standing.packs_from
        if self._arriving is not None and self._arriving["version"] > self._offline.version:
            message["pack"] = self._arriving
        self._deeds.send("reported", message)

    def dues(self) -> "list[int | None]":
        """When `tick` is wanted."""
        return [self._nonce_at_ms]
