"""The log on PostgreSQL while the server is restarted and its lines are cut: every receipt given out is in the log."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ostiary.controller.record.errors import RecordFailed
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Opened
from ostiary.controller.record.receipt import Receipt
from ostiary.controller.record.record import Draft
from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.log_postgres import BadDsn, LogHeld, PostgresWriter
from ostiary.controller.store.log_store import LogPlace
from tests.postgres_server import PostgresServer

MARCH = 1_772_500_000_000


class House:
    def __init__(self, data: Path, server: PostgresServer) -> None:
        self.server, self.place = server, LogPlace(data / "log.db", server.place())
        self.keys = KeyStore(data / "keys.db", bytes(32))

    def start(self) -> Log:
        return Log.start(self.place, self.keys, "northside")

    def cut(self) -> None:
        """End every session of this log from the server's side, as a broken network would."""
        with psycopg.connect(self.server.dsn, autocommit=True) as db:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ostiary %'")


@pytest.fixture
def house(tmp_path: Path, postgres: PostgresServer) -> House:
    return House(tmp_path, postgres)


def draft(number: int) -> Draft:
    return Draft("decision", MARCH, {"number": number}, ("p-a",), "front", "deny", "score", f"CODE{number}")


def running(house: House, work: Callable[[Log], Awaitable[object]]) -> None:
    async def run() -> None:
        log = house.start()
        try:
            await work(log)
        finally:
            await log.close()

    asyncio.run(run())


async def kept_trying(log: Log, number: int) -> tuple[Receipt, int]:
    """As doors do: ask again until it is recorded. Says how often it was refused."""
    for refused in range(1000):
        try:
            [receipt] = await log.append([draft(number)])
        except RecordFailed as error:
            assert error.what == "Nothing was recorded." and "tries again" in error.now
        else:
            return receipt, refused
    raise AssertionError("it never recovered")


def judged(log: Log, promised: dict[int, tuple[bytes, int]]) -> None:
    """Every promise is in the log, at its place; there is no gap, and nothing stands there twice."""
    held = [log.open(position) for position in range(log.size)]
    for position, (leaf, number) in promised.items():
        assert held[position] == {"number": number}
        opened = log.opened(position)
        assert isinstance(opened, Opened)
        assert opened.leaf == leaf
    positions = log.reading().ask(lambda db: db.execute("SELECT position FROM record ORDER BY position").fetchall())
    assert [position for (position,) in positions] == list(range(log.size))


def test_a_stopped_server_refuses_and_a_started_one_is_found_without_a_hand(house: House) -> None:
    promised: dict[int, tuple[bytes, int]] = {}

    async def work(log: Log) -> None:
        [receipt] = await log.append([draft(0)])
        promised[receipt.position] = (receipt.leaf, 0)
        house.server.stop()
        try:
            for number in (1, 2):
                with pytest.raises(RecordFailed):
                    await log.append([draft(number)])
            assert log.size == 1
            with pytest.raises(StoreUnavailable):
                log.reading().at(0)
        finally:
            house.server.start()
        receipt, refused = await kept_trying(log, 3)
        assert (receipt.position, refused) == (1, 0)
        promised[receipt.position] = (receipt.leaf, 3)
        judged(log, promised)

    running(house, work)
    running(house, lambda log: asyncio.to_thread(judged, log, promised))


def test_lines_cut_under_load_lose_nothing_and_repeat_nothing(house: House) -> None:
    promised: dict[int, tuple[bytes, int]] = {}
    cuts = 12

    async def work(log: Log) -> None:
        numbers = iter(range(100_000))
        done, came = asyncio.Event(), asyncio.Event()

        async def door() -> None:
            while not done.is_set():
                number = next(numbers)
                receipt, _ = await kept_trying(log, number)
                assert receipt.position not in promised, "promised twice"
                promised[receipt.position] = (receipt.leaf, number)
                came.set()

        doors = [asyncio.create_task(door()) for _ in range(8)]
        for cut in range(cuts):
            before = len(promised)
            while len(promised) < before + 5 + 7 * cut % 13:
                came.clear()
                await came.wait()
            await asyncio.to_thread(house.cut)
        done.set()
        await asyncio.gather(*doors)
        judged(log, promised)

    running(house, work)
    assert len(promised) > 5 * cuts
    running(house, lambda log: asyncio.to_thread(judged, log, promised))


def test_a_commit_whose_answer_was_lost_is_taken_up_and_not_repeated(house: House) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(0)])
        batch = log.stage([draft(1), draft(2)])
        writer = log._db
        assert writer is not None
        writer.write(batch.rows(), lambda: (3, batch.checkpoint), {}, {})
        house.keys.keep()
        house.cut()  # the server has committed, and nobody heard of it
        receipt, _ = await kept_trying(log, 3)
        assert (receipt.position, log.size) == (3, 4)
        assert log.open(2) == {"number": 2}

    running(house, work)


def test_a_second_keeper_elsewhere_is_refused(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    async def work(log: Log) -> None:
        elsewhere = LogPlace(tmp_path_factory.mktemp("elsewhere") / "log.db", house.place.dsn)
        with pytest.raises(LogHeld, match="another keeper"):
            Log.start(elsewhere, house.keys, "northside")

    running(house, work)


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        ("host=/nowhere password=planted", "holds a password"),
        ("postgresql://keeper:planted@localhost/log", "holds a password"),
        ("no such thing", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_secret(tmp_path: Path, dsn: str, why: str) -> None:
    with pytest.raises(BadDsn, match=why) as refused:
        Log.start(LogPlace(tmp_path / "log.db", dsn), KeyStore(tmp_path / "keys.db", bytes(32)), "northside")
    assert "planted" not in str(refused.value)


def test_a_server_that_is_not_there_is_told_in_three_parts(tmp_path: Path) -> None:
    place = LogPlace(tmp_path / "log.db", f"host={tmp_path} dbname=x")
    with pytest.raises(StoreUnavailable) as refused:
        Log.start(place, KeyStore(tmp_path / "keys.db", bytes(32)), "northside")
    assert refused.value.what and refused.value.why and "Check that the PostgreSQL server runs" in refused.value.now


def test_a_site_without_postgresql_needs_none_of_it() -> None:
    code = "import sys; import ostiary.controller.app; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_log_that_was_closed_can_be_opened_at_once(house: House) -> None:
    """The server notices a closed line a little later; the next keeper need not wait for that."""

    async def nothing(_log: Log) -> None:
        return None

    for _ in range(20):
        running(house, nothing)


@pytest.mark.parametrize("asked", range(6))
def test_a_line_that_is_cut_at_any_question_of_a_new_start_is_told_in_three_parts(
    house: House, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(0)])
        house.cut()
        execute, questions = PostgresWriter.execute, count()

        def cut_before(self: PostgresWriter, query: str, values: Sequence[Any] = ()) -> Any:
            if next(questions) == asked:
                house.cut()
            return execute(self, query, values)

        monkeypatch.setattr(PostgresWriter, "execute", cut_before)
        for _ in range(2):
            with contextlib.suppress(RecordFailed):
                await log.append([draft(1)])
        monkeypatch.undo()
        receipt, _ = await kept_trying(log, 2)
        assert receipt.position >= 1

    running(house, work)
