"""What is wrong with a board profile, said in three parts."""

from __future__ import annotations


class BadProfile(ValueError):
    """A board profile that must not be used: what happened, why, and what to do now."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.what = what
        self.why = why
        self.now = now
