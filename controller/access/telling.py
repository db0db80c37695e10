"""Telling: what nodes are told, each sealed: answers, orders that name the node's own nonce, and what they shall be."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ostiary.controller.access import answer
from ostiary.controller.access.desired import DENY, desired, taken
from ostiary.controller.access.intake import Standing
from ostiary.controller.access.journals import Journals
from ostiary.controller.access.presence import Presence
from ostiary.controller.access.ruling import Ruling
from ostiary.controller.fleet.heard import Heard
from ostiary.controller.fleet.lease import TERM
from ostiary.controller.fleet.link import Link
from ostiary.controller.fleet.numbers import Numbers


class Telling:
    """Speaks to the nodes of the site over the keeper's one line. `alone` gives the fields of `desired` that are about
    deciding alone, `pass_key` is that with which a node can tell a pass of this site."""

    def __init__(
        self,
        link: Link,
        standings: Mapping[str, Standing],
        ruling: Ruling,
        journals: Journals,
        presence: Presence,
        heard: Heard,
        numbers: Numbers,
        alone: Callable[[str], Mapping[str, Any]] = lambda node: DENY,
        pass_key: bytes | None = None,
    ) -> None:
        self._link, self._standings, self._ruling, self._journals = link, standings, ruling, journals
        self._presence, self._heard, self._numbers, self._alone = presence, heard, numbers, alone
        self._pass_key = pass_key
        self._wanted: dict[str, dict[str, Any]] = {}
        self._since: dict[str, int] = {}

    def tell(self, node: str, purpose: str, message: dict[str, Any], *, retain: bool = False) -> bytes:
        """Say it once; returns the sealed bytes, which `again` repeats."""
        sealed = answer.seal_for(self._standings[node], purpose, message, os.urandom(answer.IV_BYTES))
        self._link.tell(node, purpose, sealed, retain=retain)
        return sealed

    def again(self, node: str, purpose: str, sealed: bytes) -> None:
        """The very bytes once more."""
        self._link.tell(node, purpose, sealed)

    def away(self, node: str) -> str | None:
        """Why nothing can be ordered of this node now, in words; None while it can. An order names a nonce that the
        node said a moment ago, so one that is silent could only refuse it."""
        said = self._heard.of(node)
        if said.fresh(time.monotonic_ns() // 1_000_000):
            return None
        return f"its node {node} is {said.state}" if said.state != "online" else f"its node {node} has fallen silent"

    def order(self, node: str, purpose: str, **order: Any) -> None:
        """Send a `release` or `command` to a node that was not `away` a moment ago; it judges itself what it does."""
        said = self._heard.of(node)
        stamp = {"v": 1, "nonce": said.nonce, "boot": said.boot, "number": self._numbers.take(node), "term": TERM}
        self.tell(node, purpose, stamp | order)

    def desire(self, node: str) -> None:
        """Tell a node what it shall be, now."""
        policy, door = self._ruling.policy, self._standings[node].door
        wanted = desired(
            policy.doors.get(door) if policy else None,
            self._numbers.take(node),
            self._journals.upto.get(node, 0),
            locked=self._presence.is_locked(door),
            faceless=door in self._presence.faceless,
            alone=self._alone(node),
            pass_key=self._pass_key,
        )
        before = self._wanted.get(node)
        if before is not None and any(before[name] != wanted[name] for name in ("lockdown", "face")):
            self._since[node] = wanted["number"]
        self._wanted[node] = wanted
        self.tell(node, "desired", wanted, retain=True)

    def desire_all(self) -> None:
        for node in self._standings:
            self.desire(node)

    def taken(self, node: str) -> bool:
        """Whether this node has said that it is locked down or not, and looks at faces or not, as it shall be now."""
        return taken(self._heard.of(node).reported, self._wanted.get(node), self._since.get(node, 0))
