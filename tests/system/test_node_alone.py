"""Either kind of node decides alone by its pack while its keeper says nothing, and tells it in its journal."""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.protocol import base64url, packs, slow_hash
from ostiary.protocol.parts import PACK_PART_BYTES

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from played_keeper import NODE, NodeAtDoor, at_hand, node_at_door
from visitor import Visitor, kinds

pytestmark = pytest.mark.system
HOUR_MS = 3_600_000
SALT = bytes(range(16))


@pytest.fixture(params=["pi", "esp32"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NodeAtDoor]:
    with node_at_door(tmp_path / "data", at_hand(request.param)) as running:
        yield running


def sealed_pack(node: NodeAtDoor, version: int, card: str) -> bytes:
    secret = base64url.decode((node.directory / "secret").read_text().strip())
    now = time.time_ns() // 1_000_000
    header: dict[str, Any] = {
        "door": "front", "policy": "cd" * 32, "version": version, "made_ms": now - 1, "from_ms": now - 1,
        "until_ms": now + HOUR_MS, "age_limit_ms": HOUR_MS, "pulse_ms": 1_000, "more_pulse_ms": 0, "more_held_ms": 0,
        "face": "off", "card": True, "pass": False, "liveness": "none", "rounds": 500, "salt": base64url.encode(SALT),
    }  # fmt: skip
    tag = slow_hash.tag(packs.key(secret, "northside", NODE, "card"), "card", card, SALT, 500)
    people = [(os.urandom(12), 0, 0)] * 1_000  # several parts
    content = packs.write(header, [[(now - 1, now + HOUR_MS)]], people, [(tag, 0, 0, "card")], [])
    return packs.seal_content(packs.key(secret, "northside", NODE, "content"), NODE, version, content, os.urandom(16))


def send(node: NodeAtDoor, version: int, sealed: bytes) -> None:
    cut = [sealed[at : at + PACK_PART_BYTES] for at in range(0, len(sealed), PACK_PART_BYTES)]
    assert len(cut) > 2
    said = {"v": 1, "version": version, "parts": len(cut), "sha256": base64url.encode(hashlib.sha256(sealed).digest())}
    for number, data in enumerate(cut):
        node.keeper.say("pack", {**said, "part": number, "data": base64url.encode(data)})


def test_by_its_pack_it_lets_in_whom_its_keeper_would_until_that_is_withdrawn(node: NodeAtDoor) -> None:
    keeper = node.keeper
    keeper.desire(offline="pack", pack_version=7, offline_max_age_ms=HOUR_MS)
    send(node, 7, sealed_pack(node, 7, "4711"))
    while keeper.next("reported")["pack_version"] != 7:
        pass
    node.kill()  # what it holds outlives its process
    node.start()
    known = Visitor(node, {"card": "4711"})
    assert known.told["show"]["say"] == "yes"
    node.board.edges(2)
    unknown = Visitor(node, {"card": "4712"})
    assert unknown.told["show"]["say"] == "no"
    events = keeper.events("denied")
    decided = [event["decision"] for event in events if event["kind"] == "decided"]
    assert [(one["verdict"], one["way"], one["pack"]) for one in decided] == [("grant", "card", 7), ("deny", "card", 7)]
    assert kinds(events).index("decided") < kinds(events).index("strike-on")
    keeper.desire(offline="pack", packs_from=8, offline_max_age_ms=HOUR_MS)
    while keeper.next("reported").get("usable_from") != 8:
        pass
    assert not [path for path in node.directory.rglob("pack*") if path.is_file()]
    assert Visitor(node, {"card": "4711"}).told["show"]["say"] == "no"
