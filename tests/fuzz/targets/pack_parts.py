"""Parts of packs in any order, of any packs, damaged, cut off by power: the node keeps a whole pack or none."""

import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from ostiary.firmware.pi.pack_file import PackFile
from tests.unit.test_pi_pack_file import identity, opens, pack, parts

NAME = "pack-parts"


@cache
def sent() -> tuple[dict[str, Any], ...]:
    """The parts of three packs: two for this node, one for another."""
    told = [*parts(1, pack(1)), *parts(2, pack(2)), *parts(3, pack(3, node="front-2"))]
    return tuple(told)


def make(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(4, 40))


def judge(data: bytes) -> None:
    """Each byte is a deed: mostly a part that comes, sometimes damage on disk and a new start."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        file = PackFile(identity(place), None, lambda _: None)
        for at, deed in enumerate(data):
            message = sent()[deed % len(sent())]
            if deed < 200:
                file.take(message)
            elif deed < 220:
                file.take({**message, "part": (deed + at) % 9})
            elif deed < 230:
                file.forget()
            else:
                _damage(place, random.Random(deed * 1_000 + at))
                file = PackFile(identity(place), None, lambda _: None)
            assert file.alone is None or file.alone.version in (1, 2)
        # Whatever has happened: the newest pack arrives when it is sent once more, and once again.
        for message in [*parts(9, pack(9)), *parts(9, pack(9))]:
            file.take(message)
        for message in (whole := parts(10, pack(10))):
            file.take(message)
        if file.alone is None or file.alone.version != 10:
            for message in whole:
                file.take(message)
        assert opens(file, 10)


def _damage(place: Path, dice: random.Random) -> None:
    for name in ("pack", "pack.parts"):
        path = place / name
        if path.exists() and dice.random() < 0.7:
            held = bytearray(path.read_bytes())
            if held:
                held[dice.randrange(len(held))] ^= dice.randrange(1, 256)
            path.write_bytes(held[: dice.randrange(len(held) + 1)] if dice.random() < 0.5 else held)
