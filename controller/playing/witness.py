"""What is seen and heard of one door of a site while a scenario is played: for the judge, who believes no one."""

import json
import time
from pathlib import Path
from typing import Any

from ostiary.controller.acts.client import Keeper
from ostiary.controller.doorstep import look
from ostiary.controller.playing.people import OPERATOR
from ostiary.scenarios.play.judge import Decided, Edge, Journal, Told, Witnessed
from ostiary.scenarios.play.language import Door
from ostiary.scenarios.play.world import Row

OUTCOMES = ("acted", "unused", "refused", "unknown")


class Witness:
    """`edges` are the strike's since the scenario began; `promised` the receipts that the door showed."""

    def __init__(self, door: Door, keeper: Keeper, edges_before: int, base: int) -> None:
        self._door, self._keeper, self._looked_upto, self._base = door, keeper, edges_before, base
        self._opened: dict[int, dict[str, Any]] = {}
        self._offset_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
        self.edges: list[Edge] = []
        self.promised: set[str] = set()
        self.exits: list[str] = []

    @property
    def apart(self) -> bool:
        """Whether reader and strike are two nodes here."""
        return self._door.apart

    async def made_alone(self, position: int) -> bool:
        """Whether a decision was made by a node without the keeper."""
        return (await self._open(position))["decided"] == "offline"

    async def look(self, board: Path) -> None:
        """Take down the edges since the last look."""
        count, blob = await look(board, self._looked_upto)
        self._looked_upto = count
        for edge in json.loads(blob or b"[]"):
            if edge["pin"] == "strike":
                self.edges.append(Edge(edge["level"], edge["at_ms"], edge["by"]))

    def power_cut(self, now_ms: int) -> None:
        """The board is about to lose its power: whatever was on is off, and its edges are counted anew."""
        self._looked_upto = 0
        if self.edges and self.edges[-1].on:
            self.edges.append(Edge(False, now_ms, "start"))

    async def testimony(self, rows: list[Row], now_ms: int) -> Witnessed:
        """Everything since the scenario began. Opens what the log has of this door, through the keeper's look-ups."""
        here = [row for row in rows if row.door == self._door.name and row.position >= self._base]
        receipts: dict[int, str] = {}
        decided: list[Decided] = []
        for row in here:
            if row.kind == "release":
                # An operator's order: it earns its edge, and no outcome closes it.
                body = await self._open(row.position)
                receipts[row.position] = body["id"]
                decided.append(Decided(body["id"], body["pulse_ms"], ("ordered",)))
            if row.kind == "decision":
                body = await self._open(row.position)
                receipts[row.position] = body["id"]
                closed = [one.code for one in here if one.about == row.position and one.code in OUTCOMES]
                # A journal that comes late has the last word over the keeper's own closing.
                told = [code for code in closed if code != "unknown"] or closed
                pulse_ms = self._door.pulse_ms if row.verdict == "grant" else 0
                decided.append(Decided(body["id"], pulse_ms, tuple(code for code in told if code)))
        return Witnessed(
            tuple(self.edges),
            await self._journals(here, receipts),
            tuple(decided),
            now_ms,
            frozenset(self.promised),
            tuple(self.exits),
        )

    async def _journals(self, here: list[Row], receipts: dict[int, str]) -> tuple[Journal, ...]:
        """What the log has of each node's journal, the strike's first. What a node noted and never said is not seen
        from here; the numbers of what it said show a gap."""
        told: dict[str, list[Told]] = {}
        for row in here:
            if row.kind not in ("event", "outcome", "decision"):
                continue
            body = await self._open(row.position)
            if "seq" not in body:
                continue  # the keeper's own word, not the journal's
            clock = body.get("happened") or body["asked"]
            at_ms = clock["ms"] - self._offset_ms if clock["clock"] == "set" else None
            about = row.position if row.kind == "decision" else body.get("about")
            receipt = None if about is None else receipts.get(about)
            told.setdefault(body["node"], []).append(Told(body["seq"], body.get("kind", "decided"), receipt, at_ms))
        strike_last = sorted(told, key=lambda node: node.endswith("-reader"))
        return tuple(Journal(tuple(told[node]), tuple(told[node])) for node in strike_last) or (Journal((), ()),)

    async def _open(self, position: int) -> dict[str, Any]:
        if position not in self._opened:
            found = await self._keeper.act(
                "look-up", {"index": position}, operator=OPERATOR, role="auditor", purpose="judging a scenario"
            )
            self._opened[position] = found["body"]
        return self._opened[position]
