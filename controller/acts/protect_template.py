"""Protect-template: turn a fresh face vector into the sealed template that the people's database may hold.

The vector comes from an enrolment with consent (the web checked it, the database insists on it). It is shielded by
the site's secret and sealed under a key of that person alone; the keeper keeps neither.
"""

import os
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.errors import VectorUnfit
from ostiary.controller.people.protect import pack, seal_template
from ostiary.protocol import base64url
from ostiary.protocol.errors import Refused

NONCE_BYTES = 12  # AES-GCM (NIST SP 800-38D §8.2.2)


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {
            "person": str(person),
            "model": str(model),
            "runtime": str(runtime),
            "vector": str(text),
            "scale": float(scale),
        }:
            pass
        case _:
            raise malformed("The template was not made.", "It needs person, model, runtime, vector and scale.")
    try:
        vector = base64url.decode(text)
    except Refused as error:
        raise malformed("The template was not made.", f"The vector is not base64url ({error.detail}).") from error
    key = house.keys.get_or_create(f"template/{person}")
    try:
        packed = pack(house.shield(vector, scale))
    except VectorUnfit as error:
        raise malformed("The template was not made.", str(error)) from error
    sealed = seal_template(packed, key, person, model, os.urandom(NONCE_BYTES))
    at_ms = house.now_ms()
    enrolled = act_record(asked, "enrol-face", at_ms, {"person": person, "model": model, "runtime": runtime}, (person,))
    await house.log.append([enrolled])
    return {"sealed": base64url.encode(sealed)}


PROTECT_TEMPLATE = Act("protect-template", "enrol", False, _do)
