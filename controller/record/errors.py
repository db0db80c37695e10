"""What the log refuses: one class for each mistake, each told in three parts."""

from ostiary.controller.store.errors import ThreePartError


class RecordFailed(ThreePartError):
    """Nothing of the batch was recorded; the log tries again by itself at the next append."""


class Broken(ThreePartError):
    """What the log holds does not agree with itself: it was changed outside Ostiary, or the disk lost something."""


class BadDraft(ThreePartError, ValueError):
    """A draft that is no record: its caller made a mistake, and nobody else's record is touched by it."""


class BadErasures(ThreePartError, ValueError):
    """A list of erasures that this log did not sign, or one that is older than what it should complete."""


class LogInUse(ThreePartError):
    """Another keeper has this log open; two writers would sign two histories."""


class LogClosed(ThreePartError):
    """The log was closed, and something still wanted to append."""
