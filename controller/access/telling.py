"""Telling: what the keeper says to nodes, sealed for each, and what each of them is told to be: its desired state."""

import os
import time
from collections.abc import Mapping
from typing import Any

from ostiary.controller.access import answer
from ostiary.controller.access.intake import Standing
from ostiary.controller.access.journals import Journals
from ostiary.controller.access.presence import Presence
from ostiary.controller.access.ruling import Ruling
from ostiary.controller.fleet.lease import TERM
from ostiary.controller.fleet.link import Link


class Telling:
    """Speaks to the nodes of the site over the keeper's one line."""

    def __init__(
        self, link: Link, standings: Mapping[str, Standing], ruling: Ruling, journals: Journals, presence: Presence
    ) -> None:
        self._link, self._standings = link, standings
        self._ruling, self._journals, self._presence = ruling, journals, presence
        self._number = 0

    def tell(self, node: str, purpose: str, message: dict[str, Any], *, retain: bool = False) -> bytes:
        """Say it once; returns the sealed bytes, which `again` repeats."""
        sealed = answer.seal_for(self._standings[node], purpose, message, os.urandom(answer.IV_BYTES))
        self._link.tell(node, purpose, sealed, retain=retain)
        return sealed

    def again(self, node: str, purpose: str, sealed: bytes) -> None:
        """The very bytes once more."""
        self._link.tell(node, purpose, sealed)

    def desire(self, node: str) -> None:
        """Tell a node how far its journal is kept, and what its door asks to speak for a face of flesh."""
        policy = self._ruling.policy
        name = self._standings[node].door
        door = policy.doors.get(name) if policy else None
        # Above every number of an earlier keeper, whose count nobody kept.
        self._number = max(self._number + 1, time.time_ns() // 1_000_000)
        desired = {
            "v": 1,
            "term": TERM,
            "number": self._number,
            "journal_upto": self._journals.upto.get(node, 0),
            "liveness": "none" if door is None else door.liveness,
            "lockdown": None in self._presence.locked or name in self._presence.locked,
            "face": door is None or door.face != "off",
            "offline": "deny",
        }
        self.tell(node, "desired", desired, retain=True)

    def desire_all(self) -> None:
        for node in self._standings:
            self.desire(node)
