"""A door of virtual time: its leaf, its nodes, and what was seen of it."""

from __future__ import annotations

from ostiary.firmware.virtual.leaf import Leaf
from ostiary.firmware.virtual.quick.node import QuickNode
from ostiary.scenarios.play.judge import Edge


class QuickDoor:
    """A door of this world: its leaf, its nodes, and what was seen of it."""

    def __init__(self, leaf: Leaf, nodes: list[QuickNode]) -> None:
        self.leaf, self.nodes = leaf, nodes
        self.edges: list[Edge] = []
        self.promised: set[str] = set()
        self.exits: list[str] = []
        self._looked = 0

    @property
    def reader(self) -> QuickNode:
        return next(node for node in self.nodes if "reader" in node.roles)

    @property
    def strike(self) -> QuickNode:
        return next(node for node in self.nodes if "strike" in node.roles)

    def look(self) -> None:
        """Take down the strike's edges since the last look."""
        for edge in self.leaf.edges(self._looked):
            self._looked = edge.number
            if edge.pin == "strike":
                self.edges.append(Edge(edge.level, edge.at_ms, edge.by))
