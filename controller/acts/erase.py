"""Erase: a person's records become unreadable for good. One operator asks, another one agrees, and both are recorded.

`ask-erase` records the request; `erase` names it and does it. A record that concerns somebody else too stays readable
for them. Whatever the person does afterwards is recorded under new keys.
"""

from typing import Any

from ostiary.controller.acts.errors import malformed, refused
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.erasable import contesting
from ostiary.controller.record.erasing import Doomed, Named, subject_of
from ostiary.controller.record.record import Draft

AGREE_WITHIN_MS = 30 * 86_400_000
_WHAT = "The person was not erased."


async def _ask(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "reason": str(reason)} if person and "/" not in person and _said(reason):
            pass
        case _:
            raise malformed(_WHAT, "The request needs a person's id and a reason of 4 to 500 letters.")
    _refuse_contested(house, person)
    draft = act_record(asked, "ask-erase", house.now_ms(), {"person": person, "reason": reason.strip()}, (person,))
    [receipt] = await house.log.append([draft])
    return {"index": receipt.position}


async def _erase(house: House, asked: Asked) -> dict[str, Any]:
    request = _requested(house, asked)
    person, requester = request["person"], request["operator"]
    if _name(requester) == _name(asked.operator):
        raise refused(
            _WHAT,
            f"{requester} asked for it, and whoever asks cannot agree.",
            "Let another operator agree.",
        )
    at_ms = house.now_ms()
    if not 0 <= at_ms - request["at_ms"] < AGREE_WITHIN_MS:
        raise refused(_WHAT, "The request is older than 30 days.", "Ask for it again.")
    _refuse_contested(house, person)
    doomed = [Doomed(name, key) for name, key in house.keys.ids_of(f"record/{person}/").items()]
    doomed += [
        Doomed(name, key)
        for kind in ("template", "pin")
        for name, key in house.keys.ids_of(f"{kind}/").items()
        if name == f"{kind}/{person}"
    ]

    def record(part: Named) -> Draft:
        # About nobody by name: it outlives the person's own keys.
        body = {
            **part.body,
            "requester": requester,
            "reason": request["reason"],
            "second_approver": asked.operator,
            "subject": subject_of(person),
        }
        return act_record(asked, "erase", at_ms, body)

    receipts = await house.log.erase(doomed, record)
    house.forget_face(person)
    await house.refresh()
    return {"index": receipts[0].position, "person": person, "keys": len(doomed)}


def _requested(house: House, asked: Asked) -> dict[str, Any]:
    index = asked.args.get("asked")
    row = house.log.reading().at(index) if type(index) is int and 0 <= index < 1 << 63 else None
    if row is None or row.kind != "ask-erase":
        raise malformed(_WHAT, "It names no record of a request to erase somebody.")
    body = house.log.open(row.position)
    if not isinstance(body, dict):
        raise refused(_WHAT, "It was erased already: nobody can read the request any more.", "Ask again to repeat it.")
    return body


def _refuse_contested(house: House, person: str) -> None:
    with house.people.begin() as conn:
        if person in contesting(conn):
            raise refused(
                _WHAT,
                "A contest of this person is open, and its reviewer needs the records.",
                "Decide the contest first, then ask again.",
            )


def _said(reason: str) -> bool:
    return 4 <= len(reason.strip()) <= 500


def _name(name: str) -> str:
    return " ".join(name.split()).casefold()


ASK_ERASE = Act("ask-erase", frozenset({"admin", "enroller"}), True, _ask)
ERASE = Act("erase", frozenset({"admin", "reviewer"}), True, _erase)
