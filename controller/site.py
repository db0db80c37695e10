"""A site's own settings: its name, its ports, and where a person learns more. One small file, written once."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


class BadSite(ValueError):
    """site.toml cannot be used."""


@dataclass(frozen=True, slots=True)
class Site:
    """`name` is the site's id in topics and in the log's origin; ports are on the loopback address."""

    name: str
    broker_port: int
    web_port: int

    @property
    def learn(self) -> str:
        """The address that a door shows: where a person learns more with the receipt in hand."""
        return f"http://127.0.0.1:{self.web_port}/receipt"


def read(path: Path) -> Site:
    """Raises `BadSite` naming the file and the value that is wrong."""
    try:
        found = tomllib.loads(path.read_text())
        return Site(str(found["name"]), int(found["broker_port"]), int(found["web_port"]))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadSite(
            f"{path}: the site's settings cannot be read ({error}). It needs name, broker_port and web_port. "
            "Correct the line, or restore the file from your backup."
        ) from error


def write(path: Path, site: Site) -> None:
    path.write_text(
        "# The settings of this site. Keys, people and the log stand beside this file.\n"
        f'name = "{site.name}"\nbroker_port = {site.broker_port}\nweb_port = {site.web_port}\n'
    )
