"""The keeper records each passed deadline once, whatever restarts and clocks do."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ostiary.controller.acts.contest_lapsed import record_lapsed
from ostiary.controller.people import contests, registry
from ostiary.controller.record.log import Log
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.people_db import open_people

ADA = "p-" + "a" * 16


class House:
    """As much of the keeper as this needs: a real log, real rows, and a clock that the test sets."""

    def __init__(self, log: Log, people: Engine) -> None:
        self.log, self.people, self.at_ms = log, people, 0

    def now_ms(self) -> int:
        return self.at_ms


@pytest.mark.parametrize("settled", [False, True], ids=["the web is away", "the web has settled it"])
def test_each_deadline_is_recorded_once(tmp_path: Path, settled: bool) -> None:
    people = open_people(tmp_path / "people.db")
    with people.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
        for number, within_ms in ((1, 100), (2, 200), (3, 200), (4, 900)):
            contests.open_contest(conn, ADA, "decision", number, "No.", "op", 10, within_ms=within_ms)
        contests.assign(conn, 3, "Rae", None, 20)
        contests.uphold(conn, 3, "Rae", None, "It was.", 30)

    async def story() -> list[int]:
        keys = KeyStore(tmp_path / "keys.db", bytes(32))
        house = House(Log.start(tmp_path / "log.db", keys, "northside"), people)
        told = []
        for at_ms in (50, 110, 111, 5, 500, 500, 120):
            house.at_ms = at_ms
            if settled:
                with people.begin() as conn:
                    contests.lapse(conn, at_ms)
            told.append(await record_lapsed(house))  # pyright: ignore[reportArgumentType] - as much as it needs
            await house.log.close()
            house.log = Log.start(tmp_path / "log.db", keys, "northside")
        bodies = [house.log.open(row.position) for row in house.log.reading().since(-1)]
        assert [(body["contest"], body["person"]) for body in bodies] == [(1, ADA), (2, ADA)]
        await house.log.close()
        return told

    assert asyncio.run(story()) == [0, 1, 0, 0, 1, 0, 0]
    people.dispose()
