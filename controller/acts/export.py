"""Export: records with their proofs, for an auditor, a stretch at a time. The export is itself a record.

The first stretch records it, with its purpose and how far it goes; the following ones name that record.
"""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.record.opening import Erased

AT_ONCE = 64
MOST_LETTERS = 300_000  # of one reply: the line from the keeper has 1 MiB, and the longest record comes on top


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"first": int(first), "upto": int(upto)} if 0 <= first <= upto:
            pass
        case _:
            raise malformed("The export was not done.", "It needs first and upto, two positions in the log.")
    begun = asked.args.get("begun")
    if begun is None:
        upto = min(upto, house.log.size)
        said = act_record(asked, "export", house.now_ms(), {"first": first, "upto": upto})
        [receipt] = await house.log.append([said])
        begun = receipt.position
    else:
        upto = _granted(house, asked, begun, first, upto)
    records: list[dict[str, Any]] = []
    letters = 0
    while first < upto and len(records) < AT_ONCE and letters < MOST_LETTERS:
        records.append(_told(house, first))
        letters += len(records[-1].get("file", "")) + len(records[-1].get("record", ""))
        first += 1
    return {"begun": begun, "next": first, "upto": upto, "records": records}


def _granted(house: House, asked: Asked, begun: Any, first: int, upto: int) -> int:
    """How far an export that was recorded before may go. Another operator's, or another stretch's, is refused."""
    row = house.log.reading().at(begun) if type(begun) is int and begun >= 0 else None
    body = house.log.open(begun) if row is not None and row.kind == "export" else None
    if not isinstance(body, dict) or body["operator"] != asked.operator or body["purpose"] != asked.purpose:
        raise malformed("The export was not done.", "It names no export of this operator for this purpose.")
    if not body["first"] <= first <= upto <= body["upto"]:
        raise malformed("The export was not done.", "It goes beyond what was recorded when it began.")
    return upto


def _told(house: House, position: int) -> dict[str, Any]:
    opened = house.log.opened(position)
    row = opened.row
    told = {
        "index": row.position,
        "kind": row.kind,
        "at_ms": row.at_ms,
        "door": row.door,
        "verdict": row.verdict,
        "code": row.code,
        "erased": isinstance(opened, Erased),
    }
    if not isinstance(opened, Erased):
        told["record"] = opened.data.decode()
        told["file"] = house.log.receipt_file(opened).decode()
    return told


EXPORT = Act("export", "export", True, _do)
