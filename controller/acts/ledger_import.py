"""Ledger-import: entries of many persons were written at once; each person gets a record of their own, and no other's.

A large import asks for this act several times, a few hundred persons each, and commits its rows after the last. Should
it end in between, records tell of an import that was not done; the same import, done later, has the same name.
"""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.import_records import MOST_NAMED, MOST_PERSONS
from ostiary.controller.record.record import Draft


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"file": str(file), "import": str(name), "persons": list(persons)} if len(persons) <= MOST_PERSONS:
            pass
        case _:
            raise malformed(
                "The import was not recorded.", f"It needs file, import and at most {MOST_PERSONS} persons."
            )
    at_ms = house.now_ms()
    drafts = [_draft(asked, at_ms, {"file": file, "import": name}, told) for told in persons]
    if drafts:
        await house.log.append(drafts)
    return {"records": len(drafts)}


def _draft(asked: Asked, at_ms: int, about: dict[str, Any], told: Any) -> Draft:
    match told:
        case {"person": str(person), "count": int(count), "entries": list(entries)} if len(entries) <= MOST_NAMED:
            body = {**about, "person": person, "count": count, "entries": entries}
            return act_record(asked, "ledger-import", at_ms, body, (person,))
        case _:
            raise malformed(
                "The import was not recorded.", f"A person needs person, count and at most {MOST_NAMED} entries."
            )


LEDGER_IMPORT = Act("ledger-import", "import", False, _do)
