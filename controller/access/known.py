"""Known: the persons as the keeper decides by them, brought up to date from the feed of what the web wrote."""

import asyncio
import logging

from sqlalchemy import Engine

from ostiary.controller.access.gallery import Gallery, HeldTemplate
from ostiary.controller.people import following
from ostiary.controller.people.errors import FeedWentBack, TemplateMalformed, TemplateUnreadable
from ostiary.controller.people.protect import open_template, unpack
from ostiary.controller.store.keys import KeyStore

_log = logging.getLogger("ostiary.keeper")


class Known:
    """`gallery` is everybody as of the last look at people.db; a look replaces it whole, between two decisions."""

    def __init__(self, people: Engine, keys: KeyStore) -> None:
        self.gallery = Gallery()
        self._people, self._keys = people, keys
        self._refreshing = asyncio.Lock()

    def forget_face(self, person: str) -> None:
        """Compare nobody with this person's templates any more, from the next ask on."""
        held = {other: templates for other, templates in self.gallery.by_person.items() if other != person}
        self.gallery = Gallery(self.gallery.known, held)

    async def refresh(self) -> tuple[str, ...]:
        """Read what was written since the last look; returns whose rows changed. Raises what the database raises."""
        async with self._refreshing:
            try:
                changes = await asyncio.to_thread(self._changes, self.gallery.version)
                # Only now: a face that was withdrawn during the wait must not come back from an older copy.
                known, held = self.gallery.known, dict(self.gallery.by_person)
            except FeedWentBack:  # people.db was put back from a backup: nothing of what was held is sure any more
                changes = await asyncio.to_thread(self._changes, 0)
                known, held = following.Snapshot(0, {}, {}), {}
            for person, followed in changes.people.items():
                held.pop(person, None)
                if followed is not None and (templates := self._opened(person, followed)):
                    held[person] = templates
            self.gallery = Gallery(known.after(changes), held)
            return tuple(changes.people)

    def _changes(self, version: int) -> following.Changes:
        with self._people.begin() as conn:
            return following.changes(conn, version)

    def _opened(self, person: str, followed: following.Followed) -> tuple[HeldTemplate, ...]:
        key = self._keys.get(f"template/{person}")
        if key is None:  # a withdrawn face has no key any more
            return ()
        held: list[HeldTemplate] = []
        for kept in followed.templates:
            try:
                vector = unpack(open_template(kept.sealed, key, person, kept.model))
            except (TemplateUnreadable, TemplateMalformed):
                # One damaged row must not keep the site shut; its person still has the card.
                _log.error("A template cannot be opened, so it is compared with nobody. Enrol that face again.")
                continue
            held.append(HeldTemplate(person, kept.model, vector))
        return tuple(held)
