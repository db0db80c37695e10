"""A whole site for tests: real broker, real keeper, real key store, in a directory of its own."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine

from ostiary.controller import programs
from ostiary.controller.acts.client import Keeper
from ostiary.controller.cli.demo_cases import policy as open_all_day
from ostiary.controller.founding import found
from ostiary.controller.opening import publish
from ostiary.controller.people import cards, evidence, holding, membership, registry
from ostiary.controller.site import Site
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places
from ostiary.controller.supervise import Supervisor
from ostiary.protocol import base64url

DOORS = ("front", "studio", "laser-room")
WHO = {"operator": "test", "role": "admin"}


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


@dataclass
class RunningSite:
    """Broker and keeper run; nodes are what the test makes of them."""

    places: Places
    site: Site
    keeper: Keeper
    supervisor: Supervisor
    people: Engine
    _awaited: dict[str, asyncio.Event] = field(default_factory=dict)

    def hears(self, sentence: str) -> asyncio.Event:
        """An event that is set when the supervisor says this next."""
        return self._awaited.setdefault(sentence, asyncio.Event())

    def heard(self, sentence: str) -> None:
        if waited := self._awaited.pop(sentence, None):
            waited.set()

    async def member(self, name: str, card: str | None = None, *, membership_ended: bool = False) -> str:
        """A member with the laser induction and, if named, a card."""
        at_ms = time.time_ns() // 1_000_000
        until_ms = at_ms - 1000 if membership_ended else None
        tag = await self.keeper.act("card-tag", {"number": card}, **WHO) if card else None
        with self.people.begin() as conn:
            person = registry.add(conn, registry.new_id(os.urandom(10)), name, at_ms).id
            form = evidence.Evidence("form", sha256(b"form").hexdigest(), "enrolment-form", "Enrolment form")
            evidence.keep(conn, form)
            membership.add_membership(
                conn, person, "active", "form", "test", at_ms, from_ms=at_ms - 86_400_000, until_ms=until_ms
            )
            holding.add_holding(conn, person, "laser-induction", "form", "test", at_ms, from_ms=at_ms - 1000)
            if tag:
                sealed = base64url.decode(tag["sealed"])
                cards.add_card(conn, person, tag["tag"], "test card", at_ms, sealed=sealed)
        await self.keeper.act("refresh", {}, **WHO)
        return person


@contextlib.asynccontextmanager
async def running_site(data: Path, log: str | None = None, apart: tuple[str, ...] = ()) -> AsyncIterator[RunningSite]:
    """A founded site with broker and keeper running and the sample policy, open all day, in force.

    `log` is the address of its database; None: its log is a file. `apart` names the doors with two nodes.
    """
    places = Places(data)
    together = tuple(door for door in DOORS if door not in apart)
    site, _ = found(places, Site("northside", free_port(), 8080, log), together, apart)
    people = open_people(places.people_db)
    heard: list[RunningSite] = []
    supervisor = Supervisor(lambda text: heard[0].heard(text) if heard else None)
    try:
        async with asyncio.TaskGroup() as together:
            together.create_task(supervisor.start(programs.broker_program(places)))
            together.create_task(supervisor.start(programs.keeper_program(places)))
        keeper = Keeper(places.keeper_socket)
        await publish(keeper, open_all_day(closed_today=False), "test.yaml")
        heard.append(RunningSite(places, site, keeper, supervisor, people))
        yield heard[0]
    finally:
        await supervisor.stop()
        people.dispose()
