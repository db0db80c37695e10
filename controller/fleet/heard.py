"""Heard: what each node has said of itself. It lives in memory; the broker keeps every node's last word for a start."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Node:
    """One node's last word: `state` is online, stopped, lost or unknown; `at_ms` when it was heard (Unix ms)."""

    state: str = "unknown"
    at_ms: int | None = None


class Heard:
    """The nodes of the site by name."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def of(self, node: str) -> Node:
        return self._nodes.setdefault(node, Node())

    def status(self, node: str, message: dict[str, Any], at_ms: int) -> None:
        """A decoded `status` of this node."""
        said = self.of(node)
        said.state, said.at_ms = message["state"], at_ms
