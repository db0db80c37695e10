"""Files that were looked at and wait for a yes: a few, for a quarter of an hour, in memory, by a random name."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ostiary.controller.web.problem import NotThere

MOST = 8
FOR_S = 900.0


@dataclass(frozen=True, slots=True)
class HeldFile:
    """`text` is the file; `expect` the name of the difference that was shown."""

    text: str
    name: str
    expect: str
    by: str
    at_s: float


class HeldFiles:
    """Forgets the oldest, and whatever is older than its time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[str, HeldFile] = OrderedDict()

    def keep(self, text: str, name: str, expect: str, by: str) -> str:
        """The name under which to ask for it again."""
        key = secrets.token_urlsafe(16)
        self._held[key] = HeldFile(text, name, expect, by, self._clock())
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return key

    def take(self, key: str, by: str) -> HeldFile:
        """The file, once, for whoever brought it. Raises `NotThere`."""
        held = self._held.get(key)
        if held is None or held.by != by or self._clock() - held.at_s > FOR_S:
            raise NotThere(
                "The file is not here any more.",
                "It waits a quarter of an hour for a yes, and for whoever brought it.",
                "Bring the file again and look at its difference.",
            )
        del self._held[key]
        return held
