"""A pack on the node: arrives in parts, survives a cut of line or power anywhere, and goes for good."""

import base64
import hashlib
import os
import random
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.firmware.pi import durable
from ostiary.firmware.pi.identity import Identity
from ostiary.firmware.pi.pack_file import PackFile
from ostiary.protocol import base64url, messages, packs, passes, slow_hash
from ostiary.protocol.parts import PACK_PART_BYTES
from tests.unit.test_door_alone import HOUR_MS, MODEL, NOW, ROUNDS, SALT

SECRET = b"\x07" * 32


def identity(directory: Path) -> Identity:
    return Identity(directory, "northside", "front", "front-1", ("reader", "strike"), "pi", "h", 1, "c", True, SECRET)


def pack(version: int, door: str = "front", *, size: int = 3, node: str = "front-1", says: int | None = None) -> bytes:
    header: dict[str, Any] = {
        "door": door, "policy": "cd" * 32, "version": says or version, "made_ms": NOW, "from_ms": NOW,
        "until_ms": NOW + HOUR_MS, "age_limit_ms": HOUR_MS, "pulse_ms": 5_000, "more_pulse_ms": 0, "more_held_ms": 0,
        "face": "verify", "card": True, "pass": True, "liveness": "none", "rounds": ROUNDS,
        "salt": base64url.encode(SALT),
    }  # fmt: skip
    own = packs.key(SECRET, "northside", "front-1", "card")
    ways = [
        (slow_hash.tag(own, "card", f"c-{version}", SALT, ROUNDS), 0, 0, "card"),
        (slow_hash.tag(own, "pass", base64url.encode(bytes(16)), SALT, ROUNDS), 0, 0, "pass"),
    ]
    people = [(os.urandom(12), 0, 0)] * (size * PACK_PART_BYTES // 16)
    said = {"model": MODEL, "dimensions": 64, "verify": 0.4}
    content = packs.write(header, [[(NOW, NOW + HOUR_MS)]], people, ways, [(said, [], b"")])
    return packs.seal_content(
        packs.key(SECRET, "northside", node, "content"), node, version, content, os.urandom(16)
    )  # fmt: skip


def parts(version: int, sealed: bytes) -> list[dict[str, Any]]:
    """As they come out of the wire's codec."""
    cut = [sealed[at : at + PACK_PART_BYTES] for at in range(0, len(sealed), PACK_PART_BYTES)]
    digest = base64url.encode(hashlib.sha256(sealed).digest())
    return [
        messages.decode("pack", messages.encode("pack", {
            "v": 1, "version": version, "part": n, "parts": len(cut), "sha256": digest, "data": base64url.encode(data),
        }))
        for n, data in enumerate(cut)
    ]  # fmt: skip


def opens(file: PackFile, version: int) -> bool:
    facts = {"credential": "card", "claim": {"kind": "card", "value": f"c-{version}"}}
    return file.alone is not None and file.alone.decide(facts, NOW, "set").verdict == "grant"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def file(tmp_path: Path, said: list[str]) -> PackFile:
    return PackFile(identity(tmp_path), None, said.append)


def test_a_pack_arrives_and_outlives_the_node(tmp_path: Path, file: PackFile) -> None:
    assert file.started() == [("pack", None)]
    sent = parts(1, pack(1, size=20))
    events = [event for message in sent for event in file.take(message)]
    assert events == [("pack-part", 1, 8), ("pack-part", 1, 16), ("pack", file.alone)]
    assert opens(file, 1)
    again = PackFile(identity(tmp_path), None, lambda _: None)
    assert opens(again, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pack"]
    assert (tmp_path / "pack").stat().st_mode & 0o077 == 0


def test_a_lost_line_or_a_restart_goes_on_where_it_was(tmp_path: Path, file: PackFile) -> None:
    sent = parts(1, pack(1, size=6))
    for message in sent[:3]:
        assert file.take(message) == []
    assert file.take(sent[4]) == [("pack-part", 1, 3)]  # one was lost
    assert file.take(sent[1]) == []  # one came twice
    again = PackFile(identity(tmp_path), None, lambda _: None)
    assert again.started() == [("pack", None), ("pack-part", 1, 3)]
    assert [event[0] for message in sent[3:] for event in again.take(message)] == ["pack"]


def test_a_newer_pack_takes_the_place_of_one_that_is_still_arriving(file: PackFile) -> None:
    older, newer = parts(1, pack(1)), parts(2, pack(2))
    for message in (*older[:2], *newer[:1], *older[2:], *newer[1:]):
        file.take(message)
    assert opens(file, 2)
    for message in older:
        assert file.take(message) == []
    assert opens(file, 2)
    assert not opens(file, 1)


def test_a_pack_for_somebody_else_or_changed_on_its_way_is_asked_for_again(file: PackFile, said: list[str]) -> None:
    for version, sealed in enumerate(
        (pack(1, "studio"), pack(2, node="front-2"), pack(3, says=9), os.urandom(9_000)), 1
    ):
        assert [event for message in parts(version, sealed) for event in file.take(message)] == [
            ("pack-part", version, 0)
        ]
    changed = parts(6, pack(6))
    changed[1]["data"] = base64url.encode(bytes(PACK_PART_BYTES))
    assert [event for message in changed for event in file.take(message)] == [("pack-part", 6, 0)]
    assert file.alone is None
    assert len([line for line in said if "asked for again" in line]) == 5


class Cut(OSError):
    """The power went."""


def power_goes(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """What is put in place is cut off once `after` bytes of it are written."""

    def replace(path: Path, data: bytes) -> None:
        path.with_name(path.name + ".new").write_bytes(data[:after])
        raise Cut

    monkeypatch.setattr(durable, "replace", replace)


@pytest.mark.parametrize("share", range(0, 101, 4))
def test_a_power_cut_while_parts_are_written_loses_the_last_at_most(tmp_path: Path, share: int) -> None:
    file = PackFile(identity(tmp_path), None, lambda _: None)
    for message in parts(1, pack(1)):
        file.take(message)
    sent = parts(2, pack(2))
    for message in sent[:-1]:
        file.take(message)
    arriving = tmp_path / "pack.parts"
    whole = arriving.read_bytes()
    arriving.write_bytes(whole[: len(whole) * share // 100])
    again = PackFile(identity(tmp_path), None, lambda _: None)
    assert opens(again, 1)
    (_, *so_far) = again.started()
    next_part = so_far[0][2] if so_far else 0
    assert next_part >= (len(whole) * share // 100) // (PACK_PART_BYTES + 6) - 1
    for message in sent[next_part:]:
        again.take(message)
    assert opens(again, 2)


@pytest.mark.parametrize("at", [0, 1, 40, 4_000, 10_000])
def test_a_power_cut_while_the_pack_is_put_in_place_leaves_the_old_one(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PackFile(identity(tmp_path), None, lambda _: None)
    for message in parts(1, pack(1)):
        file.take(message)
    sent = parts(2, pack(2))
    with monkeypatch.context() as cut:
        power_goes(cut, at)
        for message in sent[:-1]:
            assert file.take(message) == []
        arrived = (tmp_path / "pack.parts").read_bytes()
        assert file.take(sent[-1]) == [("pack-part", 2, 0)]
    again = PackFile(identity(tmp_path), None, lambda _: None)
    assert opens(again, 1)
    last = sent[-1]["data"]
    frame = struct.pack(">IH", zlib.crc32(base64url.decode(last)), len(base64url.decode(last)))
    # All had arrived when the power went: nothing needs to be sent again.
    (tmp_path / "pack.parts").write_bytes(arrived + frame + base64url.decode(last))
    again = PackFile(identity(tmp_path), None, lambda _: None)
    assert again.started() == [("pack", again.alone)]
    assert opens(again, 2)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_damage_on_disk_never_opens_and_never_stops_the_node(tmp_path: Path, seed: int) -> None:
    dice, directory = random.Random(seed), tmp_path / str(seed)
    directory.mkdir(exist_ok=True)
    file = PackFile(identity(directory), None, lambda _: None)
    sent = parts(2, pack(2))
    for message in (*parts(1, pack(1)), *sent[: dice.randrange(len(sent))]):
        file.take(message)
    for name in ("pack", "pack.parts"):
        if (directory / name).exists() and dice.random() < 0.8:
            data = bytearray((directory / name).read_bytes())
            data[dice.randrange(len(data))] ^= dice.randrange(1, 256)
            (directory / name).write_bytes(data[: dice.randrange(len(data) + 1)] if dice.random() < 0.3 else data)
    again = PackFile(identity(directory), None, lambda _: None)
    for _ in range(2):  # what was damaged on the way is asked for once more
        for message in sent:
            again.take(message)
    assert opens(again, 2)
    shutil.rmtree(directory)


def test_what_goes_is_written_over(tmp_path: Path, file: PackFile) -> None:
    for message in parts(1, pack(1)):
        file.take(message)
    (tmp_path / "watch-1").hardlink_to(tmp_path / "pack")
    for message in parts(2, pack(2)):
        file.take(message)
    assert set((tmp_path / "watch-1").read_bytes()) == {0}
    (tmp_path / "watch-2").hardlink_to(tmp_path / "pack")
    file.forget()
    assert file.alone is None
    assert set((tmp_path / "watch-2").read_bytes()) == {0}
    assert PackFile(identity(tmp_path), None, lambda _: None).started() == [("pack", None)]


def test_a_full_disk_keeps_the_old_pack(file: PackFile, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for message in parts(1, pack(1)):
        file.take(message)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(durable, "replace", full)
        assert [event for message in parts(2, pack(2)) for event in file.take(message)] == [("pack-part", 2, 0)]
    assert opens(file, 1)
    assert "No space left" in said[-1]


def test_a_pass_opens_by_the_sites_signature_at_its_door(file: PackFile) -> None:
    for message in parts(1, pack(1)):
        file.take(message)
    key = Ed25519PrivateKey.generate()

    def shown(site: str = "northside", doors: tuple[str, ...] = ("front",), by: Ed25519PrivateKey = key) -> str:
        data = passes.payload(site, bytes(16), doors, 0, 9_000_000_000)
        text = passes.text(data, by.sign(passes.signed(data)))
        facts = {"credential": "pass", "claim": {"kind": "pass", "value": text}}
        assert file.alone is not None
        return file.alone.decide(facts, NOW, "set").code

    assert shown() == "not-in-pack"  # nobody has said yet whose signature counts
    file.pass_key = key.public_key().public_bytes_raw()
    assert shown() == "granted"
    others = [shown("southside"), shown(doors=("studio",)), shown(by=Ed25519PrivateKey.generate())]
    assert others == ["not-in-pack"] * 3
    assert base64.urlsafe_b64decode(base64url.encode(file.pass_key) + "=") == file.pass_key
