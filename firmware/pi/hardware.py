"""What a node needs of the door's hardware; `pins_gpio`, `camera_pi` and `firmware/virtual` each give it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the door: a card's number, a picture file's bytes or a frame's pixels (uint8, height, width, 3).

    `more` gives further frames of the same visit, as long as somebody takes them. `reply` takes the one reply.
    `unasked`: a camera saw something by itself; without a face worth asking about it is dropped. `came_s` is
    `perf_counter` time.
    """

    reply: Callable[[dict[str, Any]], None]
    card: str | None = None
    picture: bytes | None = None
    pixels: np.ndarray | None = None
    more: Iterable[np.ndarray] = ()
    unasked: bool = False
    came_s: float = field(default_factory=time.perf_counter)


class StrikePin(Protocol):
    """The strike's output, driven by the guard alone. Each method raises OSError when the hardware is gone.

    `wires` are file descriptors of which one becomes readable when that happens; real pins have none.
    """

    @property
    def wires(self) -> tuple[int, ...]: ...
    def on(self) -> None: ...
    def off(self) -> None: ...
    def close(self) -> None: ...


class Inputs(Protocol):
    """Contact and REX: `changed("contact", open)`, `changed("rex", pressed)`, the levels now and each change."""

    def watch(self, changed: Callable[[str, bool], None]) -> None: ...
    def close(self) -> None: ...


class Camera(Protocol):
    """Visits, in a thread of the caller's, until closed."""

    def visits(self) -> Iterator[Visit]: ...
    def close(self) -> None: ...


class Display(Protocol):
    """The door's display: yes, no or busy, where to learn more, and the receipt's slip."""

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None: ...
