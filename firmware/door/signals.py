"""What lamp and buzzer tell beside the display: one pattern at a time, told when it changes."""

from ostiary.firmware.door.deeds import Deeds

IDLE = "idle"
ASK = "ask"
YES = "yes"
NO = "no"
BUSY = "busy"
LOCATE = "locate"
ALARM = "alarm"
HELD = "held"
PATTERNS = (IDLE, ASK, YES, NO, BUSY, LOCATE, ALARM, HELD)

SHOWN_MS = 3_000


class Signals:
    """The pattern that is told, and until when a person's answer and a search for this node go before everything."""

    def __init__(self, deeds: Deeds) -> None:
        self._deeds = deeds
        self._told = ""
        self._locate_until_ms: int | None = None

    def locate(self, seconds: int) -> None:
        """Show where this node is, for so long from now on."""
        self._locate_until_ms = self._deeds.now_ms + seconds * 1000

    def start(self) -> None:
        """The first event of a boot: what an earlier one told may still be lit."""
        self._told = IDLE
        self._deeds.do("tell", IDLE)

    def update(self, asking: bool, alarm: bool, held: bool) -> None:
        """Tell the pattern of this moment, if it is another."""
        now_ms = self._deeds.now_ms
        if self._locate_until_ms is not None and now_ms >= self._locate_until_ms:
            self._locate_until_ms = None
        shown = self._deeds.shown
        if shown is not None and now_ms >= shown[1] + SHOWN_MS:
            shown = self._deeds.shown = None
        if self._locate_until_ms is not None:
            pattern = LOCATE
        elif asking:
            pattern = ASK
        elif shown is not None:
            pattern = shown[0]
        else:
            pattern = ALARM if alarm else HELD if held else IDLE
        if self._told and pattern != self._told:
            self._told = pattern
            self._deeds.do("tell", pattern)

    def dues(self) -> "list[int | None]":
        """When `update` is wanted."""
        shown = self._deeds.shown
        return [self._locate_until_ms, None if shown is None else shown[1] + SHOWN_MS]
