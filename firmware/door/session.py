"""One attempt at the door, from ask to outcome: at most one answer moves anything, and one outcome closes it."""

from ostiary.firmware.door.strike import MAX_PULSE_MS, MIN_PULSE_MS
from ostiary.protocol import base64url

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

MAX_AGE_MS = 5_000
MAX_HELD_MS = 600_000

GRANT = "grant"
DENY = "deny"
REFUSE = "refuse"

WAITING = "waiting"
EXPIRED = "expired"
RELEASED = "released"
CLOSED = "closed"

# What an attempt may bring into the ask, in the order in which the ask names it.
FACTS = ("credential", "claim", "probe", "quality", "liveness", "faces", "no_probe")


class AlreadyClosed(RuntimeError):
    """A second outcome for one session: the caller lost count."""


class Judgement:
    """What an answer amounts to: `kind` grant, deny or refuse; `why` is said when it is refused. A grant releases the
    strike for `pulse_ms`, and its door may stand open for `held_ms` longer than usual before it counts as *held*."""

    def __init__(self, kind: str, pulse_ms: int = 0, held_ms: int = 0, why: str = "") -> None:
        self.kind = kind
        self.pulse_ms = pulse_ms
        self.held_ms = held_ms
        self.why = why


class Answer:
    """An answer message (decoded, so its types and bounds hold) as plain fields; `slip` is its receipt, whole."""

    def __init__(self, message: "dict[str, Any]") -> None:
        self.nonce: str = message["nonce"]
        self.verdict: str = message["verdict"]
        self.pulse_ms: int = message["pulse_ms"]
        self.held_ms: int = message.get("held_ms", 0)
        self.term: int = message["term"]
        self.say: str = message["show"]["say"]
        self.learn: str = message["show"]["learn"]
        self.slip: "dict[str, Any] | None" = message.get("receipt")
        self.receipt: str = self.slip["code"] if self.slip else ""


class Session:
    """One attempt. `nonce` is 16 random bytes, made by the caller; `now_ms` is monotonic throughout."""

    def __init__(self, nonce: bytes, now_ms: int, limit_ms: int) -> None:
        self.nonce = base64url.encode(nonce)
        self.asked_ms = now_ms
        self.limit_ms = limit_ms
        self.state = WAITING
        self.receipt = ""
        self.outcome = ""

    def ask(self, door: str, boot: int, seq: int, at: "dict[str, Any]", facts: "dict[str, Any]") -> "dict[str, Any]":
        """The ask message for this attempt; only the names in `FACTS` are taken from `facts`."""
        message: "dict[str, Any]" = {
            "v": 1,
            "door": door,
            "nonce": self.nonce,
            "boot": boot,
            "seq": seq,
            "at": at,
        }
        for name in FACTS:
            value = facts.get(name)
            if value is not None:
                message[name] = value
        return message

    def due_ms(self) -> int | None:
        """When patience ends, while it waits for an answer."""
        return self.asked_ms + self.limit_ms if self.state == WAITING else None

    def expire(self) -> None:
        """No answer in time: a later one can only be refused."""
        if self.state == WAITING:
            self.state = EXPIRED

    def judge(self, answer: Answer, now_ms: int, term: int) -> Judgement:
        """Whether this answer may count, here and now. `term` is the highest lease term this node has seen.

        The age is the monotonic age of our own nonce (≤ 5 s): a node's wall clock is never trusted.
        """
        if answer.nonce != self.nonce:
            return Judgement(REFUSE, why="its nonce is of no attempt here")
        if self.state not in (WAITING, EXPIRED):
            return Judgement(REFUSE, why="the attempt was answered before")
        age_ms = now_ms - self.asked_ms
        if self.state == EXPIRED or age_ms > MAX_AGE_MS:
            return Judgement(REFUSE, why=f"late: {age_ms} ms after the ask")
        if answer.term < term:
            return Judgement(REFUSE, why=f"its term {answer.term} is below {term}")
        if answer.verdict == DENY:
            if answer.say == "yes":
                return Judgement(REFUSE, why="it denies and says yes")
            return Judgement(DENY)
        if answer.verdict != GRANT:
            return Judgement(REFUSE, why="its verdict is neither grant nor deny")
        if answer.say != "yes":
            return Judgement(REFUSE, why="it grants and does not say yes")
        if not MIN_PULSE_MS <= answer.pulse_ms <= MAX_PULSE_MS:
            return Judgement(REFUSE, why=f"a pulse of {answer.pulse_ms} ms is outside 1000 to 30000 ms")
        if not 0 <= answer.held_ms <= MAX_HELD_MS:
            return Judgement(REFUSE, why=f"{answer.held_ms} ms more to pass is outside 0 to 600000 ms")
        if not answer.receipt:
            return Judgement(REFUSE, why="a grant without a receipt")
        return Judgement(GRANT, answer.pulse_ms, answer.held_ms)

    def release(self) -> None:
        """The grant counts: the strike is about to move, and the outcome is still to come."""
        self.state = RELEASED

    def close(self, outcome: str) -> None:
        """The one outcome: acted, unused or refused. Raises `AlreadyClosed` on a second."""
        if self.outcome:
            raise AlreadyClosed(f"{self.outcome} already, and now {outcome}")
        self.outcome = outcome
        self.state = CLOSED
