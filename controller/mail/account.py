"""The account: which server takes the site's mail, who is told of what, and where the password is; never itself."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostiary.controller.reach import LOOPBACK_NAMES
from ostiary.controller.store.errors import ThreePartError

TLS = ("starttls", "tls", "none")
LANGUAGES = ("en", "de")
MOST_RECEIVERS = 20
PASSWORD = "OSTIARY_MAIL_PASSWORD"  # noqa: S105 - the name of the variable, not what it holds
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}", re.ASCII)
_LONGEST_PASSWORD = 1024


class BadAccount(ThreePartError):
    """The section [mail] of site.toml, or the password that it points to, cannot be used."""


@dataclass(frozen=True, slots=True)
class Account:
    """`sender` is the key `from` of site.toml. `alarms_to` hear of alarms, `contests_to` (reviewers) of contests.

    `tls`: `starttls`, `tls` (from the first byte) or `none`, which loopback alone may have. `authority`: a PEM file
    with the authority of a server that no public one vouches for. The password is in `password_file` or in the
    environment; without `user` the server asks for none.
    """

    host: str
    sender: str
    port: int = 587
    tls: str = "starttls"
    user: str | None = None
    password_file: str | None = None
    authority: str | None = None
    alarms_to: tuple[str, ...] = ()
    contests_to: tuple[str, ...] = ()
    language: str = "en"

    def __post_init__(self) -> None:
        """Raises `BadAccount`."""
        if not isinstance(self.host, str) or not _HOST.fullmatch(self.host):
            raise _bad(f"host is {self.host!r}, and no host name.", 'Name the server: host = "mail.example"')
        if type(self.port) is not int or not 1 <= self.port <= 65535:
            raise _bad(f"port is {self.port!r}.", "Give a number from 1 to 65535; most servers take 587.")
        if self.tls not in TLS:
            raise _bad(f"tls is {self.tls!r}.", f"Choose one of {', '.join(TLS)}.")
        if self.tls == "none" and self.host not in LOOPBACK_NAMES:
            raise _bad(
                f"Without TLS the mail to {self.host} would cross the network in the clear, its password too.",
                'Write tls = "starttls" or "tls"; "none" is for a server on this machine.',
            )
        if self.language not in LANGUAGES:
            raise _bad(f"language is {self.language!r}.", f"Choose one of {', '.join(LANGUAGES)}.")
        for name in ("user", "password_file", "authority"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value or not value.isprintable()):
                raise _bad(f"{name} is {value!r}.", "Give a line of text, or leave it out.")
        if self.password_file and not self.user:
            raise _bad("There is a password_file and no user.", "Name the user, or leave both out.")
        for address in (self.sender, *self.alarms_to, *self.contests_to):
            if not isinstance(address, str) or len(address) > 254 or not _ADDRESS.fullmatch(address):
                raise _bad(f"{address!r} is no address.", "Write it as keeper@example.org, without a name.")
        for name in ("alarms_to", "contests_to"):
            if len(getattr(self, name)) > MOST_RECEIVERS:
                raise _bad(f"{name} has more than {MOST_RECEIVERS} addresses.", "Name a mailing list instead.")
        if not self.alarms_to and not self.contests_to:
            raise _bad("Nobody is to be told.", 'Name somebody: alarms_to = ["keeper@example.org"]')

    @property
    def receivers(self) -> tuple[str, ...]:
        """Everybody who may get a mail, each once."""
        return tuple(dict.fromkeys((*self.alarms_to, *self.contests_to)))

    def password(self) -> str:
        """Read anew for each mail, so that a changed one counts at once. Raises `BadAccount`, which never holds it."""
        if self.password_file is None:
            if found := os.environ.get(PASSWORD):
                return found
            raise _bad(f"There is a user and no password: {PASSWORD} is not set.", "Set it, or name a password_file.")
        path = Path(self.password_file)
        try:
            held = path.stat()
            if not stat.S_ISREG(held.st_mode) or held.st_mode & 0o077:
                raise _bad(f"Others may read {path}, or it is no plain file.", f"Close it: chmod 600 {path}")
            found = path.read_bytes()[: _LONGEST_PASSWORD + 2].decode().removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise _bad(
                f"The password file {path} cannot be read ({why}).", "Correct password_file or the file."
            ) from None
        if not 0 < len(found) <= _LONGEST_PASSWORD or not found.isprintable():
            raise _bad(f"The password file {path} does not hold one line of text.", "Write the password alone into it.")
        return found


def read(section: Mapping[str, Any]) -> Account:
    """The section [mail] of site.toml. Raises `BadAccount`."""
    if "password" in section:
        raise _bad(
            "site.toml holds a password, and whoever may see the settings would see it.",
            f"Move it into a file of its own (password_file) or into {PASSWORD}, and change it: it may be known.",
        )
    given = dict(section)
    for name in ("alarms_to", "contests_to"):
        if name in given and not isinstance(given[name], list):
            raise _bad(f"{name} is no list.", f'Write {name} = ["keeper@example.org"]')
        given[name] = tuple(given.get(name, ()))
    if "from" not in given or "host" not in given:
        raise _bad("It needs host and from.", 'Write host = "mail.example" and from = "ostiary@example.org"')
    given["sender"] = given.pop("from")
    if unknown := sorted(given.keys() - set(Account.__slots__)):
        raise _bad(f"There is no setting {unknown[0]!r}.", f"There are: {', '.join(_said())}.")
    return Account(**given)


def section(account: Account) -> dict[str, str | int | list[str]]:
    """The same section again, without what is as it is anyway."""
    found: dict[str, str | int | list[str]] = {}
    for name, written in zip(Account.__slots__, _said(), strict=True):
        value = getattr(account, name)
        if value not in (None, ()):
            found[written] = list(value) if isinstance(value, tuple) else value
    return found


def _said() -> list[str]:
    return ["from" if name == "sender" else name for name in Account.__slots__]


def _bad(why: str, now: str) -> BadAccount:
    return BadAccount("The settings of mail, [mail] in site.toml, cannot be used.", why, now)
