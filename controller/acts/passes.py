"""Passes: sign a visitor's pass, and record that one opens nothing any more; the row is people.db's."""

from typing import Any

from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.protocol import base64url
from ostiary.protocol.errors import Refused


async def _new(house: House, asked: Asked) -> dict[str, Any]:
    what = "No pass was made."
    match asked.args:
        case {
            "person": str(person),
            "pass": str(code),
            "doors": [*doors],
            "from_s": int(from_s),
            "until_s": int(until_s),
            "single": bool(single),
        } if all(isinstance(door, str) for door in doors):
            pass
        case _:
            raise malformed(what, "It needs person, pass, doors, from_s, until_s and single.")
    known = {node["door"] for node in house.nodes()} | set(house.policy.doors if house.policy else ())
    for door in doors:
        if door not in known:
            raise not_found(what, f"There is no door {door!r}; there are: {', '.join(sorted(known))}.")
    try:
        text = house.pass_text(base64url.decode(code), doors, from_s, until_s)
    except Refused as refused:
        raise malformed(what, f"No pass can say that ({refused.detail}).") from refused
    body = {"person": person, "pass": code, "doors": doors, "from_s": from_s, "until_s": until_s, "single": single}
    [receipt] = await house.log.append([act_record(asked, "pass-new", house.now_ms(), body, (person,))])
    return {"index": receipt.position, "text": text}


async def _revoke(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "pass": str(code)}:
            pass
        case _:
            raise malformed("No pass was revoked.", "It needs person and pass.")
    body = {"person": person, "pass": code}
    [receipt] = await house.log.append([act_record(asked, "pass-revoke", house.now_ms(), body, (person,))])
    return {"index": receipt.position}


PASS_NEW = Act("pass-new", frozenset({"admin", "enroller"}), False, _new)
PASS_REVOKE = Act("pass-revoke", frozenset({"admin", "enroller"}), False, _revoke)
