"""Takes the names of others out of what a reviewer reads about one person."""

from collections.abc import Iterable

OTHER = "[another person]"


class Redacting:
    """Knows who is here; `text` keeps the name of the one whom it is about."""

    def __init__(self, names: Iterable[str], own: str) -> None:
        # A longer name first, so that "Ada Lovelace" goes whole where "Ada" is a person too.
        self._names = sorted({name for name in names if name != own and len(name) > 1}, key=len, reverse=True)
        self._own = own

    def text(self, said: str) -> str:
        return self._own.join(map(self._hidden, said.split(self._own))) if self._own else self._hidden(said)

    def _hidden(self, said: str) -> str:
        for name in self._names:
            if name in said:
                said = said.replace(name, OTHER)
        return said
