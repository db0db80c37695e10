"""Leaving: every REX press is reported and explains an opening; the release itself is in hardware, never here.

Nothing in this file can withhold an exit, because no exit passes through it: the REX contact cuts the lock's
power by wire, and the node only hears of it.
"""

from ostiary.protocol import codes


class Egress:
    """Hears the REX and remembers for `window_ms` after its release that somebody is leaving."""

    def __init__(self, window_ms: int = 10_000) -> None:
        self.window_ms = window_ms
        self.pressed = False
        self.released_ms: int | None = None

    def level(self, pressed: bool, now_ms: int) -> list[str]:
        """The REX reads pressed or not; returns `exit` for each new press."""
        before, self.pressed = self.pressed, pressed
        if before and not pressed:
            self.released_ms = now_ms
        return [codes.EXIT] if pressed and not before else []

    def lets(self, now_ms: int) -> bool:
        """Whether an opening at `now_ms` is somebody leaving."""
        if self.pressed:
            return True
        return self.released_ms is not None and now_ms <= self.released_ms + self.window_ms
