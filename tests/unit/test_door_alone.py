"""A pack is read, opened and decided by in the same way on CPython and on real MicroPython; both refuse damage."""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ostiary.firmware
import ostiary.protocol
from ostiary.protocol import base64url, packs, slow_hash
from ostiary.protocol.errors import Refused

HERE = Path(__file__).parent
MICROPYTHON = Path(sys.executable).parent / "micropython"
NOW, HOUR_MS = 1_800_000_000_000, 3_600_000
SALT, ROUNDS, KEY = b"\x05" * 16, 3, b"k" * 32
MODEL = "ab" * 32


def content(**changed: Any) -> bytes:
    header = {
        "door": "front", "policy": "cd" * 32, "version": 9, "made_ms": NOW, "from_ms": NOW, "until_ms": NOW + HOUR_MS,
        "age_limit_ms": HOUR_MS, "pulse_ms": 5_000, "more_pulse_ms": 2_000, "more_held_ms": 9_000, "face": "identify",
        "card": True, "pass": True, "liveness": "none", "rounds": ROUNDS, "salt": base64url.encode(SALT), **changed,
    }  # fmt: skip
    schedules = [[(NOW, NOW + HOUR_MS)], [(NOW, NOW + 500), (NOW + 900, NOW + HOUR_MS)], []]
    people = [(bytes([n] * 12), n % 3, n % 4) for n in range(8)]
    ways = [(slow_hash.tag(KEY, "card", f"c-{n}", SALT, ROUNDS), n, n % 3, "card") for n in range(8)]
    ways.append((slow_hash.tag(KEY, "pass", "guest", SALT, ROUNDS), 0, 1, "pass"))
    said = {"model": MODEL, "dimensions": 64, "verify": 0.4, "identify": 0.5, "rival": 0.45}
    return packs.write(header, schedules, people, ways, [(said, [0, 2, 3, 6, 7], bytes(64 * 5))])


def visits() -> list[Any]:
    told: list[Any] = []
    for after in (-1, 0, 499, 500, 899, 900, HOUR_MS - 1, HOUR_MS):
        for clock in ("set", "unset"):
            for n in range(9):
                told.append([{"credential": "card", "claim": {"kind": "card", "value": f"c-{n}"}}, NOW + after, clock])
            told.append([{"credential": "pass", "claim": {"kind": "pass", "value": "guest"}}, NOW + after, clock])
            for cosines in ([0.0], [0.4, 0.1], [0.5, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0.46], [0.6]):
                face = {"credential": "face", "probe": {"model": MODEL, "cosines": cosines}}
                told.append([face, NOW + after, clock])
                told += [
                    [{**face, "claim": {"kind": "card", "value": one}}, NOW + after, clock] for one in ("c-1", "c-2")
                ]
    told.append([{"credential": "face", "no_probe": "quality-face_size"}, NOW, "set"])
    return told


def damaged(seed: int) -> str:
    dice, data = random.Random(seed), bytearray(content())
    for _ in range(dice.randint(1, 3)):
        what = dice.randrange(4)
        at = dice.randrange(len(data))
        if what == 0:
            data[at] = dice.randrange(256)
        elif what == 1:
            del data[at : at + dice.randint(1, 40)]
        elif what == 2:
            data[at:at] = bytes(dice.randint(1, 9))
        else:
            del data[at:]
        if not data:
            break
    return bytes(data).hex()


def cases() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [{"content": content().hex(), "visits": visits()}]
    told.append({"content": content(face="verify", card=False, liveness="motion").hex(), "visits": visits()})
    told += [{"content": damaged(seed), "visits": visits()[:12]} for seed in range(150)]
    told += [{"seal": bytes(range(n % 256)).hex(), "version": n} for n in (1, 15, 16, 200)]
    told += [
        {"hash": value, "kind": kind, "rounds": rounds}
        for value, kind in (("4711", "card"), ("", "pass"), ("ä" * 64, "card"))
        for rounds in (1, 2, 50)
    ]
    return told


def played_by(command: list[str], environment: dict[str, str]) -> list[Any]:
    done = subprocess.run(
        [*command, str(HERE / "pack_scenario.py")],
        input="".join(json.dumps(case) + "\n" for case in cases()),
        capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_both_interpreters_read_and_decide_the_same(tmp_path: Path) -> None:
    if not MICROPYTHON.exists():
        pytest.skip(
            "MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only, "
            "so here packs are read on CPython alone."
        )
    rooms = tmp_path / "ostiary"
    (rooms / "firmware").mkdir(parents=True)
    (rooms / "protocol").symlink_to(Path(ostiary.protocol.__file__ or "").resolve().parent)
    (rooms / "firmware" / "door").symlink_to(Path(ostiary.firmware.__file__ or "").resolve().parent / "door")
    here = played_by([sys.executable], dict(os.environ))
    there = played_by([str(MICROPYTHON), "-X", "heapsize=8m"], {**os.environ, "MICROPYPATH": f".frozen:{tmp_path}"})
    assert there == here
    codes = {said[0] for said in here[0]} | {said[0] for said in here[1]}
    assert codes == {
        "granted", "not-now", "expired", "not-in-pack", "face-unknown", "several-candidates", "face-mismatch",
        "clock-wrong", "pack-too-old", "quality-face-size", "claim-missing", "card-not-accepted", "not-enrolled",
        "liveness-missing",
    }  # fmt: skip
    assert "malformed" in here


def test_the_slow_hash_is_pbkdf2() -> None:
    """RFC 7914 §11 has the vectors of PBKDF2-HMAC-SHA-256; of 64 bytes the first block is asked for here."""
    first = bytes.fromhex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
    assert slow_hash.pbkdf2(b"passwd", b"salt", 1) == first
    assert slow_hash.tag(KEY, "card", "4711", SALT, 2) != slow_hash.tag(KEY, "pass", "4711", SALT, 2)


@given(st.binary(max_size=400) | st.integers(0, 10_000).map(lambda seed: bytes.fromhex(damaged(seed))))
def test_whatever_is_read_is_a_pack_or_refused(data: bytes) -> None:
    try:
        pack = packs.read(data)
    except Refused as refused:
        assert refused.code in ("malformed", "oversized")
        return
    for person in range(pack.header["people"]):
        assert len(base64url.decode(pack.subject(person))) == packs.SUBJECT_BYTES
        assert pack.grants(pack.schedule_of(person), NOW) in (True, False)


def test_a_sealed_pack_opens_for_its_node_and_version_alone() -> None:
    key = packs.key(b"s" * 32, "northside", "front-1", "content")
    sealed = packs.seal_content(key, "front-1", 3, content(), os.urandom(16))
    assert packs.open_content(key, "front-1", 3, sealed) == content()
    others = {packs.key(b"s" * 32, "northside", "front-1", use) for use in packs.USES}
    others |= {packs.key(b"s" * 32, "northside", node, "content") for node in ("front-1", "front-2")}
    others.add(packs.key(b"t" * 32, "northside", "front-1", "content"))
    assert len(others) == 5
    for other, node, version in [(one, "front-1", 3) for one in others - {key}] + [(key, "x", 3), (key, "front-1", 4)]:
        with pytest.raises(Refused):
            packs.open_content(other, node, version, sealed)
    for at in range(0, len(sealed), 97):
        with pytest.raises(Refused):
            packs.open_content(key, "front-1", 3, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    assert hashlib.sha256(sealed).digest() != hashlib.sha256(content()).digest()
