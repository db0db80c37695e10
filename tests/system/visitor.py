"""Somebody at the door of a node whose keeper a test plays."""

import threading
from typing import Any

from board_at_hand import PATIENCE_S
from played_keeper import NodeAtDoor


class Visitor:
    """Somebody who presents something, and waits in a thread of his own for what the door says."""

    def __init__(self, node: NodeAtDoor, header: dict[str, Any] | None = None, picture: bytes | None = None) -> None:
        self._replies: list[dict[str, Any]] = []
        asked = {"do": "present", "card": "4711000815", "picture": picture is not None, **(header or {})}
        self._thread = threading.Thread(target=lambda: self._replies.append(node.board.ask(asked, picture or b"")))
        self._thread.start()

    @property
    def told(self) -> dict[str, Any]:
        self._thread.join(PATIENCE_S)
        return self._replies[0]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]
