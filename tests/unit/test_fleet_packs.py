"""Packs on their way: whatever is lost, all of it arrives; what is remembered of them outlives a restart, and only
the keeper reads it."""

import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.controller.fleet.packs import AGAIN_MS, MOST_REMEMBERED, WINDOW, Book, Forgetting, Made, Transfer
from ostiary.firmware.pi.pack_file import PackFile
from ostiary.protocol import messages
from tests.unit.test_pi_pack_file import identity, opens, pack

KEY = b"\x03" * 32


def reported(file: PackFile, arriving: tuple[int, int] | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"pack_version": file.alone.version if file.alone else 0}
    if arriving is not None:
        said["pack"] = {"version": arriving[0], "next_part": arriving[1]}
    return said


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_a_pack_arrives_whatever_is_lost_on_the_way_and_whoever_starts_anew(tmp_path: Path, seed: int) -> None:
    dice, directory = random.Random(seed), tmp_path / str(seed)
    directory.mkdir(exist_ok=True)
    file = PackFile(identity(directory), None, lambda _: None)
    transfer, now_ms, rounds = Transfer(1, pack(1, size=dice.randint(1, 60))), 0, 0
    while not transfer.done:
        rounds += 1
        assert rounds < 400, "it never arrives"
        now_ms += dice.choice([10, 250, AGAIN_MS])
        if dice.random() < 0.1:  # the node's power went
            file = PackFile(identity(directory), None, lambda _: None)
            for name, *rest in file.started():
                if name == "pack-part":
                    transfer.reported(reported(file, (rest[0], rest[1])), now_ms)
        for message in transfer.due(now_ms):
            if dice.random() < 0.1:
                break  # the line went, and what was behind it too
            for name, *rest in file.take(messages.decode("pack", messages.encode("pack", message))):
                if name == "pack":
                    transfer.reported(reported(file), now_ms)
                elif dice.random() < 0.9:
                    transfer.reported(reported(file, (rest[0], rest[1])), now_ms)
        if file.alone is not None:
            transfer.reported(reported(file), now_ms)
    assert opens(file, 1)


def test_no_more_is_on_the_wire_than_the_node_has_told_of() -> None:
    transfer = Transfer(3, os.urandom(4096 * 40 + 5))
    assert [message["part"] for message in transfer.due(0)] == list(range(WINDOW))
    assert transfer.due(1_000) == []
    transfer.reported({"pack_version": 0, "pack": {"version": 3, "next_part": 8}}, 1_000)
    assert [message["part"] for message in transfer.due(1_000)] == list(range(WINDOW, WINDOW + 8))
    assert transfer.due(1_000 + AGAIN_MS - 1) == []
    assert [message["part"] for message in transfer.due(1_000 + AGAIN_MS)] == list(range(8, 8 + WINDOW))
    # A node that cannot use what came is not sent it again at once, for ever.
    transfer.reported({"pack_version": 0, "pack": {"version": 3, "next_part": 0}}, 20_000)
    assert transfer.due(20_000) == []
    assert transfer.due(20_000 + AGAIN_MS)[0]["part"] == 0
    transfer.reported({"pack_version": 3}, 30_000)
    assert (transfer.done, transfer.due(40_000)) == (True, [])


def test_what_is_remembered_outlives_a_restart_and_is_noise_to_others(tmp_path: Path) -> None:
    book = Book(tmp_path / "packs", KEY)
    book.of("front-1").forgetting.append(Forgetting("p-ada", 5))
    book.of("front-1").make(Made(1, 100, "ab"), [])
    book.of("front-1").make(Made(2, 200, "cd"), book.of("front-1").forgetting)
    book.of("front-1").packs_from = 2
    book.write()
    again = Book(tmp_path / "packs", KEY)
    kept = again.of("front-1")
    assert (kept.version, kept.packs_from, kept.of(1), kept.of(3)) == (2, 2, Made(1, 100, "ab"), None)
    assert kept.forgotten_by(1) == []
    assert [one.person for one in kept.forgotten_by(2)] == ["p-ada"]
    kept.acknowledge(kept.forgotten_by(2), 300)
    assert [(node, one.acknowledged_ms) for node, one in again.forgetting("p-ada")] == [("front-1", 300)]
    assert kept.forgotten_by(9) == []
    written = (tmp_path / "packs").read_bytes()
    assert b"p-ada" not in written
    assert (tmp_path / "packs").stat().st_mode & 0o077 == 0
    assert Book(tmp_path / "packs", b"x" * 32).of("front-1").version == 0


@pytest.mark.parametrize("damage", [b"", b"short", os.urandom(60)], ids=["empty", "short", "noise"])
def test_a_damaged_book_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "packs").write_bytes(damage)
    assert Book(tmp_path / "packs", KEY).of("front-1").version == 0


def test_only_so_many_packs_are_remembered(tmp_path: Path) -> None:
    kept = Book(tmp_path / "packs", KEY).of("n")
    for version in range(1, MOST_REMEMBERED + 10):
        kept.make(Made(version, version, ""), [])
    assert len(kept.made) == MOST_REMEMBERED
    assert kept.of(MOST_REMEMBERED + 9) is not None
