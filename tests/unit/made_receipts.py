"""Receipts of a small log, made in memory: with rotated keys and witnesses where a test wants them."""

import json
import random
from functools import cache
from types import ModuleType

from ostiary.controller.record import standalone
from ostiary.controller.record.checkpoint import Cosigner, Signer, origin_of, split_note
from ostiary.controller.record.handover import Handover, handed_over
from ostiary.controller.record.receipt import Receipt, to_file
from ostiary.controller.record.record import Draft, record_bytes
from ostiary.controller.record.sealing import leaf_of
from ostiary.controller.record.tree import Tree
from tests.unit.leaf_nodes import tree_of

AT_S = 1_772_500_000
WITNESSES = (Cosigner("library.example", bytes([7] * 32)), Cosigner("town-hall.example/w1", bytes([8] * 32)))
SHARED: ModuleType = standalone


class SmallLog:
    """`size` records of one site, in one signed tree. `rotations` keys came before the last one."""

    def __init__(self, size: int, *, site: str = "northside", rotations: int = 0, seed: int = 1) -> None:
        chance = random.Random(f"{size} {site} {rotations} {seed}")
        self.size, self.site = size, site
        self.records = [_record(site, number, chance) for number in range(size)]
        self.salts = [chance.randbytes(16) for _ in range(size)]
        leaves = [leaf_of(salt, data) for salt, data in zip(self.salts, self.records, strict=True)]
        self.tree: Tree = tree_of(leaves)
        self.signers = [Signer(origin_of(site), chance.randbytes(32)) for _ in range(rotations + 1)]
        self.keys = [Handover(self.signers[0].verifier_key)]
        for old, new in zip(self.signers, self.signers[1:], strict=False):
            self.keys.append(handed_over(old, new.verifier_key))

    @property
    def key(self) -> str:
        return self.signers[-1].verifier_key

    def note(self, size: int | None = None, witnesses: int = 0, at_s: int = AT_S) -> str:
        size = self.size if size is None else size
        note = self.signers[-1].sign(size, self.tree.root(size))
        return note + "".join(one.line(split_note(note)[0], at_s) for one in WITNESSES[:witnesses])

    def receipt(self, position: int, size: int | None = None, witnesses: int = 0) -> bytes:
        size = self.size if size is None else size
        proof = self.tree.inclusion(position, size)
        leaf, salt = self.tree.leaf(position), self.salts[position]
        made = Receipt(position, leaf, salt, size, proof, self.note(size, witnesses))
        cosigners = [one.verifier_key for one in WITNESSES[:witnesses]]
        return to_file(self.records[position], made, self.keys, cosigners)


@cache
def small_log(size: int = 11, site: str = "northside", rotations: int = 0) -> SmallLog:
    return SmallLog(size, site=site, rotations=rotations)


def _record(site: str, number: int, chance: random.Random) -> bytes:
    granted = chance.random() < 0.6
    body = {
        "person": f"p-{chance.randrange(50)}",
        "door": "front",
        "sentence": "Willkommen, Größe zählt nicht." if granted else "Your score is 592, and this door needs 600.",
        "counterfactual": None if granted else "Two safety rounds, or wait until 3 December.",
        "clauses": [{"clause": "member", "held": True, "say": "You are a member."}] * chance.randrange(3),
        "filling": "x" * chance.randrange(200),
    }
    verdict = "grant" if granted else "deny"
    draft = Draft("decision", AT_S * 1000 - number, body, (body["person"],), "front", verdict, "score", f"CODE{number}")
    return record_bytes(draft, site)


def by_standalone(
    file: bytes, key: str | None = None, witnesses: tuple[str, ...] = (), now_s: int | None = None
) -> str:
    """Which check fails there; `""` when the receipt holds."""
    try:
        SHARED.verify(file, key, witnesses, now_s)
    except SHARED.Refused as refused:
        assert refused.say.endswith(".")
        return refused.check
    return ""


def body_of(data: bytes) -> dict[str, object]:
    return json.loads(data)["body"]
