"""Bytes that change behind the log's back: a file cut short, a bit flipped. Nothing goes without a word."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ostiary.controller.record.record import Draft
from tests.faults.judging import CHANCE, LONG, TALLY, Scene

PAGE = 4096
FRAME = PAGE + 24
CUTS = 6
FLIPS = 400 if LONG else 3
SERVER_CASES = 40 if LONG else 1

pytestmark = pytest.mark.system


def copied(scene: Scene, to: Path) -> Scene:
    if to.exists():
        shutil.rmtree(to)
    shutil.copytree(scene.data, to)
    copy = Scene.__new__(Scene)
    copy.__dict__.update(scene.__dict__)
    copy.data, copy.place = to, type(scene.place)(to / "log.db", scene.place.dsn)
    return copy


@pytest.fixture
def filled(sqlite_scene: Scene) -> Scene:
    """A log that was closed, all of it published."""
    assert sqlite_scene.write(40).returncode == 0
    return sqlite_scene


@pytest.fixture
def unclosed(filled: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """What a power cut leaves: write-ahead logs with the newest records in them, all of it published."""
    beside = tmp_path_factory.mktemp("unclosed") / "site"
    log = filled.start()

    async def story() -> None:
        for number in range(6):
            draft = Draft("decision", 1_772_500_000_000, {}, ("p-new",), "front", "deny", "score", f"wal-{number}")
            [receipt] = await log.append([draft])
            filled.hear(f"noted {receipt.position} {receipt.leaf.hex()} wal-{number}\n".encode())
        await asyncio.to_thread(log._publisher.close)
        shutil.copytree(filled.data, beside)
        await log.close()

    asyncio.run(story())
    log._keys.close()
    copy = copied(filled, beside.with_name("copy"))
    shutil.rmtree(copy.data)
    copy.data, copy.place = beside, type(filled.place)(beside / "log.db")
    assert (beside / "log.db-wal").stat().st_size > FRAME
    return copy


def lengths(path: Path, last: int) -> list[int]:
    size = path.stat().st_size
    cuts = list(range(1, last + 1)) if LONG else sorted(CHANCE.sample(range(1, last + 1), CUTS))
    return [size - cut for cut in cuts]


def test_the_file_is_cut_at_every_byte_of_its_last_page(
    filled: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    to = tmp_path_factory.mktemp("cut") / "site"
    for length in lengths(filled.data / "log.db", PAGE):
        copy = copied(filled, to)
        with (to / "log.db").open("r+b") as file:
            file.truncate(length)
        copy.judge_damage("log.db is cut short")


def test_the_write_ahead_log_is_cut_at_every_byte_of_its_last_frame(
    unclosed: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    to = tmp_path_factory.mktemp("cut") / "site"
    for length in lengths(unclosed.data / "log.db-wal", FRAME):
        copy = copied(unclosed, to)
        with (to / "log.db-wal").open("r+b") as file:
            file.truncate(length)
        copy.judge_damage("log.db-wal is cut short")


def files(data: Path) -> Iterator[Path]:
    named = [data / name for name in ("log.db", "log.db-wal", "keys.db", "keys.db-wal", "master.key")]
    yield from (path for path in named if path.exists() and path.stat().st_size)
    yield from sorted(path for path in (data / "log").rglob("*") if path.is_file())


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = CHANCE.randrange(len(data))
    data[at] ^= 1 << CHANCE.randrange(8)
    path.write_bytes(data)


def test_a_bit_is_flipped_in_each_file(unclosed: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    to = tmp_path_factory.mktemp("flip") / "site"
    for original in files(unclosed.data):
        name = original.relative_to(unclosed.data)
        for _ in range(FLIPS if original.stat().st_size > 64 else 1 + FLIPS // 50):
            copy = copied(unclosed, to)
            flip(to / name)
            copy.judge_damage(f"a bit of {name} is flipped")


@pytest.mark.parametrize("scene", ["postgres"], indirect=True)
def test_a_bit_of_the_servers_table_is_flipped_and_its_end_cut(scene: Scene) -> None:
    server = scene.server
    assert server is not None
    assert scene.write(40).returncode == 0
    with psycopg.connect(scene.place.dsn or "", autocommit=True) as db:
        db.execute("CHECKPOINT")
        [name] = db.execute("SELECT pg_relation_filepath('record')").fetchone() or [""]
    table = server.home / "data" / name
    whole = table.read_bytes()
    assert whole
    for number in range(SERVER_CASES):
        server.end()
        if number % 2:
            with table.open("r+b") as file:
                file.truncate(len(whole) - CHANCE.randint(1, 8192))
        else:
            flip(table)
        server.start()
        scene.judge_damage("the server's table is damaged")
        server.end()
        table.write_bytes(whole)
        server.start()
    assert scene.findings() == []


def test_the_judge_would_notice(filled: Scene) -> None:
    """A promise that nobody kept is not called kept."""
    filled.noted[10_000] = ("00" * 32, "never")
    with pytest.raises(AssertionError, match="without a word"):
        filled.judge_damage("nothing")
    TALLY.lost -= 1
    TALLY.cases.pop("SQLite: nothing")


def test_a_writer_that_is_cut_off_in_a_line_promised_nothing(filled: Scene) -> None:
    before = len(filled.noted)
    assert filled.hear(b"noted 7 abc") == 0
    assert len(filled.noted) == before
