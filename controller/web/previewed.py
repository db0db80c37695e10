"""Which changes of the policy were previewed: the panel publishes no other, so nobody is shut out unseen."""

from collections import OrderedDict

MOST = 100


class Previewed:
    """Pairs of what ruled and what was to rule, by sha256. Forgets the oldest; a preview is soon made again."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str | None, str], None] = OrderedDict()

    def remember(self, old: str | None, new: str) -> None:
        """The comparison of these two was put on a page. `old` is None where no policy ruled."""
        self._seen[old, new] = None
        self._seen.move_to_end((old, new))
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)

    def seen(self, old: str | None, new: str) -> bool:
        return (old, new) in self._seen
