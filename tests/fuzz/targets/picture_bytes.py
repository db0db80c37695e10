"""Picture files, bytes flipped, cut, doubled and swapped, and headers that promise too much: pixels or a refusal."""

import io
import random
import struct
import zlib

import numpy as np
from PIL import Image

from ostiary.models import picture

NAME = "picture-bytes"
SCRAPS = [b"\xff\xd8", b"\xff\xd9", b"\xff\xda", b"\xff\xe1", b"Exif\0\0", b"IHDR", b"IDAT", b"iCCP", b"tRNS", b"VP8X"]
SCRAPS += [
    b"\0" * 8,
    b"\xff" * 8,
    struct.pack(">I", 2**31 - 1),
    struct.pack("<I", 2**32 - 1),
    b"acTL",
    b"ANMF",
    b"ICCP",
]


def _files() -> list[bytes]:
    """A small picture in every format and mode that is read."""
    noise = np.random.default_rng(1).integers(0, 256, (72, 80, 4), np.uint8)
    made = []
    for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"):
        if mode == "I;16":
            one = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257)
        else:
            one = Image.fromarray(noise).convert(mode)
        for kind in ("JPEG", "PNG", "WEBP"):
            target = io.BytesIO()
            try:
                one.save(target, kind, exif=_turned())
            except (OSError, ValueError, KeyError):
                continue  # that format has no such mode
            made.append(target.getvalue())
    progressive = io.BytesIO()
    Image.fromarray(noise[:, :, :3]).save(progressive, "JPEG", progressive=True)
    made.append(progressive.getvalue())
    return made


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def _promising(rng: random.Random) -> bytes:
    """A PNG whose header claims any size, over a few bytes of data."""
    width, height = (rng.choice((0, 1, 64, 6000, 40_000, 2**31 - 1)) for _ in range(2))
    head = struct.pack(">IIBBBBB", width, height, rng.choice((1, 8, 16, 7)), rng.choice((0, 2, 3, 6, 9)), 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rng.randbytes(50))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


FILES = _files()


def make(rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return _promising(rng)
    data = bytearray(rng.choice(FILES))
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data[at : at + 1] = rng.randbytes(1)
            case 1:
                del data[at : at + rng.randint(1, 400)]
            case 2:
                data[at:at] = rng.choice(SCRAPS)
            case 3:
                data[at:at] = data[at : at + rng.randint(1, 200)]
            case 4:
                data = data[: max(at, 1)]
            case 5:
                early = rng.randrange(min(64, len(data)) or 1)
                data[early : early + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"))
        if not data:
            break
    return bytes(data)


def judge(data: bytes) -> None:
    try:
        rgb = picture.decode(data)
    except picture.PictureError as refused:
        assert all((refused.what, refused.why, refused.now))
        return
    assert (rgb.dtype, rgb.ndim, rgb.shape[2]) == (np.uint8, 3, 3)
    assert max(rgb.shape[:2]) <= picture.LONGEST_PX
    assert min(rgb.shape[:2]) >= 1
