"""What the contract's targets share: bytes that were good once, with a few mistakes in them."""

import random
from collections.abc import Sequence

SCRAPS = (
    *(b"", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\x1b[2J", b"\x7f"),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b".",
        b"..",
        b"=",
        b"-",
        b"_",
        b"+",
        b"/",
    ),
    *(
        b"null",
        b"true",
        b"NaN",
        b"Infinity",
        b"-0",
        b"1e999",
        b"1e-999",
        b"0.1",
        b"00",
        b"9007199254740992",
        b"9" * 400,
    ),
    *(b'"v":1', b'"v":2', b'"v":1,', b'"x":{}', b'{"a":' * 40, b"[" * 400, b" " * 300, b'"__proto__":1', b'"":0'),
)


def mutated(rng: random.Random, good: bytes, others: Sequence[bytes]) -> bytes:
    """`good` with one to five changes; some splice in a piece of one of the `others`."""
    data = bytearray(good)
    for _ in range(rng.randint(1, 5)):
        at, length = rng.randrange(len(data) + 1), rng.choice((0, 0, 1, 1, 2, 8, 40))
        match rng.randrange(6):
            case 0:
                data[at : at + length] = rng.choice(SCRAPS)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length]
            case 3 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 4:
                other = rng.choice(others)
                begin = rng.randrange(len(other) + 1)
                data[at : at + length] = other[begin : begin + rng.choice((1, 10, 100))]
            case _:
                data[at : at + length] = rng.randbytes(rng.randint(1, 6))
    return bytes(data)
