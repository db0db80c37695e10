"""A site's own settings: its name, its ports, and where a person learns more. One small file, written once."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places


class BadSite(ValueError):
    """site.toml cannot be used."""


@dataclass(frozen=True, slots=True)
class Site:
    """`name` is the site's id in topics and in the log's origin; ports are on the loopback address.

    `log` says which PostgreSQL database holds the log (a libpq address without a password); None: the file log.db.
    """

    name: str
    broker_port: int
    web_port: int
    log: str | None = None

    @property
    def learn(self) -> str:
        """The address that a door shows: where a person learns more with the receipt in hand."""
        return f"http://127.0.0.1:{self.web_port}/receipt"


def read(path: Path) -> Site:
    """Raises `BadSite` naming the file and the value that is wrong."""
    try:
        found = tomllib.loads(path.read_text())
        log = found.get("log")
        if log is not None and (not isinstance(log, str) or not log):
            raise ValueError(f"log is {log!r}, not the address of a database")
        return Site(str(found["name"]), int(found["broker_port"]), int(found["web_port"]), log)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadSite(
            f"{path}: the site's settings cannot be read ({error}). It needs name, broker_port and web_port. "
            "Correct the line, or restore the file from your backup."
        ) from error


def read_existing(path: Path) -> Site:
    """Like `read`, for a site that must be there. Raises `BadSite`."""
    if not path.exists():
        raise BadSite(f"There is no site in {path.parent}: it has no {path.name}. Name its directory with --data.")
    return read(path)


def write(path: Path, site: Site) -> None:
    log = "" if site.log is None else f"log = {json.dumps(site.log)}\n"
    path.write_text(
        "# The settings of this site. Keys, people and the log stand beside this file.\n"
        f'name = "{site.name}"\nbroker_port = {site.broker_port}\nweb_port = {site.web_port}\n{log}'
    )


def log_place(places: Places) -> LogPlace:
    """Where the site's log is; a site without settings has them still to be written, and its log is a file."""
    log = read(places.site_toml).log if places.site_toml.exists() else None
    return LogPlace(places.log_db, log)
