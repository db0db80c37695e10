"""Our checkpoints, proofs and tiles before a judge whom we did not write.

`vectors/aics-tlog.json` is what `aics-tlog` agreed on; our code must still make the same bytes. Where an interpreter
with aics-tlog is at hand (OSTIARY_AICS_TLOG names it) it is asked anew, about the tiles on the disk as well.
"""

import json
import os
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.record.checkpoint import Cosigner, Signer, cosignature, read_checkpoint, split_note
from ostiary.controller.record.publishing import Publishing
from ostiary.controller.record.tiles import Tiles
from ostiary.controller.record.tree import leaf_hash, verify_consistency, verify_inclusion
from tests.unit.leaf_nodes import tree_of

HERE = Path(__file__).parent
VECTORS = HERE / "vectors" / "aics-tlog.json"
SIGNER = Signer("ostiary/northside", bytes(range(32)))
WITNESS = Cosigner("library.example/w1", bytes(range(32, 64)))
AT_S = 1_772_500_000
SIZE = 600
SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 511, 600)


def questions() -> dict[str, Any]:
    entries = [number.to_bytes(32, "big") for number in range(SIZE)]
    tree = tree_of([leaf_hash(entry) for entry in entries])
    notes: list[str] = []
    for size in SIZES:
        note = SIGNER.sign(size, tree.root(size))
        notes.append(note + WITNESS.line(split_note(note)[0], AT_S))
    pairs = [(old, size) for old in SIZES for size in SIZES if old <= size]
    return {
        "log_key": SIGNER.verifier_key,
        "witness_key": WITNESS.verifier_key,
        "entries": [b64encode(entry).decode() for entry in entries],
        "checkpoints": notes,
        "inclusion": [
            [index, size, _texts(tree.inclusion(index, size))]
            for size in SIZES
            for index in sorted({0, size // 3, size - 1})
        ],
        "consistency": [[old, size, _texts(tree.consistency(old, size))] for old, size in pairs],
    }


def _texts(proof: tuple[bytes, ...]) -> list[str]:
    return [b64encode(step).decode() for step in proof]


def test_what_the_judge_agreed_on_is_still_what_we_make() -> None:
    held = json.loads(VECTORS.read_text())
    assert held.pop("origin").startswith("aics-tlog 0.2.1")
    asked = questions()
    assert asked.pop("entries") == [b64encode(number.to_bytes(32, "big")).decode() for number in range(SIZE)]
    assert asked == held


def test_what_the_judge_agreed_on_verifies_here() -> None:
    held = json.loads(VECTORS.read_text())
    roots: dict[int, bytes] = {}
    for note in held["checkpoints"]:
        checkpoint = read_checkpoint(note, held["log_key"])
        roots[checkpoint.size] = checkpoint.root
        seen = cosignature(note, held["witness_key"])
        assert seen is not None and seen.at_s == AT_S
    for index, size, proof in held["inclusion"]:
        path = [b64decode(step) for step in proof]
        assert verify_inclusion(leaf_hash(index.to_bytes(32, "big")), index, size, path, roots[size])
    for old, size, proof in held["consistency"]:
        assert verify_consistency(old, size, roots[old], roots[size], [b64decode(step) for step in proof])


@pytest.mark.skipif("OSTIARY_AICS_TLOG" not in os.environ, reason="OSTIARY_AICS_TLOG names no Python with aics-tlog")
def test_the_judge_agrees_today(tmp_path: Path) -> None:
    asked = questions()
    entries = [b64decode(entry) for entry in asked["entries"]]
    publishing = Publishing(Tiles(tmp_path), lambda first, limit: entries[first : first + limit])
    publishing.grow(SIZE)
    publishing.publish(asked["checkpoints"][-1])
    done = subprocess.run(
        [os.environ["OSTIARY_AICS_TLOG"], HERE / "aics_tlog_judge.py", tmp_path],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert [one[:2] for one in said["checkpoints"]] == [[True, size] for size in SIZES]
    assert all(said["inclusion"]) and all(said["consistency"])
    assert len(said["inclusion"]) == len(asked["inclusion"]) and len(said["consistency"]) == len(asked["consistency"])
    assert said["audit"] == [SIZE, 4, 3]
