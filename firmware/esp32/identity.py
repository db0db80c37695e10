"""Who this node is: names, broker, certificate and secret, from the chip's own non-volatile storage or from files.

`source(name)` gives the bytes of "node.json", "ca.der", "node.der", "key.der" or "secret", or nothing.
"""

import json

from ostiary.protocol import base64url, topics
from ostiary.protocol.errors import Refused
from ostiary.protocol.keys import SECRET_BYTES

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAMES = ("node.json", "ca.der", "node.der", "key.der", "secret")
LONGEST = 4_000  # of one entry: an NVS blob's bound
_ROLES = ("reader", "strike")


class BadIdentity(ValueError):
    """The node does not know who it is; the message says what is missing and what to do. It repeats no secret."""


class Identity:
    """As `pi/identity.py` has it, with certificates in DER."""

    def __init__(self, told: "dict[str, Any]", parts: "dict[str, bytes]", secret: bytes) -> None:
        self.site: str = told["site"]
        self.door: str = told["door"]
        self.node: str = told["node"]
        self.roles: "tuple[str, ...]" = tuple(told["roles"])
        self.host: str = told["broker"]["host"]
        self.port: int = told["broker"]["port"]
        self.client_id: str = told["client_id"]
        self.virtual: bool = told["virtual"]
        self.ca, self.certificate, self.key = parts["ca.der"], parts["node.der"], parts["key.der"]
        self.secret = secret


def read(source: "Callable[[str], bytes]") -> Identity:
    """Raises `BadIdentity`."""
    parts = {name: source(name) for name in NAMES}
    for name in NAMES:
        if not parts[name]:
            raise _bad(name + " is missing")
    try:
        told = json.loads(parts["node.json"])
        secret = base64url.decode(str(parts["secret"], "ascii").strip())
        names = all(topics.is_name(told[name]) for name in ("site", "door", "node"))
        broker = told["broker"]
        roles = told["roles"]
        whole = (
            told["v"] == 1
            and names
            and len(roles) > 0
            and all(role in _ROLES for role in roles)
            and isinstance(broker["host"], str)
            and 0 < broker["port"] < 65536
            and isinstance(told["client_id"], str)
            and isinstance(told["virtual"], bool)
        )
    except (ValueError, KeyError, TypeError, AttributeError, Refused):
        raise _bad("a part of it cannot be read") from None
    if not whole or len(secret) != SECRET_BYTES:
        raise _bad("a part of it is not what claiming writes")
    return Identity(told, parts, secret)


def folder(path: str) -> "Callable[[str], bytes]":
    """A source: files in a folder, as a virtual chip has them."""
    from ostiary.firmware.esp32 import flash

    return lambda name: flash.read(path + "/" + name)


def storage() -> "Callable[[str], bytes]":
    """A source: the chip's NVS, where flashing has written the identity. Its keys have at most 15 letters."""
    import esp32

    held = esp32.NVS("ostiary")

    def blob(name: str) -> bytes:
        room = bytearray(LONGEST)
        try:
            return bytes(room[: held.get_blob(name, room)])
        except OSError:
            return b""  # no such entry

    return blob


def _bad(why: str) -> BadIdentity:
    return BadIdentity("The node does not know who it is: " + why + ". Claim it again.")
