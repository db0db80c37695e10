"""Explain: what a door would answer a person at a time, and why. It is a look-up, and recorded as one."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.ruled import policy_at
from ostiary.controller.people.past import history
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Facts, TimeOutOfRange
from ostiary.controller.policy.language import UnknownLanguage
from ostiary.controller.policy.replay import parts_of


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "door": str(door), **rest}:
            pass
        case _:
            raise malformed("Nothing was explained.", "It needs a person and a door.")
    now_ms = house.now_ms()
    at_ms, language = rest.get("at_ms"), rest.get("language", "en")
    if not (at_ms is None or isinstance(at_ms, int)) or not isinstance(language, str):
        raise malformed("Nothing was explained.", "at_ms is a number of milliseconds, language a word.")
    asked_ms = now_ms if at_ms is None else at_ms

    def look() -> dict[str, Any]:
        policy = policy_at(house, asked_ms) if asked_ms < now_ms else house.policy
        if policy is None:
            raise malformed("Nothing was explained.", "No policy ruled at that time.")
        with house.people.begin() as conn:
            known = history(conn, person).at(asked_ms, min(asked_ms, now_ms))
        # Who is inside is known of this moment only.
        live = house.live(person, door, now_ms) if at_ms is None else None
        facts = Facts(known, door, asked_ms, live)
        verdict = evaluate(policy, facts)
        said = parts_of(verdict, explain(policy, facts, verdict, language))
        return {"policy": policy.sha256, "live_known": live is not None, **said}

    try:
        said = await asyncio.to_thread(look)
    except (TimeOutOfRange, UnknownLanguage) as error:
        raise ActError("malformed", "Nothing was explained.", str(error), "Correct it and ask again.") from error
    body = {"person": person, "door": door, "asked_ms": asked_ms, "verdict": said["verdict"]}
    await house.log.append([act_record(asked, "explain", now_ms, body, (person,))])
    return {"person": person, "door": door, "at_ms": asked_ms, **said}


EXPLAIN = Act("explain", "open-decision", True, _do)
