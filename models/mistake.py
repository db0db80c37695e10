"""The shape of every error that this room hands to a person: what happened, why, and what to do now."""


class Mistake(Exception):
    """Base of the room's errors; `str()` gives the three parts as sentences, in order."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(what, why, now)
        self.what = what
        self.why = why
        self.now = now

    def __str__(self) -> str:
        return f"{self.what} {self.why} {self.now}"
