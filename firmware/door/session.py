"""One attempt at the door, from ask to answer: at most one answer counts, and only in time."""

from ostiary.firmware.door.strike import MAX_PULSE_MS, MIN_PULSE_MS
from ostiary.protocol import base64url

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

MAX_AGE_MS = 5_000
MAX_HELD_MS = 600_000
RECEIPT_LENGTH = 16

GRANT = "grant"
DENY = "deny"
BUSY = "busy"
REFUSE = "refuse"

WAITING = "waiting"
EXPIRED = "expired"
ANSWERED = "answered"

# What an attempt may bring into the ask, in the order in which the ask names it.
FACTS = ("credential", "claim", "pin", "probe", "quality", "liveness", "faces", "no_probe")
# What belongs to a face, and goes when none is to be looked at.
OF_A_FACE = ("probe", "quality", "liveness", "no_probe")


class Judgement:
    """What an answer amounts to: `kind` grant, deny, busy (nothing was decided) or refuse; `why` is said when it is
    refused. A grant releases the strike for `pulse_ms`, or leaves that to another node with 0, and its door may stand
    open for `held_ms` longer than usual before it counts as *held*."""

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
        self.code: str = message.get("code", "")
        self.pulse_ms: int = message["pulse_ms"]
        self.held_ms: int = message.get("held_ms", 0)
        self.term: int = message["term"]
        self.say: str = message["show"]["say"]
        self.learn: str = message["show"]["learn"]
        self.slip: "dict[str, Any] | None" = message.get("receipt")
        self.receipt: str = self.slip["code"] if self.slip else ""


class Session:
    """One attempt. `nonce` is 16 random bytes, made by the caller; `now_ms` is monotonic throughout."""

    def __init__(self, nonce: bytes, facts: "dict[str, Any]", now_ms: int, limit_ms: int) -> None:
        self.random = nonce
        self.nonce = base64url.encode(nonce)
        self.asked_ms = now_ms
        self.limit_ms = limit_ms
        self.state = WAITING
        # A copy, and never a PIN: the host wipes its own as soon as the ask is on its way.
        self.facts = dict(facts)
        if "pin" in self.facts:
            self.facts["pin"] = True

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
        claim = facts.get("claim")
        if claim is not None:
            message["claim"] = {"kind": claim["kind"], "value": claim["value"]}
        return message

    @property
    def by_face(self) -> bool:
        """Whether a face was there to be compared."""
        return "probe" in self.facts

    def due_ms(self) -> int | None:
        """When patience ends, while it waits for an answer."""
        return self.asked_ms + self.limit_ms if self.state == WAITING else None

    def expire(self) -> None:
        """No answer in time: a later one can only be refused."""
        if self.state == WAITING:
            self.state = EXPIRED

    def forget(self) -> None:
        """Nothing more is decided about what was presented: it stays on this node no longer."""
        self.facts.clear()

    def judge(self, answer: Answer, now_ms: int, term: int, has_strike: bool) -> Judgement:
        """Whether this answer may count, here and now. `term` is the highest lease term this node has seen.

        The age is the monotonic age of our own nonce (≤ 5 s): a node's wall clock is never trusted. An answer that
        counts is the only one.
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
        why = _against(answer, has_strike)
        if why:
            return Judgement(REFUSE, why=why)
        self.state = ANSWERED
        if answer.verdict == DENY:
            # A busy keeper answers without a decision.
            return Judgement(DENY if answer.receipt or answer.say != BUSY else BUSY)
        return Judgement(GRANT, answer.pulse_ms, answer.held_ms)


def without_face(facts: "dict[str, Any]") -> "dict[str, Any] | None":
    """The same attempt by its claim alone; None where there was nothing but a face."""
    claim = facts.get("claim")
    if claim is None:
        return None
    less = {name: value for name, value in facts.items() if name not in OF_A_FACE}
    less["credential"] = claim["kind"]
    return less


def _against(answer: Answer, has_strike: bool) -> str:
    """What speaks against an answer by itself, or nothing."""
    if answer.verdict == DENY:
        return "it denies and says yes" if answer.say == "yes" else ""
    if answer.verdict != GRANT:
        return "its verdict is neither grant nor deny"
    if answer.say != "yes":
        return "it grants and does not say yes"
    if not answer.receipt:
        return "a grant without a receipt"
    if not has_strike:
        return "this node has no strike" if answer.pulse_ms else ""
    if not MIN_PULSE_MS <= answer.pulse_ms <= MAX_PULSE_MS:
        return f"a pulse of {answer.pulse_ms} ms is outside 1000 to 30000 ms"
    if not 0 <= answer.held_ms <= MAX_HELD_MS:
        return f"{answer.held_ms} ms more to pass is outside 0 to 600000 ms"
    return ""
