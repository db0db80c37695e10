"""What a node needs of the door's hardware; `pins_gpio`, `camera_pi` and `firmware/virtual` each give it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


def _no_more(count: int, every_s: float) -> Iterable[np.ndarray]:
    return ()


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the door: a card's number or the text of a pass (`token`), the `pin` typed with it, the bytes of
    picture files, or a frame's pixels (uint8, height, width, 3).

    Behind the pixels `more(count, every_s)` gives `count` further frames of the same visit, so many seconds apart, as
    long as somebody takes them. `reply` takes the one reply.
    `unasked`: the camera looked by itself; without a face worth asking about, only what was claimed is asked about.
    `came_s` is `perf_counter` time.
    """

    reply: Callable[[dict[str, Any]], None]
    card: str | None = None
    pictures: Sequence[bytes] = ()
    pixels: np.ndarray | None = None
    more: Callable[[int, float], Iterable[np.ndarray]] = _no_more
    unasked: bool = False
    token: str | None = None
    pin: str | None = None
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
    """The door's display: yes, no or busy, where to learn more, and the receipt's slip; before that, at a door that
    wants to see a head move, the request to turn it. `ask_to_turn` may come from another thread."""

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None: ...
    def ask_to_turn(self) -> None: ...
