"""The strike as a state machine: on only inside one pulse of 1–30 s, off at the start and after every pulse."""

from ostiary.protocol import codes

MIN_PULSE_MS = 1_000
MAX_PULSE_MS = 30_000


class PulseRefused(ValueError):
    """A pulse shorter than 1 s or longer than 30 s was asked for; nothing moved."""


def check_pulse(pulse_ms: int) -> None:
    """Raise `PulseRefused` unless `pulse_ms` lies in 1000..30000."""
    if not MIN_PULSE_MS <= pulse_ms <= MAX_PULSE_MS:
        raise PulseRefused(f"a pulse of {pulse_ms} ms was asked for; the strike takes 1000 to 30000 ms")


class Strike:
    """When the strike must be off again. Each method returns the event kinds to report, oldest first."""

    def __init__(self, grace_ms: int = 1_000) -> None:
        self.grace_ms = grace_ms
        self.off_at_ms: int | None = None
        self.ended_ms: int | None = None

    @property
    def on(self) -> bool:
        return self.off_at_ms is not None

    def pulse(self, pulse_ms: int, now_ms: int) -> list[str]:
        """Begin a pulse. One that is running ends first: a pulse is never lengthened. Raises `PulseRefused`."""
        check_pulse(pulse_ms)
        kinds = self.drop(now_ms)
        self.off_at_ms = now_ms + pulse_ms
        kinds.append(codes.STRIKE_ON)
        return kinds

    def drop(self, now_ms: int) -> list[str]:
        """Be off from `now_ms`; returns nothing when it was off already."""
        if self.off_at_ms is None:
            return []
        self.off_at_ms = None
        self.ended_ms = now_ms
        return [codes.STRIKE_OFF]

    def tick(self, now_ms: int) -> list[str]:
        """End the pulse whose time has come."""
        off_at_ms = self.off_at_ms
        if off_at_ms is None or now_ms < off_at_ms:
            return []
        # A late tick must not stretch the grace: the pulse ended when it was due (the guard saw to that).
        return self.drop(off_at_ms)

    def lets(self, now_ms: int) -> bool:
        """Whether a door that opens at `now_ms` was opened on a pulse: during it, or within `grace_ms` after."""
        if self.off_at_ms is not None:
            return True
        return self.ended_ms is not None and now_ms <= self.ended_ms + self.grace_ms
