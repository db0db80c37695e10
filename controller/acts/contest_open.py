"""Contest-open: the person challenges something; recorded for them while the web or the command line writes the row."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {
            "contest": int(number),
            "person": str(person),
            "kind": str(kind),
            "number": int(what),
            "words": str(words),
            "due_at_ms": int(due_ms),
        }:
            pass
        case _:
            raise malformed(
                "The contest was not opened.", "It needs contest, person, kind, number, words and due_at_ms."
            )
    body = {"contest": number, "person": person, "kind": kind, "number": what, "words": words, "due_at_ms": due_ms}
    [receipt] = await house.log.append([act_record(asked, "contest-open", house.now_ms(), body, (person,))])
    return {"index": receipt.position}


CONTEST_OPEN = Act("contest-open", "open-contest", False, _do, own=True)
