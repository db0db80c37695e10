"""Compare: who would gain and who would lose by a policy, over the requests that the log has of the last days."""

import asyncio
from collections.abc import Iterator
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.ruled import in_force, stated
from ostiary.controller.people.errors import NoSuchPerson
from ostiary.controller.people.past import history
from ostiary.controller.policy.compare import Comparison, Kind, compare
from ostiary.controller.policy.facts import Facts, Live, PersonFacts
from ostiary.controller.record.opening import Erased

DAY_MS = 86_400_000
MOST_DAYS = 366
MOST_NAMED = 2_000  # differences in one answer; who loses comes first
PAGE = 1_000


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"text": str(text), "name": str(name), "days": int(days), **rest} if 1 <= days <= MOST_DAYS:
            pass
        case _:
            why = f"It needs a text, the name of its file, and days from 1 to {MOST_DAYS}."
            raise malformed("Nothing was compared.", why)
    new = stated(text, name)
    match rest:
        case {"old_text": str(old_text), "old_name": str(old_name)}:
            old = stated(old_text, old_name)
        case _:
            old = in_force(house)
    at_ms = house.now_ms()
    requests = _Requests(house, at_ms, at_ms - days * DAY_MS, asked)
    found = await asyncio.to_thread(lambda: compare(old, new, requests))
    counts = {kind.value: len(found.of(kind)) for kind in Kind}
    body = {"old": old.sha256, "new": new.sha256, "days": days, "requests": found.requests, **counts}
    await house.log.append([act_record(asked, "compare", at_ms, body)])
    return {"days": days, "erased": requests.erased, **counts, **_bounded(found)}


class _Requests:
    """The recorded requests since `since_ms`, in the order of the log, so that a memo keeps what a minute finds; of
    people as they are known now. A decision that was made before the policy was asked is none. Counts those whose
    records were erased."""

    def __init__(self, house: House, at_ms: int, since_ms: int, asked: Asked) -> None:
        self._house, self._at_ms, self._since_ms, self._asked = house, at_ms, since_ms, asked
        self._people: dict[str, PersonFacts] = {}
        self.erased = 0

    def __iter__(self) -> Iterator[Facts]:
        reading = self._house.log.reading()
        first, size = reading.first_since(self._since_ms), reading.size()
        done = first
        while done < size and (page := reading.since(done - 1, PAGE)):
            for row in page:
                # A clock may have been set back, so a later record may be an older one.
                if row.kind == "decision" and row.at_ms >= self._since_ms:
                    yield from self._request(row.position)
            done = page[-1].position + 1
            self._asked.progress(done - first, max(size, done) - first)

    def _request(self, position: int) -> Iterator[Facts]:
        body = self._house.log.open(position)
        if isinstance(body, Erased):
            self.erased += 1
        elif body["clauses"] and body["person"]:
            live = None if body["live"] is None else Live.from_document(body["live"])
            yield Facts(self._person(body["person"]), body["door"], body["at_ms"], live)

    def _person(self, person: str) -> PersonFacts:
        known = self._people.get(person)
        if known is None:
            try:
                with self._house.people.begin() as conn:
                    known = history(conn, person).at(self._at_ms)
            except NoSuchPerson:
                known = PersonFacts(person, withdrawn=True)
            self._people[person] = known
        return known


def _bounded(found: Comparison) -> dict[str, Any]:
    told = found.as_document()
    named = told["differences"][:MOST_NAMED]
    return {**told, "differences": named, "not_named": len(told["differences"]) - len(named)}


COMPARE = Act("compare", "preview-policy", True, _do)
