"""Who this node is: its directory, as the controller made it, read and checked once at the start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostiary.protocol import base64url, topics
from ostiary.protocol.errors import Refused
from ostiary.protocol.keys import SECRET_BYTES

FILES = ("node.json", "ca.pem", "node.pem", "node.key", "secret")
ROLES = ("reader", "strike")


class BadIdentity(ValueError):
    """The node's directory cannot be used as it is."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")


@dataclass(frozen=True, slots=True)
class Identity:
    """The node's names, its broker and its secrets; `repr` shows no secret."""

    directory: Path
    site: str
    door: str
    node: str
    roles: tuple[str, ...]
    profile: str
    host: str
    port: int
    client_id: str
    virtual: bool
    secret: bytes

    def __repr__(self) -> str:
        return f"Identity({self.site}/{self.node} at {self.door})"

    @property
    def ca(self) -> Path:
        """The site CA's certificate: the only one whose word about the broker counts."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.directory / "node.pem"

    @property
    def key(self) -> Path:
        return self.directory / "node.key"

    @property
    def boot(self) -> Path:
        return self.directory / "boot"

    @property
    def bad_boots(self) -> Path:
        return self.directory / "bad-boots"

    @property
    def journal(self) -> Path:
        return self.directory / "journal"


def read(directory: Path) -> Identity:
    """The identity in `directory`. Raises `BadIdentity`, which says what is wrong and what to do."""
    for name in FILES:
        _check_file(directory / name)
    told = _object(directory / "node.json")
    broker = told.get("broker")
    if told.get("v") != 1:
        raise _bad(directory, f"it is of version {told.get('v')!r}, this node reads 1")
    if not isinstance(broker, dict):
        raise _bad(directory, "broker is missing")
    names = {name: told.get(name) for name in ("site", "door", "node")}
    for name, value in names.items():
        if not isinstance(value, str) or not topics.is_name(value):
            raise _bad(directory, f"{name} is {value!r}, not 1 to 40 of a-z, 0-9 and the hyphen")
    roles = told.get("roles")
    if not isinstance(roles, list) or not roles or any(role not in ROLES for role in roles):
        raise _bad(directory, f"roles is {roles!r}, not some of reader and strike")
    host, port, client_id = broker.get("host"), broker.get("port"), told.get("client_id")
    if not isinstance(host, str) or not host or type(port) is not int or not 0 < port < 65536:
        raise _bad(directory, f"broker is {broker!r}, not a host and a port")
    if not isinstance(client_id, str) or not client_id:
        raise _bad(directory, "client_id is missing")
    if type(told.get("virtual")) is not bool:
        raise _bad(directory, "virtual is neither true nor false")
    return Identity(
        directory=directory,
        site=str(names["site"]),
        door=str(names["door"]),
        node=str(names["node"]),
        roles=tuple(roles),
        profile=str(told.get("profile", "")),
        host=host,
        port=port,
        client_id=client_id,
        virtual=bool(told["virtual"]),
        secret=_secret(directory / "secret"),
    )


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as mistake:
        raise BadIdentity(
            f"The node has no {path.name}.",
            f"{path}: {mistake.strerror}.",
            "Claim the node again, or name its directory with --node.",
        ) from mistake
    if mode & 0o077:
        raise BadIdentity(
            f"{path} is not private.",
            f"Others may read or write it (mode {mode & 0o777:o}), so they could be this node.",
            f"Claim the node again; if nobody else has used this machine: chmod 600 {path}",
        )


def _object(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as mistake:
        raise _bad(path.parent, f"it is not JSON ({mistake})") from mistake
    if not isinstance(told, dict):
        raise _bad(path.parent, "it is not a JSON object")
    return told


def _secret(path: Path) -> bytes:
    # What the file holds is never repeated in a message.
    try:
        secret = base64url.decode(path.read_text("ascii").strip())
    except (OSError, UnicodeDecodeError, Refused):
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise BadIdentity(
            "The node's secret cannot be used.",
            f"{path} does not hold 32 bytes of base64url.",
            "Claim the node again.",
        )
    return secret


def _bad(directory: Path, why: str) -> BadIdentity:
    return BadIdentity(
        "The node's description cannot be used.", f"{directory / 'node.json'}: {why}.", "Claim it again."
    )
