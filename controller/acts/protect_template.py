"""Protect-template: turn a fresh face vector into the sealed template that the people's database may hold.

The vector comes from an enrolment with consent (the web checked it, the database insists on it). It is shielded by
the site's secret and sealed under a key of that person alone; the keeper keeps neither. A face that may be somebody
else's who is enrolled already is sealed only when a human has said so (`duplicate.py`).
"""

import os
from typing import TYPE_CHECKING, Any

from ostiary.controller.acts.errors import malformed, refused
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.errors import VectorUnfit
from ostiary.controller.people.protect import pack, seal_template
from ostiary.protocol import base64url
from ostiary.protocol.errors import Refused

if TYPE_CHECKING:
    import numpy as np

NONCE_BYTES = 12  # AES-GCM (NIST SP 800-38D §8.2.2)


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "model": str(model), "runtime": str(runtime)}:
            pass
        case _:
            raise malformed("The template was not made.", "It needs person, model, runtime, vector and scale.")
    vector = shielded(house, asked)
    if house.alike(vector, model, person):
        raise refused(
            "The template was not made.",
            "This may be somebody who is enrolled already, and nobody has said that it is not.",
            "Enrol the face on the person’s page, where it is put to you.",
        )
    sealed = sealed_for(house, person, model, vector)
    at_ms = house.now_ms()
    enrolled = act_record(asked, "enrol-face", at_ms, {"person": person, "model": model, "runtime": runtime}, (person,))
    await house.log.append([enrolled])
    return {"sealed": base64url.encode(sealed)}


def shielded(house: House, asked: Asked) -> "np.ndarray":
    """The asked face in the site's secret space (float32 unit vector). Raises `ActError`."""
    match asked.args:
        case {"vector": str(text), "scale": float(scale)}:
            pass
        case _:
            raise malformed("The template was not made.", "It needs person, model, runtime, vector and scale.")
    try:
        return house.shield(base64url.decode(text), scale)
    except Refused as error:
        raise malformed("The template was not made.", f"The vector is not base64url ({error.detail}).") from error
    except VectorUnfit as error:
        raise malformed("The template was not made.", str(error)) from error


def sealed_for(house: House, person: str, model: str, vector: "np.ndarray") -> bytes:
    """The shielded face as people.db may hold it, under the person's own key."""
    key = house.keys.get_or_create(f"template/{person}")
    return seal_template(pack(vector), key, person, model, os.urandom(NONCE_BYTES))


PROTECT_TEMPLATE = Act("protect-template", "enrol", False, _do)
