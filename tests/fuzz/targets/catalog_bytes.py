"""Catalogue entries with bytes and values exchanged: one that a door may stand on, or a refusal that names it."""

import contextlib
import math
import random
import tempfile
from pathlib import Path

from ostiary.models import catalog, traits

NAME = "catalog-bytes"
ENTRIES = [file.read_bytes() for file in sorted(catalog.FOLDER.glob("*.toml"))]
VALUES = [b"0", b"-1", b"1e999", b"nan", b"-inf", b"[]", b"[[]]", b"{}", b'""', b"true", b"9" * 400, b"1979-05-27"]
VALUES += [
    b'"../../../etc/passwd"',
    b'"\\u0000"',
    b'"a\\u0000b"',
    b'"' + b"a" * 5000 + b'"',
    b"[1, 0]",
    b'"age"',
    b"1.5",
]
SCRAPS = [
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"[outputs]\n",
    b"[[operating_point]]\n",
    b"=",
    b'"""',
    b"\n",
    b"[" * 3000,
]


def make(rng: random.Random) -> bytes:
    lines = rng.choice(ENTRIES).split(b"\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        key, equals, _ = lines[at].partition(b" = ")
        match rng.randrange(5):
            case 0 if equals:
                lines[at] = key + equals + rng.choice(VALUES)
            case 1:
                del lines[at]
                lines = lines or [b""]
            case 2:
                lines[at:at] = [rng.choice(lines)]
            case 3:
                cut = rng.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + rng.choice(SCRAPS) + lines[at][cut:]
            case _:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)


def judge(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "entry.toml"
        file.write_bytes(data)
        try:
            model = catalog.read(file)
        except catalog.BadCatalog as refused:
            assert all((refused.what, refused.why, refused.now))
            assert "entry.toml" in refused.what
            return
        with contextlib.suppress(catalog.WrongModel, catalog.MissingModel):
            catalog.checked_file(model)
    assert math.isfinite(model.scale)
    assert model.scale > 0
    assert math.isfinite(model.mean)
    assert traits.named(*(tensor.name for tensor in model.outputs)) == []
    ordered = sorted(model.operating_points, key=lambda point: -point.fmr)
    assert [point.similarity for point in ordered] == sorted(point.similarity for point in ordered)
    for point in ordered:
        assert point.false_matches >= catalog.MIN_FALSE_MATCHES
        assert 0 <= point.fmr_low <= point.fmr_high <= 1
