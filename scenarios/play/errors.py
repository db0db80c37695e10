"""What a scenario's page can get wrong, each with its place, what was found, what belongs there, and what to do now."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where on which page: `line` and `column` count from 1, `name` is the file's name or what stands for it."""

    name: str
    line: int
    column: int


def nearest_word(word: str, valid: Iterable[str]) -> str | None:
    """The valid word that a person most likely meant, or None if none resembles `word`."""
    close = difflib.get_close_matches(word[:80], list(valid), n=1, cutoff=0.6)
    return close[0] if close else None


class Mistake(ValueError):
    """One place of a page that cannot be played.

    `str()` reads "file:line:column: found …, expected …. Did you mean …? What to do now."
    """

    def __init__(
        self,
        at: Place,
        found: str,
        expected: str,
        nearest: str | None = None,
        cure: str = "Correct this place and play the page again.",
    ) -> None:
        self.at, self.found, self.expected, self.nearest, self.cure = at, found, expected, nearest, cure
        meant = f' Did you mean "{nearest}"?' if nearest else ""
        super().__init__(f"{at.name}:{at.line}:{at.column}: found {found}, expected {expected}.{meant} {cure}")


class NoScenario(ValueError):
    """A page that is no scenario; `mistakes` are all of its mistakes, in the order of the page."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda one: (one.at.line, one.at.column)))
        super().__init__("\n".join(str(one) for one in self.mistakes))


class CannotPlay(RuntimeError):
    """A world that lacks what a scenario asks for."""
