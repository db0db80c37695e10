"""Step 1, intake: which bytes from a node are an ask that may be decided — authentic, fresh, never seen?

Whatever the broker let through is checked again here. Nothing that fails raises: a message is an `Ask`, a `Note`
(an event, a status, what a node reports), a `Repeat` of one already answered, or a `Refusal` with its code.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ostiary.protocol import base64url, codes, messages, topics
from ostiary.protocol.errors import Refused
from ostiary.protocol.seal import unseal

ANSWER_LIFE_MS = 5_000  # a node judges an answer by the age of its own nonce: DESIGN §5, freshness


@dataclass(frozen=True, slots=True)
class Standing:
    """A node that this site made: the door it hangs at and the key of each purpose (32 bytes each)."""

    node: str
    door: str
    virtual: bool
    keys: Mapping[str, bytes]
    roles: tuple[str, ...] = ("reader", "strike")


@dataclass(frozen=True, slots=True)
class Ask:
    """An authentic, fresh ask. `message` is the decoded `ask` of `protocol/messages.py`."""

    standing: Standing
    message: dict[str, Any]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """An authentic message that asks nothing: `purpose` is "event", "live", "status" or "reported"."""

    standing: Standing
    purpose: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The very bytes of an ask that was answered a moment ago, and the answer's bytes."""

    standing: Standing
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """The very bytes of an ask that is being decided now; its one answer serves both."""


@dataclass(frozen=True, slots=True)
class Past:
    """The last will of an earlier start of a node that has started again since: it says nothing about now."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is not decided. `answerable` holds the ask's nonce when its sender is proven and waits."""

    code: str
    detail: str
    node: str | None = None
    door: str | None = None
    answerable: str | None = None


@dataclass(slots=True)
class _Answered:
    sealed: bytes | None
    until_ms: int


@dataclass(slots=True)
class Intake:
    """Remembers the highest (boot, seq) and the highest boot of each node, and for an answer's life the answers
    themselves.

    `models` maps each accepted model's sha256 to the length of its vectors. `freshness` is what the log held at the
    start: a restart forgets no number. `boots` follows from it.
    """

    site: str
    standings: Mapping[str, Standing]
    models: Mapping[str, int]
    freshness: dict[str, tuple[int, int]]
    boots: dict[str, int] = field(default_factory=dict[str, int])
    _answered: dict[bytes, _Answered] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.boots = {node: boot for node, (boot, _) in self.freshness.items()}

    def take(self, topic: str, sealed: bytes, now_ms: int) -> Ask | Note | Repeat | Waiting | Past | Refusal:
        """Judge one message. `now_ms` is monotonic."""
        node: str | None = None
        standing: Standing | None = None
        try:
            site, node, purpose = topics.parse(topic)
            standing = self.standings.get(node)
            if site != self.site or standing is None:
                raise Refused(codes.UNKNOWN_NODE, "no node of this name was claimed at this site")
            if topics.DIRECTION[purpose] != "up":
                raise Refused(codes.WRONG_KIND, f"{purpose} is not a node's to send")
            message = messages.decode(purpose, unseal(standing.keys[purpose], node, purpose, sealed))
        except Refused as refused:
            return Refusal(refused.code, refused.detail, node, standing and standing.door)
        if purpose in ("status", "reported"):
            return self._current(standing, purpose, message)
        if purpose != "ask":
            return Note(standing, purpose, message)
        return self._fresh(standing, message, hashlib.sha256(sealed).digest(), now_ms)

    def _current(self, standing: Standing, purpose: str, message: dict[str, Any]) -> Note | Past | Refusal:
        """Last words of a node: of the start that it lives in, or a later one."""
        boot, known = message["boot"], self.boots.get(standing.node, 0)
        if boot < known:
            # The broker speaks an old connection's will when the next has come: true once, and overtaken.
            if message.get("state") == "lost":
                return Past()
            return Refusal(codes.STALE, f"boot {boot}, highest seen {known}", standing.node, standing.door)
        self.boots[standing.node] = boot
        return Note(standing, purpose, message)

    def _fresh(
        self, standing: Standing, message: dict[str, Any], digest: bytes, now_ms: int
    ) -> Ask | Repeat | Waiting | Refusal:
        self._forget(now_ms)
        known = self._answered.get(digest)
        if known is not None:
            return Waiting() if known.sealed is None else Repeat(standing, known.sealed)
        number = (message["boot"], message["seq"])
        highest = self.freshness.get(standing.node, (-1, -1))
        if number <= highest:
            code = codes.REPLAYED if number == highest else codes.STALE
            return Refusal(code, f"number {number}, highest seen {highest}", standing.node, standing.door)
        self.freshness[standing.node] = number
        self.boots[standing.node] = max(message["boot"], self.boots.get(standing.node, 0))
        if "reader" not in standing.roles:
            return self._refuse(standing, message, codes.WRONG_ROLE, "a strike alone asks nothing")
        if message["door"] != standing.door:
            return self._refuse(standing, message, codes.WRONG_DOOR, f"the node hangs at {standing.door}")
        probe = message.get("probe")
        if probe is not None:
            dimensions = self.models.get(probe["model"])
            if dimensions is None:
                return self._refuse(standing, message, codes.WRONG_MODEL, f"model {probe['model'][:12]}…")
            if len(base64url.decode(probe["vector"])) != dimensions:
                return self._refuse(standing, message, codes.MALFORMED, f"a vector has {dimensions} numbers here")
        self._answered[digest] = _Answered(None, now_ms + ANSWER_LIFE_MS)
        return Ask(standing, message, digest)

    @staticmethod
    def _refuse(standing: Standing, message: dict[str, Any], code: str, detail: str) -> Refusal:
        return Refusal(code, detail, standing.node, standing.door, message["nonce"])

    def answered(self, ask: Ask, sealed: bytes, now_ms: int) -> None:
        """From now on, and for an answer's life, the same ask gets these bytes."""
        self._answered[ask.digest] = _Answered(sealed, now_ms + ANSWER_LIFE_MS)

    def abandoned(self, ask: Ask) -> None:
        """The ask could not be recorded, so it was not decided; its number stays used."""
        self._answered.pop(ask.digest, None)

    def _forget(self, now_ms: int) -> None:
        # Insertion order is nearly the order of expiry, so the old ones stand in front.
        while self._answered:
            digest = next(iter(self._answered))
            if self._answered[digest].until_ms > now_ms:
                break
            del self._answered[digest]
