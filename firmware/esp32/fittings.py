"""What hangs at an ESP32's door, as `node.py` wants it: `wires_chip.py` and `wires_board.py` each give it."""

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Fittings(Protocol):
        """The wires of one node. `run` serves them for ever, and calls

        * `level(name, on)` for contact, rex, fire, tamper, power, config: now and at each change,
        * `brought(facts_or_refusal, reply)` for whoever brings a card, a pass or digits; `reply(said)` answers once.

        `want_pin(wanted)` says whether a card at the reader waits for its PIN.
        `pulse(ms)` releases the strike for so long and drops it by itself; 0 drops it now. It says whether that went.
        """

        async def run(
            self,
            level: "Callable[[str, bool], None]",
            brought: "Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], None]",
            dropped: "Callable[[], None]",
        ) -> None: ...
        def pulse(self, pulse_ms: int) -> bool: ...
        def show(self, show: "dict[str, Any]", slip: "dict[str, Any] | None") -> None: ...
        def tell(self, pattern: str) -> None: ...
        def want_pin(self, wanted: bool) -> None: ...
        def feed(self) -> None: ...
