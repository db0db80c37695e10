"""Opens a site: founds it when its directory is new, then starts its processes in the order that is quickest."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ostiary.controller import programs, samples
from ostiary.controller.acts.calling import FOUNDING
from ostiary.controller.acts.client import Keeper
from ostiary.controller.appointing import link
from ostiary.controller.founding import CannotFound, found
from ostiary.controller.people.operators import has_admin
from ostiary.controller.people.roles import CONSOLE
from ostiary.controller.running import only_one
from ostiary.controller.site import Site
from ostiary.controller.store.people_db import follow_people
from ostiary.controller.store.places import Places
from ostiary.controller.supervise import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class Opened:
    """A site whose doors answer."""

    places: Places
    site: Site
    keeper: Keeper
    supervisor: Supervisor
    doors: tuple[str, ...]


@asynccontextmanager
async def opened(
    data: Path,
    site: Site,
    doors: tuple[str, ...],
    *,
    web: bool,
    step: Callable[[str], None],
    say: Callable[[str], None],
    apart: tuple[str, ...] = (),
    boards: Mapping[str, str] = MappingProxyType({}),
) -> "AsyncIterator[Opened]":
    """The site in `data` with a virtual door for each of `doors`, and for each of `apart` one with a reader outside and
    a strike node inside, until the block ends. `boards` names a door's virtual board where it is not a Pi's.

    `step` hears each step of the start, `say` what happens to a process later. Raises what `founding.found` raises,
    and `StartFailed` naming the process that did not start.
    """
    places = Places(data)
    async with AsyncExitStack() as leaving:
        try:
            places.prepare()
            leaving.enter_context(only_one(data))
        except OSError as error:
            raise CannotFound(
                f"The directory {data} cannot be made or written: {error}. Choose another one with --data."
            ) from error
        step("Reading the site" if places.site_toml.exists() else "Making keys and certificates")
        site, nodes = found(places, site, doors, apart, boards)
        supervisor = Supervisor(say, _log_file(places).info)
        leaving.push_async_callback(supervisor.stop)
        step("Starting broker, keeper and doors")
        # Everything waits for what it needs by itself, so nothing here has to wait for anything else.
        starts = [
            supervisor.start(programs.broker_program(places)),
            supervisor.start(programs.keeper_program(places)),
        ]
        starts += [supervisor.start(program) for program in programs.virtual_doors(places, nodes)]
        if web:
            starts.append(supervisor.start(programs.web_program(places, site.web_port)))
            if site.mail is not None:
                starts.append(supervisor.start(programs.mail_program(places)))
        async with asyncio.TaskGroup() as together:
            for start in starts:
                together.create_task(start)
        keeper = Keeper(places.keeper_socket)
        standing = await keeper.act("standing", {}, operator=CONSOLE)
        # A policy that is not valid any more is for a person to mend; the sample must not open its doors instead.
        if not standing["ever_published"]:
            step("Publishing the sample policy")
            await publish(keeper, samples.policy_text("workshop"), "workshop.yaml", operator=FOUNDING)
        yield Opened(places, site, keeper, supervisor, (*doors, *apart))


async def first_link(places: Places, site: Site) -> str | None:
    """The address at which the first operator sets up the sign-in, where the site has no admin yet."""

    def make() -> str | None:
        people = follow_people(places.people_db)
        try:
            with people.begin() as conn:
                if has_admin(conn):
                    return None
        finally:
            people.dispose()
        return f"{site.address}/setup/{link(places.data, None)}"

    return await asyncio.to_thread(make)


def _log_file(places: Places) -> logging.Logger:
    """What the processes write, kept small: three files of 1 MB."""
    log = logging.Logger("ostiary.processes")
    kept = RotatingFileHandler(places.process_log, maxBytes=1_000_000, backupCount=2, delay=True)
    kept.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(kept)
    return log


async def publish(keeper: Keeper, text: str, name: str, *, operator: str) -> str:
    """Make this policy the one that rules; returns its sha256. Raises `ActError` where a line of it is wrong."""
    done = await keeper.act("publish", {"text": text, "name": name}, operator=operator)
    return done["sha256"]
