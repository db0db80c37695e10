"""The record of a decision: everything that a person, a reviewer and a regulator will ask for, and no similarity."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask, Standing
from ostiary.controller.access.judge import refused
from ostiary.controller.access.record import decision
from ostiary.controller.record import reviewing
from ostiary.controller.record.record import canonical, record_bytes
from ostiary.controller.store.keys import KeyStore

STANDING = Standing("front-1", "front", True, {})
MESSAGE = {
    "v": 1, "door": "front", "nonce": "x" * 22, "boot": 3, "seq": 9, "at": {"ms": 1_772_500_000_000, "clock": "set"},
    "credential": "face", "claim": {"kind": "card", "value": "04:a2"}, "faces": 1,
    "probe": {"model": "ab" * 32, "runtime": "ai-edge-litert 2.3", "vector": "AAAA", "scale": 0.01},
    "quality": {"sharp": 0.5}, "liveness": {"score": 0.25},
}  # fmt: skip
FACE = Identity("p-a", "face", "card", "face-near", "near", 1e-4, 0.4123, 2, similarity=0.375)
CODE, AT_MS = "0123456789ABCDEF", 1_772_500_000_123


def made(identity: Identity, message: dict[str, Any] = MESSAGE, hidden: str | None = None) -> Any:
    ask = Ask(STANDING, message, b"")
    judgement = refused(identity.reason or "no-policy")
    return decision("northside", ask, identity, judgement, None, Gallery(), CODE, AT_MS, hidden)


def test_it_says_all_that_a_log_must_say() -> None:
    assert set(made(FACE).body) == {
        "id", "at_ms", "asked", "site", "door", "node", "mode", "decided", "pack_age_s", "operator", "credential",
        "claim", "person", "faces", "model", "runtime", "gallery", "operating_point", "match", "for_reviewers",
        "quality", "liveness", "score", "live", "policy", "clauses", "factors", "verdict", "reason", "sentence",
        "counterfactual", "presented", "pass", "pin",
    }  # fmt: skip


def test_neither_probe_nor_card_number_nor_similarity_is_in_it(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "keys.db", bytes(32))
    hidden = reviewing.hide({"similarity": FACE.similarity}, CODE, AT_MS, keys, os.urandom)
    data = record_bytes(made(FACE, hidden=hidden), "northside").decode()
    for secret in ("AAAA", "04:a2", "0.375"):
        assert secret not in data
    keys.keep()
    assert reviewing.show(json.loads(data)["body"]["for_reviewers"], CODE, AT_MS, keys) == {"similarity": 0.375}
    assert "0.375" not in repr(FACE)


@pytest.mark.parametrize(
    "identity",
    [FACE, replace(FACE, match=None, fmr=None, threshold=None), Identity(None, "card", None, "card-unknown")],
)
@pytest.mark.parametrize("left_out", [(), ("probe", "quality", "liveness")])
def test_what_is_called_exact_reads_back_as_it_was(identity: Identity, left_out: tuple[str, ...]) -> None:
    draft = made(identity, {name: held for name, held in MESSAGE.items() if name not in left_out})
    assert draft.exact
    assert canonical(draft.body, exact=True) == canonical(draft.body)
