"""An act that is refused for its role or its purpose is recorded, and nobody can fill the log that way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ostiary.controller.acts.refusing import AT_ONCE, EACH_MS, LETTERS, Refusals
from ostiary.controller.acts.server import answer
from ostiary.controller.people import operators
from ostiary.controller.record.log import Log
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.people_db import open_people

AT_MS = 1_772_500_000_000


class House:
    """As much of the keeper as this needs: a real log, and a clock that the test sets."""

    policy_version = 1

    def __init__(self, log: Log, people: Engine, keys: KeyStore) -> None:
        self.log, self.people, self.keys, self.at_ms = log, people, keys, AT_MS

    def now_ms(self) -> int:
        return self.at_ms


def running(tmp_path: Path, story: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        keys = KeyStore(tmp_path / "keys.db", bytes(32))
        people = open_people(tmp_path / "people.db")
        with people.begin() as conn:
            operators.add(conn, "o-" + "a" * 16, "rae", ("installer",), "test", AT_MS)
            operators.add(conn, "o-" + "b" * 16, "anna", ("admin",), "test", AT_MS)
        house = House(Log.start(tmp_path / "log.db", keys, "northside"), people, keys)
        try:
            await story(house)
        finally:
            await house.log.close()
            keys.close()
            people.dispose()

    asyncio.run(run())


async def asked(house: House, refusals: Refusals, **changed: Any) -> dict[str, Any]:
    line = {"act": "look-up", "args": {}, "operator": "rae", "purpose": "curious", **changed}
    return await answer(house, refusals, json.dumps(line).encode())  # pyright: ignore[reportArgumentType] - enough


def bodies(house: House) -> list[dict[str, Any]]:
    rows = house.log.reading().since(-1)
    assert {row.kind for row in rows} <= {"refused-act"}
    opened = [house.log.open(row.position) for row in rows]
    assert all(isinstance(body, dict) for body in opened)
    return [body for body in opened if isinstance(body, dict)]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, "rae may not do it; admin, reviewer, auditor may"),
        ({"operator": "anna", "purpose": None}, "It needs a purpose"),
        ({"operator": "keeper"}, "There is no operator 'keeper'"),
        ({"operator": "web"}, "web may not do it"),
        ({"operator": "founding"}, "founding may not do it"),
        ({"operator": "source nobody"}, "There is no operator 'source nobody'"),
        ({"operator": "\ud800" + "x" * 10_000, "purpose": "y" * 10_000}, "There is no operator"),
    ],
)
def test_a_refused_act_is_recorded_with_who_and_why(tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    async def story(house: House) -> None:
        told = await asked(house, Refusals(), **changed)
        assert told["error"]["code"] == "refused"
        [body] = bodies(house)
        assert why in body["why"] and body["act"] == "look-up" and body["at_ms"] == AT_MS
        assert all(len(value) <= LETTERS for value in body.values() if isinstance(value, str))

    running(tmp_path, story)


def test_whoever_is_refused_without_end_fills_no_log(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        refusals = Refusals()
        for _ in range(100):
            assert "error" in await asked(house, refusals)
        assert len(bodies(house)) == AT_ONCE
        house.at_ms += EACH_MS
        for _ in range(5):
            await asked(house, refusals)
        *_, last = bodies(house)
        assert (house.log.size, last["unrecorded_before"]) == (AT_ONCE + 1, 100 - AT_ONCE)
        house.at_ms = 5  # a clock that is set back opens no gate
        for _ in range(5):
            await asked(house, refusals)
        assert house.log.size == AT_ONCE + 1
        house.at_ms += 2 * EACH_MS
        await asked(house, refusals)
        assert bodies(house)[-1]["unrecorded_before"] == 9

    running(tmp_path, story)


def test_a_store_that_refuses_changes_no_refusal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        await house.log.close()
        told = await asked(house, Refusals())
        assert told["error"]["code"] == "refused" and "may not do it" in told["error"]["why"]
        assert "could not be recorded" in caplog.text

    running(tmp_path, story)
