"""Review-link: a reviewer from outside opens one contest by a link, where a site has nobody else who may decide it.

The link's token is an HMAC-SHA256 (RFC 2104) under a key of the keeper's over the contest, its reviewer and when they
were assigned, cut to 128 bits. So a link needs no row, and another assignment makes it worthless.
"""

import asyncio
import hmac
from dataclasses import replace
from typing import Any

from ostiary.controller.acts.contest_overturn import CONTEST_OVERTURN
from ostiary.controller.acts.contest_uphold import CONTEST_UPHOLD
from ostiary.controller.acts.contest_weigh import CONTEST_WEIGH
from ostiary.controller.acts.errors import ActError, malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.look_at_ledger import LOOK_AT_LEDGER
from ostiary.controller.acts.look_up import LOOK_UP
from ostiary.controller.people.contests import Contest, contest_of
from ostiary.controller.people.errors import NoSuchContest
from ostiary.protocol import base64url

KEY = "site/review-link"
TOKEN_BYTES = 16
PURPOSE = "reviewing a contest by a link"


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


async def _review(house: House, asked: Asked) -> dict[str, Any]:
    """What the holder of a link may do: the acts of the assigned reviewer about this one contest, in their name."""
    number, do = _number(asked), asked.args.get("do")
    known = await _opened(house, number, asked.args.get("token"))
    args = {"contest": number, "reasons": asked.args.get("reasons")}
    match do:
        case "whose":
            return {"reviewer": known.reviewer}
        case "look":
            act, args = LOOK_AT_LEDGER, {"person": known.person}
        case "look-up" if known.kind == "decision":
            act, args = LOOK_UP, {"index": known.number}
        case "weigh":
            act = CONTEST_WEIGH
        case "uphold":
            act = CONTEST_UPHOLD
        case "overturn":
            act = CONTEST_OVERTURN
        case _:
            raise malformed("Nothing was done.", "A link serves to look, weigh, uphold and overturn.")
    as_reviewer = replace(
        asked, args=args, operator=known.reviewer or "", roles=frozenset({"reviewer"}), purpose=PURPOSE
    )
    return await act.do(house, as_reviewer)


async def _opened(house: House, number: int, given: Any) -> Contest:
    """The contest whose link this token is; one answer for all that can be wrong with it."""
    try:
        known = await asyncio.to_thread(_contest, house, number)
    except NoSuchContest:
        known = None
    token = "" if known is None or known.reviewer is None else _token(house, known)
    if known is None or not isinstance(given, str) or not hmac.compare_digest(token.encode(), given[:64].encode()):
        raise not_found("This link opens nothing.", "It is not whole, or another reviewer was assigned since.")
    return known


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


REVIEW_LINK = Act("review-link", "assign-contest", False, _make)
REVIEW = Act("review", "serve", False, _review)
