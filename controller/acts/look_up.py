"""Look-up: open one record of the log. The look-up is itself recorded, and the person concerned can read it."""

from typing import Any

from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.roles import may
from ostiary.controller.record import reviewing
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.reading import Row


def found_row(house: House, asked: Asked) -> Row:
    """The record that an act names by its position or its receipt code. Raises ActError."""
    reading = house.log.reading()
    match asked.args:
        case {"index": int(position)} if 0 <= position < 1 << 63:
            row = reading.at(position)
        case {"receipt": str(code)}:
            row = reading.by_receipt(code)
        case _:
            raise malformed("The look-up names no record.", "It needs an index (a number) or a receipt code.")
    if row is None:
        raise not_found("There is no such record.", "The log has no record with this number or code.")
    return row


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    row = found_row(house, asked)
    opened = house.log.open(row.position)
    person = None if isinstance(opened, Erased) else opened.get("person")
    at_ms = house.now_ms()
    looked = act_record(asked, "look-up", at_ms, {"position": row.position}, (person,) if person else ())
    await house.log.append([looked])
    closing = house.log.reading().outcome_of(row.position)
    # The similarity is for whoever reviews a contest; nobody else has a use for it, and an impostor would.
    reviewed = None
    if may(asked.roles, "see-similarity") and isinstance(opened, dict) and (hidden := opened.get(reviewing.FIELD)):
        reviewed = reviewing.show(hidden, opened["id"], row.at_ms, house.keys)
    return {
        "index": row.position,
        "kind": row.kind,
        "at_ms": row.at_ms,
        "door": row.door,
        "verdict": row.verdict,
        "code": row.code,
        "body": None if isinstance(opened, Erased) else opened,
        "erased": isinstance(opened, Erased),
        "reviewed": reviewed,
        "outcome": {"kind": closing.code, "at_ms": closing.at_ms} if closing else None,
    }


LOOK_UP = Act("look-up", "open-decision", True, _do)
