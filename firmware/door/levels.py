"""What is watched beside the door itself: housing, mains, line and set-up. Each change is told once."""

from ostiary.firmware.door.deeds import Deeds
from ostiary.protocol import codes

# input → (as it is when all is well, what is told of leaving that, what is told of the return)
KINDS = {
    "tamper": (False, codes.TAMPER, codes.TAMPER_OVER),
    "power": (True, codes.POWER_FAIL, codes.POWER_RESTORED),
    "config": (False, codes.CONFIG_ENTERED, codes.CONFIG_LEFT),
    "line": (True, codes.LINE_LOST, codes.LINE_BACK),
}


class Levels:
    """The levels of `KINDS`. What is not told is well; only the line begins as down, and that is no loss."""

    def __init__(self, deeds: Deeds) -> None:
        self._deeds = deeds
        self._amiss: list[str] = []
        self.online = False

    def tamper(self, opened: bool) -> None:
        """The housing's contact."""
        self._level("tamper", opened)

    def power(self, well: bool) -> None:
        """Whether the mains are there."""
        self._level("power", well)

    def config(self, entered: bool) -> None:
        """Whether somebody sets the node up at the door."""
        self._level("config", entered)

    def line(self, up: bool) -> None:
        """Whether the keeper can be reached."""
        was_online, self.online = self.online, up
        if was_online or up:
            self._level("line", up)

    def amiss(self, name: str) -> bool:
        """Whether this input is not as it should be."""
        return name in self._amiss

    def _level(self, name: str, level: bool) -> None:
        well, left, returned = KINDS[name]
        if (level != well) == (name in self._amiss):
            return
        if level != well:
            self._amiss.append(name)
        else:
            self._amiss.remove(name)
        self._deeds.note(left if level != well else returned)
