"""PINs: seal a person's PIN for people.db, or forget it. No record has the PIN, or says whether one is for duress.

A new PIN, or none, ends the waiting that wrong ones have brought about.
"""

import asyncio
import os
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.pins import HASH_BYTES, NONCE_BYTES, SALT_BYTES, check_fit, seal_pin
from ostiary.protocol import base64url


async def _set(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "pin": str(pin), "duress": (str() | None) as duress} if _id(person):
            pass
        case _:
            raise malformed("The PIN was not set.", "It needs person, pin and duress.")
    check_fit(pin, duress)
    random = os.urandom(NONCE_BYTES + SALT_BYTES + HASH_BYTES)
    key = house.keys.get_or_create(f"pin/{person}")
    sealed = await asyncio.to_thread(seal_pin, person, pin, duress, key, random)
    return {"index": await _record(house, asked, "pin-set", person), "sealed": base64url.encode(sealed)}


async def _clear(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)} if _id(person):
            pass
        case _:
            raise malformed("The PIN was not cleared.", "It needs person.")
    index = await _record(house, asked, "pin-clear", person)
    house.keys.destroy(f"pin/{person}")
    return {"index": index}


async def _record(house: House, asked: Asked, kind: str, person: str) -> int:
    draft = act_record(asked, kind, house.now_ms(), {"person": person}, (person,))
    receipts = await house.log.append([draft, *house.pins_forgiven(person)])
    return receipts[0].position


def _id(person: str) -> bool:
    return bool(person) and "/" not in person


PIN_SET = Act("pin-set", frozenset({"admin", "enroller"}), False, _set)
PIN_CLEAR = Act("pin-clear", frozenset({"admin", "enroller"}), False, _clear)
