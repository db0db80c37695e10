"""Asks `aics-tlog` (PyPI, Apache-2.0, Python 3.12 or newer) about our checkpoints, proofs and tiles.

    python aics_tlog_judge.py DIRECTORY < questions.json

`questions.json` is what `test_record_oracle.py` makes; DIRECTORY holds a published log. Prints what aics-tlog says as
JSON. It runs under an interpreter of its own and imports nothing of ours.
"""

import json
import sys
from base64 import b64decode, b64encode
from typing import Any


def judge(questions: dict[str, Any], directory: str) -> dict[str, Any]:
    import aics_tlog as tlog  # pyright: ignore[reportMissingImports] - only where it is installed

    log_key, witness = (tlog.parse_vkey(questions[name]) for name in ("log_key", "witness_key"))
    leaves = [b64decode(entry) for entry in questions["entries"]]
    said: dict[str, Any] = {"version": tlog.__version__, "checkpoints": [], "inclusion": [], "consistency": []}
    for note in questions["checkpoints"]:
        result = tlog.verify_checkpoint(tlog.parse_note(note), log_key, [witness], 1)
        said["checkpoints"].append([result.ok, result.size, b64encode(result.root or b"").decode()])
    tree = tlog.MerkleTree(leaves)
    for index, size, proof in questions["inclusion"]:
        path = [b64decode(step) for step in proof]
        right = path == tree.inclusion_proof(index, size)
        said["inclusion"].append(
            right and tlog.verify_leaf_inclusion(leaves[index], index, size, path, tree.root(size))
        )
    for old, size, proof in questions["consistency"]:
        path = [b64decode(step) for step in proof]
        right = path == tree.consistency_proof(old, size)
        said["consistency"].append(right and tlog.verify_consistency(old, size, tree.root(old), tree.root(size), path))
    whole = tlog.audit_tiles(tlog.FileSystemTileReader(directory), len(leaves), tree.root())
    said["audit"] = [whole.size, whole.tiles, whole.bundles]
    return said


if __name__ == "__main__":
    json.dump(judge(json.load(sys.stdin), sys.argv[1]), sys.stdout)
