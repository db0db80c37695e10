"""An act that is not done, in words for the person who asked for it."""

from typing import Any


class ActError(Exception):
    """`code` for programs; `what` happened, `why`, and what to do `now` for people."""

    def __init__(self, code: str, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.code, self.what, self.why, self.now = code, what, why, now

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "what": self.what, "why": self.why, "now": self.now}


def refused(what: str, why: str, now: str) -> ActError:
    return ActError("refused", what, why, now)


def malformed(what: str, why: str) -> ActError:
    return ActError("malformed", what, why, "Correct the request and ask again.")


def not_found(what: str, why: str) -> ActError:
    return ActError("not-found", what, why, "Check the number and ask again.")
