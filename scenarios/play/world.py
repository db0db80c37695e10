"""The one small interface between a scenario and whatever it is played in."""

from dataclasses import dataclass
from typing import Any, Protocol

from ostiary.scenarios.play.judge import Witnessed
from ostiary.scenarios.play.language import Scenario, Show


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the log. `about`: the decision that an outcome closes; `alone`: it was made without the keeper."""

    position: int
    kind: str
    door: str | None
    verdict: str | None
    code: str | None
    about: int | None
    alone: bool = False


class World(Protocol):
    """Doors, their people and their log. Times are milliseconds of the world's own monotonic clock.

    `can` are the abilities that `Scenario.needs` may name. Doors and people are there once `enter` has returned.
    """

    @property
    def name(self) -> str: ...
    @property
    def can(self) -> frozenset[str]: ...
    @property
    def now_ms(self) -> int: ...

    async def enter(self, scenario: Scenario) -> None: ...
    async def leave(self) -> None: ...

    async def show(self, shown: Show) -> str:
        """Hold something to the reader; what the display said, `nothing` when nobody answered."""
        ...

    async def leaf(self, door: str, do: str) -> str:
        """Pull, force or close; how that went: pulse, exit, fire, forced, locked or closed."""
        ...

    async def set_pin(self, door: str, pin: str, level: bool) -> None: ...
    async def pins(self, door: str) -> dict[str, Any]: ...
    async def plug(self, what: str, door: str, out: bool) -> None: ...
    async def hang(self, what: str, door: str, on: bool) -> None: ...
    async def set_clock(self, door: str, unix_ms: int) -> None: ...
    async def operate(self, act: str, door: str) -> None: ...

    async def wait(self, ms: int) -> None:
        """Let this much time pass."""
        ...

    async def moment(self, until_ms: int) -> None:
        """Let a little time pass, at most until then: to where something may have changed."""
        ...

    async def rows(self, since: int) -> list[Row]:
        """The log's rows from position `since` on, oldest first."""
        ...

    async def testimony(self, door: str) -> Witnessed:
        """What the judge is told of a door at the end."""
        ...
