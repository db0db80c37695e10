"""What the store refuses: one class for each mistake, each told in three parts."""


class ThreePartError(Exception):
    """`what` happened, `why`, and what to do `now`: three sentences for a person."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.what, self.why, self.now = what, why, now


class StoreUnavailable(ThreePartError, OSError):
    """A database file cannot be opened, read or written."""


class NewerSchema(ThreePartError):
    """The file was written by a newer version of this program."""


class MasterUnsafe(ThreePartError, PermissionError):
    """Somebody else may read the master key, or it is no plain file of ours."""


class MasterMalformed(ThreePartError, ValueError):
    """The master key has the wrong length."""


class WrongMaster(ThreePartError):
    """This master key does not open this key store."""


class KeyBroken(ThreePartError):
    """A key in the key store was changed: it does not unwrap under the master that opened the store."""


class NotDestroyed(ThreePartError):
    """A key is gone from the table, but its old bytes may still be in the write-ahead log."""
