"""A pack on the chip's flash: it arrives in parts, outlives a start, is never older, and goes for good."""

from pathlib import Path
from typing import Any

import pytest

from ostiary.firmware.esp32 import flash
from ostiary.firmware.esp32 import packs as packs_on_flash
from ostiary.firmware.esp32.packs import Packs
from ostiary.protocol import base64url
from ostiary.protocol.parts import PACK_PART_BYTES
from tests.unit.test_door_alone import NOW
from tests.unit.test_pi_pack_file import identity, pack, parts


def chip(directory: Path, said: list[str] | None = None) -> Packs:
    # What the two boards' identities have in common is all that is asked of one.
    return Packs(identity(directory), str(directory), (said if said is not None else []).append)  # pyright: ignore[reportArgumentType]


def opens(held: Packs, version: int) -> bool:
    facts = {"credential": "card", "claim": {"kind": "card", "value": f"c-{version}"}}
    return held.alone is not None and held.alone.decide(facts, NOW, "set").verdict == "grant"


def told(held: Packs, messages: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [event for message in messages for event in held.take(message)]


def test_a_pack_arrives_and_outlives_a_start(tmp_path: Path) -> None:
    held = chip(tmp_path)
    assert held.started() == [("pack", None)]
    assert told(held, parts(1, pack(1, size=20))) == [("pack-part", 1, 8), ("pack-part", 1, 16), ("pack", held.alone)]
    assert opens(held, 1)
    assert opens(chip(tmp_path), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_what_is_lost_on_the_way_is_asked_for_and_a_start_asks_for_all(tmp_path: Path) -> None:
    held, sent = chip(tmp_path), parts(1, pack(1, size=6))
    assert told(held, sent[:3]) == []
    assert held.take(sent[4]) == [("pack-part", 1, 3)]
    assert held.take(sent[1]) == []
    again = chip(tmp_path)
    assert again.take(sent[3]) == [("pack-part", 1, 0)]
    assert [event[0] for event in told(again, sent)] == ["pack"]


def test_an_older_pack_a_strangers_and_a_changed_one_take_no_place(tmp_path: Path) -> None:
    held, said = chip(tmp_path), list[str]()
    told(held, parts(2, pack(2)))
    assert told(held, parts(1, pack(1))) == []
    again = chip(tmp_path, said)
    assert told(again, parts(3, pack(3, node="front-2"))) == [("pack-part", 3, 0)]
    assert told(again, parts(4, pack(4, "studio"))) == [("pack-part", 4, 0)]
    changed = parts(5, pack(5))
    changed[1]["data"] = base64url.encode(bytes(PACK_PART_BYTES))
    assert told(again, changed) == [("pack-part", 5, 0)]
    assert opens(again, 2)
    assert len([line for line in said if "asked for again" in line]) == 3


def test_a_pack_that_is_longer_than_the_board_holds_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, said = chip(tmp_path), list[str]()
    told(held, parts(1, pack(1)))
    again = chip(tmp_path, said)
    monkeypatch.setattr(packs_on_flash, "LONGEST_PACK", 3 * PACK_PART_BYTES)
    again.take(parts(2, pack(2, size=5))[0])
    assert told(again, parts(2, pack(2, size=5))) == []
    assert opens(again, 1)
    assert "longer than this board holds" in said[-1]


def test_what_is_forgotten_and_what_is_damaged_decides_nothing(tmp_path: Path) -> None:
    held = chip(tmp_path)
    told(held, parts(1, pack(1)))
    whole = (tmp_path / "pack").read_bytes()
    held.forget()
    assert (held.alone, list(tmp_path.iterdir())) == (None, [])
    for damaged in (whole[:-1], b"x" + whole, whole[:40], b"\n", b"9" * 20, b"2" + whole[1:]):
        (tmp_path / "pack").write_bytes(damaged)
        assert chip(tmp_path).alone is None


def test_a_full_flash_keeps_the_old_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    held = chip(tmp_path, said)
    told(held, parts(1, pack(1)))

    def full(path: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flash, "replace", full)
    assert told(held, parts(2, pack(2))) == [("pack-part", 2, 0)]
    assert opens(held, 1)
    assert "No space left" in said[-1]
