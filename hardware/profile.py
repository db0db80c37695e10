"""A board profile: what each pin of a board does by itself, and what the door's wires hang on.

A profile is a TOML file, `hardware/boards/NAME.toml`; a node with wiring of its own has a `board.toml` in its
directory.
Pins are numbered as the chip's vendor numbers its GPIOs (BCM numbers on a Raspberry Pi), never by place on a header.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ostiary.hardware import words
from ostiary.hardware.mistake import BadProfile

BOARDS = Path(__file__).parent / "boards"
OWN = "board.toml"
LONGEST_FILE = 64 * 1024
HIGHEST_PIN = 63
NO_CHIP = "none"  # what a virtual board says of its chip


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire of the door on one pin, with its resistor in ohms or None for none.

    `active` is the level of an output that is on, and of an input whose switch is closed: the door is shut, the REX is
    pressed, the loops of fire, tamper and power are whole. So a cut wire reads as an open door, a fire, an opened case
    or a power failure, and never as a REX.
    """

    pin: int
    active: str
    pull_down_ohm: int | None
    pull_up_ohm: int | None
    open_drain: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A board as its file says it; whether it may be used is for `rules.problems`.

    `boot`: pin → one of `words.LEVELS`, for every pin that can be reached. `taken`: pin → what the board itself has
    there. `wires`: function → its wire.
    """

    board: str
    title: str
    chip: str
    runs: str
    hangs: str
    camera: str
    sources: tuple[str, ...]
    boot: Mapping[int, str]
    strapping: frozenset[int]
    input_only: frozenset[int]
    taken: Mapping[int, str]
    wires: Mapping[str, Wire]

    @property
    def virtual(self) -> bool:
        """Whether its pins are pretended by a process."""
        return self.chip == NO_CHIP

    def pin(self, function: str) -> int | None:
        """The pin of a function, where the board has it."""
        wire = self.wires.get(function)
        return wire.pin if wire else None


def names() -> tuple[str, ...]:
    """The boards that come with the house."""
    return tuple(sorted(path.stem for path in BOARDS.glob("*.toml")))


@cache
def shipped(name: str) -> Profile:
    """The profile of a board that comes with the house. Raises `BadProfile`."""
    if name not in names():
        raise BadProfile(
            f"There is no board {name!r}.",
            "A node's profile names one of the boards that come with the house.",
            words.nearest(name, names()),
        )
    return parse((BOARDS / f"{name}.toml").read_bytes(), f"{name}.toml")


def of_node(name: str, directory: Path) -> Profile:
    """The profile of a node: its own `board.toml` where it has one, else the shipped one. Raises `BadProfile`."""
    own = directory / OWN
    return read(own) if own.exists() else shipped(name)


def read(path: Path) -> Profile:
    """A profile from a file. Raises `BadProfile`."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except OSError as mistake:
        raise BadProfile(
            f"{path} was not read.", f"{mistake.strerror or mistake}.", "Name a board profile, a TOML file."
        ) from mistake
    return parse(data, path.name)


def parse(data: bytes, name: str) -> Profile:
    """A profile from its bytes; `name` is said in messages. Raises `BadProfile`."""
    return _Reader(name).profile(data)


class _Reader:
    """Takes a profile apart; every refusal names the place and the value."""

    def __init__(self, name: str) -> None:
        self._name = name

    def profile(self, data: bytes) -> Profile:
        if len(data) > LONGEST_FILE:
            raise self._bad("there are more than 64 KiB", "A board profile is a page long; name the right file.")
        try:
            told = tomllib.loads(data.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as mistake:
            raise self._bad(f"this is not TOML: {mistake}", "Correct that place.") from mistake
        self._known(told, words.TOP, "")
        boot = self._by_pin(self._table(told, "boot"), "boot", words.LEVELS)
        taken = self._by_pin(self._table(told, "taken"), "taken", None)
        wires = self._table(told, "functions")
        self._known(wires, words.FUNCTIONS, "functions.")
        return Profile(
            board=self._text(told, "board"),
            title=self._text(told, "title"),
            chip=self._text(told, "chip"),
            runs=self._word(told, "runs", words.RUNS),
            hangs=self._word(told, "hangs", words.HANGS),
            camera=self._word(told, "camera", words.CAMERAS),
            sources=self._sources(told),
            boot=boot,
            strapping=frozenset(self._pins(told.get("strapping", []), "strapping")),
            input_only=frozenset(self._pins(told.get("input-only", []), "input-only")),
            taken=taken,
            wires={function: self._wire(function, value) for function, value in wires.items()},
        )

    def _wire(self, function: str, value: Any) -> Wire:
        where = f"functions.{function}"
        told = {"pin": value} if type(value) is int else value
        if not isinstance(told, dict) or "pin" not in told:
            raise self._bad(f"{where} is {value!r}", "Give it a pin: a number, or a table such as {pin = 17}.")
        self._known(told, words.WIRE, f"{where}.")
        usual = "high" if function in words.OUTPUTS else "low"
        open_drain = told.get("open-drain", False)
        if type(open_drain) is not bool:
            raise self._bad(f"{where}.open-drain is {open_drain!r}", "Write true or false.")
        return Wire(
            pin=self._pins([told["pin"]], where)[0],
            active=self._word(told, "active", words.ACTIVE, f"{where}.") if "active" in told else usual,
            pull_down_ohm=self._ohm(told.get("pull-down-ohm"), f"{where}.pull-down-ohm"),
            pull_up_ohm=self._ohm(told.get("pull-up-ohm"), f"{where}.pull-up-ohm"),
            open_drain=open_drain,
        )

    def _ohm(self, value: Any, where: str) -> int | None:
        if value is not None and (type(value) is not int or not 470 <= value <= 100_000):
            raise self._bad(f"{where} is {value!r}", "A pull resistor has 470 to 100000 ohms.")
        return value

    def _by_pin(self, table: dict[str, Any], where: str, known: tuple[str, ...] | None) -> dict[int, str]:
        if known is not None:
            self._known(table, known, f"{where}.")
        found: dict[int, str] = {}
        for word, pins in table.items():
            for pin in self._pins(pins, f"{where}.{word}"):
                if pin in found:
                    raise self._bad(f"{where} has pin {pin} as {found[pin]} and as {word}", "Leave one of them away.")
                found[pin] = word
        return found

    def _pins(self, value: Any, where: str) -> list[int]:
        if not isinstance(value, list):
            raise self._bad(f"{where} is {value!r}", "Write a list of pin numbers.")
        for pin in value:
            if type(pin) is not int or not 0 <= pin <= HIGHEST_PIN:
                raise self._bad(f"{where} has the pin {pin!r}", f"Pins are whole numbers from 0 to {HIGHEST_PIN}.")
        return value

    def _known(self, table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        for word in table:
            if word not in known:
                raise self._bad(f"{where}{word} is no word of a board profile", words.nearest(word, known))

    def _table(self, told: dict[str, Any], word: str) -> dict[str, Any]:
        table = told.get(word, {})
        if not isinstance(table, dict):
            raise self._bad(f"{word} is {table!r}", f"Write a table: [{word}].")
        return table

    def _sources(self, told: dict[str, Any]) -> tuple[str, ...]:
        sources = told.get("sources", [])
        if not isinstance(sources, list) or not all(isinstance(source, str) and source for source in sources):
            raise self._bad("sources is no list of texts", "Name the documents that the pins were taken from.")
        return tuple(sources)

    def _text(self, told: dict[str, Any], word: str) -> str:
        value = told.get(word)
        if not isinstance(value, str) or not 1 <= len(value) <= 80 or not value.isprintable():
            raise self._bad(f"{word} is {value!r}", "Write 1 to 80 characters.")
        return value

    def _word(self, told: dict[str, Any], word: str, known: tuple[str, ...], where: str = "") -> str:
        value = told.get(word)
        if not isinstance(value, str) or value not in known:
            raise self._bad(f"{where}{word} is {value!r}", words.nearest(str(value), known))
        return value

    def _bad(self, why: str, now: str) -> BadProfile:
        return BadProfile(f"{self._name} is no board profile.", f"In it, {why}.", now)
