"""Leaving: REX and fire alarm are reported and explain an opening; the release itself is in hardware, never here.

Nothing in this file can withhold an exit, because no exit passes through it: the REX and the fire contact cut the
lock's power by wire, and the node only hears of it. Both are on the checklist (rex-wire, walk-out).
"""

from ostiary.protocol import codes


class Egress:
    """Hears REX and fire. For `window_ms` after either ends somebody may still be leaving. A REX that reads pressed for
    `stuck_ms` is told once; it goes on to explain every opening, because the lock has no power while it is pressed."""

    def __init__(self, window_ms: int = 10_000, stuck_ms: int = 120_000) -> None:
        self.window_ms = window_ms
        self.stuck_ms = stuck_ms
        self.pressed = False
        self.fire = False
        self.stuck_at_ms: int | None = None
        self.ended_ms: int | None = None

    def rex(self, pressed: bool, now_ms: int) -> list[str]:
        """The REX reads pressed or not; returns `exit` for each new press."""
        before, self.pressed = self.pressed, pressed
        if before == pressed:
            return []
        self.stuck_at_ms = now_ms + self.stuck_ms if pressed else None
        if not pressed:
            self.ended_ms = now_ms
        return [codes.EXIT] if pressed else []

    def alarm(self, fire: bool, now_ms: int) -> list[str]:
        """The fire alarm's contact; returns `fire` and `fire-over`, each once for each alarm."""
        before, self.fire = self.fire, fire
        if before == fire:
            return []
        if not fire:
            self.ended_ms = now_ms
        return [codes.FIRE if fire else codes.FIRE_OVER]

    def tick(self, now_ms: int) -> list[str]:
        """Tell once of a REX that nobody can be pressing any more."""
        if self.stuck_at_ms is None or now_ms < self.stuck_at_ms:
            return []
        self.stuck_at_ms = None
        return [codes.EXIT_STUCK]

    def lets(self, now_ms: int) -> bool:
        """Whether an opening at `now_ms` is somebody leaving."""
        if self.pressed or self.fire:
            return True
        return self.ended_ms is not None and now_ms <= self.ended_ms + self.window_ms
