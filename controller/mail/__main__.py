"""The mail process: `python -m ostiary.controller.mail --data DIR`. Prints READY when it looks."""

import argparse
import logging
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from ostiary.controller import site as settings
from ostiary.controller.acts.client import Keeper
from ostiary.controller.mail.letters import Writer
from ostiary.controller.mail.outbox import Outbox
from ostiary.controller.mail.postman import Postman
from ostiary.controller.record.reading import Reading
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.people_db import PeopleDbError, follow_people
from ostiary.controller.store.places import Places

EVERY_S = 1.0

_log = logging.getLogger("ostiary.mail")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m ostiary.controller.mail", description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the site's data directory")
    places = Places(arguments.parse_args().data)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Whatever moment it is: what was not sent is still in the outbox.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        _carry(places)
    except (settings.BadSite, ThreePartError, PeopleDbError) as error:
        sys.exit(str(error))


def _carry(places: Places) -> None:
    site = settings.read_existing(places.site_toml)
    if site.mail is None:
        raise settings.BadSite(f"{places.site_toml} has no section [mail]. See docs/mail.md")
    writer = Writer(site.name, site.address, site.mail.sender, site.mail.language)
    keeper = Keeper(places.keeper_socket)
    outbox = Outbox(places.mail_db)
    print("READY", flush=True)
    log, people, postman = None, None, None
    said, never = "", threading.Event()
    while True:
        try:
            if postman is None:  # the log is the keeper's to make, and people.db the web's
                log = log or Reading(settings.log_place(places))
                people = people or follow_people(places.people_db)
                postman = Postman(site.mail, writer, outbox, log, people, keeper)
            postman.round(time.time_ns() // 1_000_000)
            said = ""
        except (ThreePartError, PeopleDbError, DBAPIError, sqlite3.Error) as error:
            if str(error) != said:
                _log.error("Nothing was looked at, and no mail goes out: %s", error)
            said = str(error)
        never.wait(EVERY_S)


if __name__ == "__main__":
    main()
