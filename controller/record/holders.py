"""Holders: who can open a record, with each one's cipher made once a month and not once a record."""

from ostiary.controller.record.record import DAY_MS, holder_names
from ostiary.controller.record.sealing import Holder, holder_of
from ostiary.controller.store.keys import KeyStore

REMEMBERED = 5_000  # sets of persons, some MB


class Holders:
    """The holders of records by whom they concern. Forgets all of them when any key is destroyed."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._known: dict[tuple[tuple[str, ...], int, bool], tuple[Holder, ...]] = {}
        self._destroyed = keys.destroyed

    def of(self, persons: tuple[str, ...], at_ms: int, lasting: bool = False) -> tuple[Holder, ...]:
        """Sorted by key id. A key that is missing is offered: it is durable once the key store has kept it."""
        if self._destroyed != self._keys.destroyed or len(self._known) > REMEMBERED:
            self._known.clear()
            self._destroyed = self._keys.destroyed
        asked = (persons, at_ms // DAY_MS, lasting)
        held = self._known.get(asked)
        if held is None:
            found = [holder_of(self._keys.offer(name)) for name in holder_names(persons, at_ms, lasting=lasting)]
            held = self._known[asked] = tuple(sorted(found))
        return held
