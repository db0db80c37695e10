"""`ostiary bench offline`: deciding alone on this machine, making packs, and what a slow hash costs whom.

A search compares one probe with one template of each person in the pack (192 dimensions) and decides, on one thread.
Packs are made for a searching door with one card and one face a person: once with every slow hash still to be made, as
after a start, and once with all of them known, as after any later change. `try_all` is how long one thread like this
one needs to try every card number of 24 and of 32 bits against a stolen node: by CPython's hash, since a thief does not
use MicroPython. What a graphics processor needs was not measured; it is far less, so rounds buy time and nothing more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one thread, as it says

import numpy as np
from rounds import FEWEST_ROUNDS, Case, measure, say, setting

import ostiary.protocol
from ostiary.controller.access.gallery import Gallery, HeldTemplate
from ostiary.controller.access.offline import ROUNDS, ROUNDS_SMALL
from ostiary.controller.access.packing import Known, Packed, Whereto, packed
from ostiary.controller.people.following import Followed, Snapshot
from ostiary.controller.people.protect import TemplateShield
from ostiary.controller.policy.document import load
from ostiary.controller.policy.door import Budget
from ostiary.controller.policy.facts import Membership, PersonFacts
from ostiary.firmware.door.alone import Alone
from ostiary.firmware.pi.match import Match
from ostiary.protocol import base64url, packs, slow_hash

NOW, DIMENSIONS, MODEL = 1_800_000_000_000, 192, "ab" * 32
SEARCHED, PEOPLE = 1_000, (100, 1_000, 10_000)
CARD_KEY, FACE_KEY, SALT = b"c" * 32, b"f" * 32, bytes(16)
POLICY = """
policy: bench
doors:
  door: {face: verify, or: [card], grant: [member: active, within: day]}
hours:
  day: {days: mon-fri, from: "06:00", to: "23:00", zone: Europe/Berlin}
"""
HASHING = """
import sys, time
from ostiary.protocol import slow_hash
for rounds in ({rounds}):
    begun = time.time_ns()
    slow_hash.tag(b"k" * 32, "card", "4711", bytes(16), rounds)
    print(rounds, (time.time_ns() - begun) / 1e6)
"""


class Site:
    """So many people with a card and a face, and a node that searches among them."""

    def __init__(self, count: int) -> None:
        dice = np.random.default_rng(7)
        names = [f"p-{n:06d}" for n in range(count)]
        member = (Membership("active", NOW - 1_000),)
        followed = {name: Followed(PersonFacts(name, member)) for name in names}
        self.site, self.own = TemplateShield(b"s" * 32, DIMENSIONS), TemplateShield(FACE_KEY, DIMENSIONS)
        self.first = dice.integers(-90, 90, DIMENSIONS).astype(np.int8)
        vectors = dice.standard_normal((count, DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[0] = self.site.shield(self.first, 0.01)
        held = {name: (HeldTemplate(name, MODEL, vectors[n]),) for n, name in enumerate(names)}
        gallery = Gallery(Snapshot(1, followed, {}), held)
        self.known = Known(gallery, {name: (f"{n:08d}",) for n, name in enumerate(names)}, {}, lambda model, fmr: 0.6)
        policy = load(POLICY, "bench.yaml")
        door = replace(policy.doors["door"], face="identify", budget=Budget(0.1, 100_000))
        self.policy = replace(policy, doors={"door": door})
        self.tags: dict[tuple[str, str], bytes] = {}

    def tag(self, kind: str, value: str) -> bytes:
        made = self.tags.get((kind, value))
        if made is None:
            made = self.tags[kind, value] = slow_hash.tag(CARD_KEY, kind, value, SALT, ROUNDS)
        return made

    def pack(self) -> Packed:
        whereto = Whereto(ROUNDS, SALT, self.tag, lambda vector: self.site.turn_on(vector, self.own))
        return packed(self.policy, "door", self.known, None, whereto, 1, NOW, lambda person: person.encode().ljust(12))


def searching(count: int) -> tuple[Alone, dict[str, Any], dict[str, Any]]:
    """A pack in use, a face that it knows, and a card that it knows."""
    site = Site(count)
    pack, match = packs.read(site.pack().content), Match(FACE_KEY)
    match.prepare(pack.galleries)
    probe = {"model": MODEL, "runtime": "r", "vector": base64url.encode(site.first.tobytes()), "scale": 0.01}
    face = {"credential": "face", "probe": probe, "faces": 1}
    card = {"credential": "card", "claim": {"kind": "card", "value": "00000000"}, "faces": 0}
    return Alone(pack, CARD_KEY, match), face, card


def making(count: int) -> dict[str, Any]:
    """Seconds and bytes of one door's pack."""
    site = Site(count)
    took: list[float] = []
    made: Packed | None = None
    for _ in range(2):
        begun = time.process_time()
        made = site.pack()
        took.append(round(time.process_time() - begun, 3))
    assert made is not None
    return {"bytes": len(made.content), "first_s": took[0], "again_s": took[1]}


def hashing() -> dict[str, Any]:
    """What one slow hash takes where, and what trying all numbers takes a thief with one thread like this one."""
    rounds = f"{ROUNDS_SMALL}, {ROUNDS}"
    found: dict[str, Any] = {"cpython_ms": _hashed([sys.executable, "-c"], dict(os.environ), rounds)}
    micropython = Path(sys.executable).parent / "micropython"
    found["micropython_ms"] = None
    if micropython.exists():
        with tempfile.TemporaryDirectory() as library:
            (Path(library) / "ostiary").mkdir()
            room = Path(ostiary.protocol.__file__ or "").resolve().parent
            (Path(library) / "ostiary" / "protocol").symlink_to(room)
            environment = {**os.environ, "MICROPYPATH": f".frozen:{library}"}
            found["micropython_ms"] = _hashed([str(micropython), "-c"], environment, rounds)
    found["try_all"] = {
        str(each): {f"{bits} bits, days": round(found["cpython_ms"][str(each)] * 2**bits / 86_400_000, 2)
                    for bits in (24, 32)}
        for each in (ROUNDS_SMALL, ROUNDS)
    }  # fmt: skip
    return found


def _hashed(command: list[str], environment: dict[str, str], rounds: str) -> dict[str, float]:
    """The least of five, for each number of rounds."""
    least: dict[str, float] = {}
    for _ in range(5):
        done = subprocess.run(
            [*command, HASHING.format(rounds=rounds)], env=environment, capture_output=True, text=True, check=True
        )
        for line in done.stdout.splitlines():
            number, _, took = line.partition(" ")
            least[number] = round(min(float(took), least.get(number, float(took))), 3)
    return least


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    alone, face, card = searching(SEARCHED)
    assert alone.decide(face, NOW + 10_000, "set").verdict == "grant"
    assert alone.decide(card, NOW + 10_000, "set").verdict == "grant"

    def again(facts: dict[str, Any]) -> None:
        for _ in range(200):
            alone.decide(facts, NOW + 10_000, "set")

    cases = [
        Case(f"search among {SEARCHED:,}", 200, lambda _: again(face)),
        Case("a card, its slow hash and all", 200, lambda _: again(card)),
    ]
    timed = measure(cases, given.rounds, lambda _: None)
    say(
        {
            "bench": "offline",
            "setting": setting("numpy"),
            "deciding": {name: timing.as_document() for name, timing in timed.items()},
            "making": {f"{count:,} people": making(count) for count in PEOPLE},
            "slow hash": {"rounds": {"pi": ROUNDS, "esp32": ROUNDS_SMALL}, **hashing()},
        },
        as_json=given.json,
    )


if __name__ == "__main__":
    main()
