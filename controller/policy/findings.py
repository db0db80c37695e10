"""Everything that is wrong in one document, noted as it is read: a person mends a page once, not line by line."""

from collections.abc import Callable
from typing import TypeVar

from ostiary.controller.policy.errors import PolicyError

Read = TypeVar("Read")


class Findings:
    """What reading and checks refuse, each thing once. `broken`: a part could not be read, so no policy comes of it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, str], PolicyError] = {}
        self.broken = False

    def refuse(self, error: PolicyError) -> None:
        """Note what must not be, where the document can still be read on."""
        self._found.setdefault((error.code, error.line, error.column, error.found), error)

    def attempt(self, read: Callable[[], Read], otherwise: Read) -> Read:
        """What `read` returns; where it raises a `PolicyError`, that is noted and `otherwise` stands in its place."""
        try:
            return read()
        except PolicyError as error:
            self.refuse(error)
            self.broken = True
            return otherwise

    def sorted(self) -> tuple[PolicyError, ...]:
        """All of it, in the order of the page."""
        return tuple(sorted(self._found.values(), key=lambda error: (error.line, error.column, error.code)))
