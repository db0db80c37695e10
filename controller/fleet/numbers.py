"""Numbers: what is said to a node is numbered, and each number is above every one that the node has seen."""

from collections.abc import Callable

from ostiary.protocol.parts import HIGHEST_NUMBER


class Numbers:
    """Counts for each node from the wall clock on (`now_ms`: Unix ms), so that a keeper which kept no count, or whose
    log was restored, still goes on above; and above what the node reports, should the clock have gone back."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last: dict[str, int] = {}

    def take(self, node: str) -> int:
        """The next number for this node."""
        self._last[node] = number = max(self._last.get(node, 0) + 1, self._now_ms())
        return number

    def heard(self, node: str, number: int) -> None:
        """The node has taken this number. One that leaves no room above it is no number of ours: a node that turned
        can name any, and then only itself hears nothing more."""
        if number < HIGHEST_NUMBER // 2:
            self._last[node] = max(self._last.get(node, 0), number)
