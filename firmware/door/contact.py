"""The contact (door position switch): says opened, forced, held and closed, each once for each opening."""

from ostiary.protocol import codes


class Contact:
    """What the door leaf does. Levels may repeat (a jittering switch, a reconnecting board): only changes count."""

    def __init__(self, held_ms: int = 30_000) -> None:
        self.held_ms = held_ms
        self.open: bool | None = None
        self.forced = False
        self.held = False
        self.held_at_ms: int | None = None

    def level(self, is_open: bool, allowed: bool, now_ms: int, more_ms: int = 0) -> list[str]:
        """The contact reads open or closed. `allowed`: a pulse, a REX or a fire explains an opening. `more_ms`: by how
        much later than usual an opening that begins now is *held*.

        Returns event kinds. The first level after the start is taken as found: it is never *forced*.
        """
        before, self.open = self.open, is_open
        if before == is_open:
            return []
        if not is_open:
            self.forced = self.held = False
            self.held_at_ms = None
            return [] if before is None else [codes.CLOSED]
        self.held_at_ms = now_ms + self.held_ms + more_ms
        self.forced = not allowed and before is not None
        return [codes.FORCED if self.forced else codes.OPENED]

    def excuse(self) -> None:
        """Whoever flees may leave the door open: it is not *held* while a fire lasts."""
        self.held_at_ms = None

    def count_again(self, now_ms: int) -> None:
        """The fire is over: a door that stands open is *held* in a while, unless that was told of this opening."""
        if self.open and not self.held:
            self.held_at_ms = now_ms + self.held_ms

    def tick(self, now_ms: int) -> list[str]:
        """Report *held* once when the door has stood open for `held_ms` and what was added to it."""
        if self.held_at_ms is None or now_ms < self.held_at_ms:
            return []
        self.held_at_ms = None
        self.held = True
        return [codes.HELD]
