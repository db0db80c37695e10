"""Duplicate: before a face is enrolled, whether somebody is enrolled with it already; a human decides, with a reason.

`check-face` says only that there is a doubt. Whom the face looks like is a look-up with its purpose, which the
persons concerned can read. `judge-duplicate` records what the human says; `enrol-held` seals the face for that person.
"""

import secrets
from dataclasses import replace
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed, refused
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.protect_template import sealed_for, shielded
from ostiary.controller.people.doubts import HELD_MS, Doubt
from ostiary.protocol import base64url

REASON_LETTERS = range(4, 501)


async def _check(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": (str() | None) as person, "model": str(model), "runtime": str(runtime)}:
            pass
        case _:
            raise malformed("The face was not checked.", "It needs person, model, runtime, vector and scale.")
    vector = shielded(house, asked)
    found = house.alike(vector, model, person)
    if not found:
        vector.fill(0)
        return {"held": None}
    held, now_ms = secrets.token_urlsafe(18), house.now_ms()
    house.doubts.hold(held, Doubt(vector, model, runtime, found, asked.operator, now_ms + HELD_MS), now_ms)
    return {"held": held}


async def _see(house: House, asked: Asked) -> dict[str, Any]:
    held, doubt = _held(house, asked)
    body = {"why": "duplicate-check", "persons": list(doubt.alike)}
    await house.log.append([act_record(asked, "see-duplicate", house.now_ms(), body, doubt.alike)])
    house.doubts.replace(held, replace(doubt, seen=True))
    return {"persons": list(doubt.alike)}


async def _judge(house: House, asked: Asked) -> dict[str, Any]:
    held, doubt = _held(house, asked)
    match asked.args:
        case {"same": (str() | None) as same, "reason": str(reason)} if same is None or same in doubt.alike:
            pass
        case _:
            raise malformed("Nothing was decided.", "It needs held, same (one of those it looks like) and reason.")
    reason = reason.strip()
    if not doubt.seen:
        raise refused("Nothing was decided.", "Nobody has looked whom the face looks like.", "Look, and decide then.")
    if same is None and len(reason) not in REASON_LETTERS:
        raise refused(
            "Nothing was decided.",
            "That it is somebody else needs a reason (4 to 500 letters), which is recorded.",
            "Say how you know, and try again.",
        )
    body = {"persons": list(doubt.alike), "same": same, "reason": reason or None}
    draft = act_record(asked, "judge-duplicate", house.now_ms(), body, doubt.alike)
    [receipt] = await house.log.append([draft])
    house.doubts.replace(held, replace(doubt, judged=receipt.position, same=same))
    return {"index": receipt.position}


async def _enrol(house: House, asked: Asked) -> dict[str, Any]:
    held, doubt = _held(house, asked)
    match asked.args:
        case {"person": str(person)} if person and "/" not in person:
            pass
        case _:
            raise malformed("The face was not enrolled.", "It needs held and person.")
    if doubt.judged is None or (person != doubt.same if doubt.same else person in doubt.alike):
        raise refused("The face was not enrolled.", "Nobody has said that it is this person’s.", "Decide that first.")
    sealed = sealed_for(house, person, doubt.model, doubt.vector)
    body = {"person": person, "model": doubt.model, "runtime": doubt.runtime, "judged": doubt.judged}
    await house.log.append([act_record(asked, "enrol-face", house.now_ms(), body, (person,))])
    house.doubts.settled(held)
    return {"sealed": base64url.encode(sealed), "model": doubt.model, "runtime": doubt.runtime}


def _held(house: House, asked: Asked) -> tuple[str, Doubt]:
    match asked.args:
        case {"held": str(held)}:
            doubt = house.doubts.find(held, asked.operator, house.now_ms())
        case _:
            raise malformed("The face was not enrolled.", "The request names no held face.")
    if doubt is None:
        raise ActError(
            "refused",
            "The face was not enrolled.",
            "It is not held any more: it waits ten minutes, and for whoever took the picture alone.",
            "Take the picture again.",
        )
    return held, doubt


CHECK_FACE = Act("check-face", "enrol", False, _check)
SEE_DUPLICATE = Act("see-duplicate", "enrol", True, _see)
JUDGE_DUPLICATE = Act("judge-duplicate", "enrol", False, _judge)
ENROL_HELD = Act("enrol-held", "enrol", False, _enrol)
