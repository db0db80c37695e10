"""Review-link: a reviewer from outside opens one contest by a link, where a site has nobody else who may decide it.

The link's token is an HMAC-SHA256 (RFC 2104) under a key of the keeper's over the contest, its reviewer and when they
were assigned, cut to 128 bits. So a link needs no row, and another assignment makes it worthless.
"""

import asyncio
import hmac
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.contests import Contest, contest_of
from ostiary.controller.people.errors import NoSuchContest
from ostiary.protocol import base64url

KEY = "site/review-link"
TOKEN_BYTES = 16


async def _make(house: House, asked: Asked) -> dict[str, Any]:
    number, at_ms = _number(asked), house.now_ms()
    known = await asyncio.to_thread(_contest, house, number)
    if known.reviewer is None or known.state(at_ms) != "assigned":
        raise ActError(
            "rule",
            "No link was made.",
            f"Contest {number} is {known.state(at_ms)}, and a link is for the reviewer who will decide it.",
            "Assign the reviewer first.",
        )
    body = {"contest": number, "person": known.person, "reviewer": known.reviewer}
    await house.log.append([act_record(asked, "review-link", at_ms, body, (known.person,))])
    return {"token": _token(house, known), "reviewer": known.reviewer, "until_ms": known.due_at_ms}


async def _open(house: House, asked: Asked) -> dict[str, Any]:
    """Whose link it is; `reviewer` is None for a token that opens nothing, whatever the reason."""
    number = _number(asked)
    given = asked.args.get("token")
    try:
        known = await asyncio.to_thread(_contest, house, number)
    except NoSuchContest:
        return {"reviewer": None}
    holds = isinstance(given, str) and hmac.compare_digest(_token(house, known).encode(), given[:64].encode())
    return {"reviewer": known.reviewer if holds and known.reviewer else None}


def _token(house: House, known: Contest) -> str:
    said = f"{house.site}\n{known.id}\n{known.reviewer}\n{known.assigned_at_ms}".encode()
    return base64url.encode(hmac.digest(house.keys.get_or_create(KEY), said, "sha256")[:TOKEN_BYTES])


def _contest(house: House, number: int) -> Contest:
    with house.people.begin() as conn:
        return contest_of(conn, number)


def _number(asked: Asked) -> int:
    match asked.args:
        case {"contest": int(number)}:
            return number
        case _:
            raise malformed("There is no such link.", "It needs contest.")


REVIEW_LINK = Act("review-link", frozenset({"admin"}), False, _make)
REVIEW_OPEN = Act("review-open", frozenset({"admin", "reviewer"}), False, _open)
