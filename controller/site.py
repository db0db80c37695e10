"""A site's own settings: its name, its ports, and where a person learns more. One small file, written once."""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from ostiary.controller.mail import account
from ostiary.controller.mail.account import Account, BadAccount
from ostiary.controller.reach import Reach
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places


class BadSite(ValueError):
    """site.toml cannot be used."""


# Days. Whoever runs a high-risk system keeps its logs for six months at least (Regulation (EU) 2024/1689, Art. 26(6)).
_DECISIONS, _BIOMETRICS, _BACKUPS = (183, 3653), (1, 183), (1, 183)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the site keeps what: `decisions_days` every record of the log; `biometrics_days` the similarities in
    them, which reviewers alone can read; `backups_days` how long a backup can be restored, which holds keys."""

    decisions_days: int = 183
    biometrics_days: int = 90
    backups_days: int = 90

    def __post_init__(self) -> None:
        for name, (least, most) in (
            ("decisions_days", _DECISIONS), ("biometrics_days", _BIOMETRICS), ("backups_days", _BACKUPS),
        ):  # fmt: skip
            days = getattr(self, name)
            if type(days) is not int or not least <= days <= most:
                raise ValueError(f"{name} is {days!r}, and must be from {least} to {most} days")
        if self.biometrics_days > self.decisions_days or self.backups_days > self.decisions_days:
            raise ValueError("biometrics and backups are kept no longer than decisions")


@dataclass(frozen=True, slots=True)
class Site:
    """`name` is the site's id in topics and in the log's origin; `reach` says who can come to the web's port.

    `second_person`: a policy that is to follow another is proposed by one operator and approved by a second.
    `log` says which PostgreSQL database holds the log (a libpq address without a password); None: the file log.db.
    `mail`: who is told of alarms and contests; None: nobody is.
    """

    name: str
    broker_port: int
    web_port: int
    log: str | None = None
    retention: Retention = field(default_factory=Retention)
    second_person: bool = False
    reach: Reach = field(default_factory=Reach)
    mail: Account | None = None

    @property
    def address(self) -> str:
        """Where browsers find the web."""
        return self.reach.address(self.web_port)

    @property
    def learn(self) -> str:
        """The address that a door shows: where a person learns more with the receipt in hand."""
        return f"{self.address}/receipt"


def read(path: Path) -> Site:
    """Raises `BadSite` naming the file and the value that is wrong."""
    try:
        found = tomllib.loads(path.read_text())
        log = found.get("log")
        if log is not None and (not isinstance(log, str) or not log):
            raise ValueError(f"log is {log!r}, not the address of a database")
        retention = Retention(**found.get("retention", {}))
        second = found.get("policy", {}).get("second_person", False)
        if type(second) is not bool:
            raise ValueError(f"second_person is {second!r}, and must be true or false")
        web = found.get("web", {})
        reach = Reach(**{**web, "proxies": tuple(web.get("proxies", ()))})
        mail = account.read(found["mail"]) if "mail" in found else None
        ports = int(found["broker_port"]), int(found["web_port"])
        return Site(str(found["name"]), *ports, log, retention, second, reach, mail)
    except BadAccount as error:
        raise BadSite(f"{path}: {error}") from error
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
        f"\n# How long what is kept, in days.\n[retention]\ndecisions_days = {site.retention.decisions_days}\n"
        f"biometrics_days = {site.retention.biometrics_days}\nbackups_days = {site.retention.backups_days}\n"
        "\n# Whether a policy needs a second person before it follows another.\n[policy]\n"
        f"second_person = {str(site.second_person).lower()}\n"
        f"{_web(site.reach)}{_mail(site.mail)}"
    )


def _web(reach: Reach) -> str:
    """The section about the web; none for a site that is reached on its own machine alone."""
    said = {name: getattr(reach, name) for name in ("host", "listen", "certificate", "key", "proxies")}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items() if value)
    return "" if reach == Reach() else f"\n# How the web is reached: docs/https.md\n[web]\n{lines}"


def _mail(held: Account | None) -> str:
    if held is None:
        return ""
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in account.section(held).items())
    return f"\n# Who is told of alarms and contests: docs/mail.md\n[mail]\n{lines}"


def log_place(places: Places) -> LogPlace:
    """Where the site's log is; a site without settings has them still to be written, and its log is a file."""
    log = read(places.site_toml).log if places.site_toml.exists() else None
    return LogPlace(places.log_db, log)
