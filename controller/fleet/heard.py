"""Heard: what each node has said of itself. It lives in memory; the broker keeps every node's last word for a start."""

from dataclasses import dataclass
from typing import Any

from ostiary.controller.fleet.lease import TERM

# A node says a new nonce every 5 s and takes one of the last two: one that was heard this long ago (monotonic) is one
# of them, unless the node has fallen silent meanwhile.
FRESH_MS = 9_000


@dataclass(slots=True)
class Node:
    """One node's last words. `state` is online, stopped, lost or unknown, `at_ms` when it was heard (Unix ms), `nonce`
    its newest and `nonce_ms` when that came (monotonic); `reported` is the whole message, None before the first."""

    state: str = "unknown"
    at_ms: int | None = None
    boot: int | None = None
    firmware: str | None = None
    clock: str | None = None
    pack_age_ms: int | None = None
    safe_mode: bool = False
    nonce: str | None = None
    nonce_ms: int = 0
    reported: dict[str, Any] | None = None

    def fresh(self, now_ms: int) -> bool:
        """Whether what is ordered now names a nonce that the node still takes."""
        return self.state == "online" and self.nonce is not None and now_ms - self.nonce_ms <= FRESH_MS

    def superseded(self) -> bool:
        """Whether the node has taken the word of another owner of the site, whose lease came after ours."""
        return self.reported is not None and self.reported["term"] > TERM


class Heard:
    """The nodes of the site by name."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def of(self, node: str) -> Node:
        return self._nodes.setdefault(node, Node())

    def status(self, node: str, message: dict[str, Any], at_ms: int, now_ms: int) -> bool:
        """A `status` of this node that intake let through; `at_ms` is Unix time and `now_ms` monotonic. Returns whether
        the node has come, gone or started anew."""
        said = self.of(node)
        before = (said.state, said.boot, said.safe_mode)
        said.state, said.at_ms, said.boot = message["state"], at_ms, message["boot"]
        said.firmware, said.clock = message["firmware"], message["clock"]
        said.pack_age_ms, said.safe_mode = message.get("pack_age_ms"), message["safe_mode"]
        nonce = message.get("nonce")
        if nonce is not None and nonce != said.nonce:  # the same one again makes it no younger
            said.nonce, said.nonce_ms = nonce, now_ms
        return before != (said.state, said.boot, said.safe_mode)

    def reported(self, node: str, message: dict[str, Any]) -> bool:
        """What this node says that it took of what is desired. Returns whether it forgot what it had taken, or obeys
        somebody else."""
        said = self.of(node)
        before, said.reported = said.reported, message
        return said.superseded() or (before is not None and message["number"] < before["number"])
