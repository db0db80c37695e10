"""Source: outside systems that may report to the ledger, each with a secret that the keeper keeps and shows once.

A report is signed: HMAC-SHA256 (RFC 2104) over its time in Unix seconds, a full stop and the body's bytes; the key is
the secret as it was printed. The web never holds a secret; it asks whether a signature holds.
"""

import hmac
import os
import re
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.protocol import base64url
from ostiary.protocol.errors import Refused

SLACK_MS = 5 * 60 * 1000
"""How far a report's time may be from the keeper's, either way."""
_NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_PREFIX = "source/"


async def _add(house: House, asked: Asked) -> dict[str, Any]:
    name = _named(asked)
    if house.keys.get(_PREFIX + name) is not None:
        raise ActError(
            "taken",
            f"The source {name} was not added.",
            "There is one of this name, and its secret is shown once.",
            "Remove it first if its secret is lost, or choose another name.",
        )
    await house.log.append([act_record(asked, "source-add", house.now_ms(), {"source": name})])
    return {"source": name, "secret": _printed(house.keys.get_or_create(_PREFIX + name))}


async def _remove(house: House, asked: Asked) -> dict[str, Any]:
    name = _named(asked)
    if house.keys.get(_PREFIX + name) is None:
        raise not_found(f"There is no source {name}.", "It was never added, or is removed already.")
    await house.log.append([act_record(asked, "source-remove", house.now_ms(), {"source": name})])
    house.keys.destroy(_PREFIX + name)
    return {"source": name}


async def _list(house: House, asked: Asked) -> dict[str, Any]:
    return {"sources": [name.removeprefix(_PREFIX) for name in house.keys.names(_PREFIX)]}


async def _verify(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"source": str(name), "time": str(time), "body": str(text), "signature": str(signature)}:
            pass
        case _:
            raise malformed("The report was not taken.", "It needs source, time, body and signature.")
    try:
        body = base64url.decode(text)
    except Refused as error:
        raise malformed("The report was not taken.", f"The body is not base64url ({error.detail}).") from error
    # One answer for all that can be wrong, so that nobody learns which sources there are; and the same work for it.
    secret = house.keys.get(_PREFIX + name) if _NAME.fullmatch(name) else None
    signed = hmac.digest(_printed(secret or os.urandom(32)).encode(), time.encode() + b"." + body, "sha256").hex()
    holds = hmac.compare_digest(signed.encode(), signature.encode())
    seconds = int(time) if time.isascii() and time.isdigit() and len(time) <= 12 else None
    fresh = seconds is not None and abs(seconds * 1000 - house.now_ms()) <= SLACK_MS
    return {"holds": secret is not None and holds and fresh}


def _printed(secret: bytes) -> str:
    return base64url.encode(secret)


def _named(asked: Asked) -> str:
    match asked.args:
        case {"source": str(name)} if _NAME.fullmatch(name):
            return name
        case _:
            raise malformed("The source was not found.", "It needs a name of 1 to 40 of a–z, 0–9 and hyphen.")


SOURCE_ADD = Act("source-add", "manage-sources", False, _add)
SOURCE_REMOVE = Act("source-remove", "manage-sources", False, _remove)
SOURCE_LIST = Act("source-list", "read-sources", False, _list)
SOURCE_VERIFY = Act("source-verify", "serve", False, _verify)
