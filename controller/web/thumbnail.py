"""Small copies of the sample portraits, for a quick page; without the face extra the pictures themselves."""

import io
from functools import cache
from pathlib import Path

SIDE_PX = 192


@cache
def thumbnail(portrait: Path) -> bytes:
    """A JPEG that covers a square of `SIDE_PX`, cut from the top, where portraits have their faces."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        return portrait.read_bytes()
    small = io.BytesIO()
    with Image.open(portrait) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        ImageOps.fit(upright, (SIDE_PX, SIDE_PX), centering=(0.5, 0.0)).save(small, "JPEG", quality=82)
    return small.getvalue()


def media_type(picture: bytes) -> str:
    """What a browser is told: the samples are JPEG and PNG."""
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
