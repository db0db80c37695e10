"""From the bytes of a picture file to pixels: upright, three colours, eight bits, of bounded size, or a clear refusal.

Only JPEG, PNG and WebP are opened; the size is read from the header before a single pixel is decoded.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from ostiary.models.mistake import Mistake

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
MIN_SIDE_PX = 64  # a face whose eyes are far enough apart to be compared is about this wide
LONGEST_PX = 1920  # longer pictures are halved until they fit, so that work after this has a bound
FORMATS = ("JPEG", "PNG", "WEBP")
_BACKDROP = (128, 128, 128)  # shown where a picture is transparent: neither bright nor dark


class PictureError(Mistake, ValueError):
    """A picture that cannot be looked at."""


class Empty(PictureError):
    """The file has no bytes."""


class NotAPicture(PictureError):
    """The bytes are no JPEG, PNG or WebP."""


class Truncated(PictureError):
    """It begins like a picture and then ends early or is damaged."""


class TooLarge(PictureError):
    """More than MAX_BYTES of file or MAX_PIXELS of picture."""


class TooSmall(PictureError):
    """A side is shorter than MIN_SIDE_PX."""


def decode(data: bytes) -> np.ndarray:
    """Pixels of the first picture in `data`: uint8 of shape (height, width, 3), RGB, EXIF orientation applied,
    transparency laid over grey, 16 bits reduced to 8, the longer side at most LONGEST_PX. Raises PictureError."""
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not data:
        raise Empty("There is no picture.", "The file has 0 bytes.", "Take or choose the picture again.")
    if len(data) > MAX_BYTES:
        raise _too_large(f"The file has {len(data):,} bytes, at most {MAX_BYTES:,} are read.")
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(f"It says it has more pixels than the {MAX_PIXELS:,} that are read.") from error
    except UnidentifiedImageError as error:
        if _begins_like_a_picture(data):
            raise _truncated("Its header is incomplete.") from error
        raise NotAPicture(
            "This is not a picture.",
            "The file is no JPEG, PNG or WebP.",
            "Choose a photograph in one of these formats.",
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise _truncated("Its header is damaged.") from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _too_large(f"It has {width} x {height} pixels, at most {MAX_PIXELS:,} in all are read.")
    if min(width, height) < MIN_SIDE_PX:
        raise TooSmall(
            "The picture is too small.",
            f"It has {width} x {height} pixels, a face needs at least {MIN_SIDE_PX} each way.",
            "Come closer or choose a larger picture.",
        )
    try:
        picture.draft("RGB", (LONGEST_PX // 2, LONGEST_PX // 2))  # JPEG alone: decodes at 1/2, 1/4 or 1/8
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        struct.error,
        zlib.error,
    ) as error:
        # Pillow's decoders raise any of these on damaged data.
        raise _truncated("It ends early or is damaged.") from error
    halvings = max(0, -(-max(upright.size) // LONGEST_PX) - 1).bit_length()
    upright = _three_colours(upright)
    if halvings:
        upright = upright.reduce(2**halvings)
    return np.array(upright)


def _three_colours(picture: Image.Image) -> Image.Image:
    """RGB, eight bits. Pillow itself clips 16-bit grey to white, so it is scaled here."""
    import numpy as np
    from PIL import Image

    if picture.mode.startswith("I"):
        picture = Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        backdrop = Image.new("RGBA", picture.size, (*_BACKDROP, 255))
        picture = Image.alpha_composite(backdrop, picture.convert("RGBA"))
    return picture.convert("RGB")


def _begins_like_a_picture(data: bytes) -> bool:
    signatures = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
    return any(data.startswith(signature) for signature in signatures) or any(
        signature.startswith(data) for signature in signatures
    )


def _truncated(why: str) -> Truncated:
    return Truncated("The picture cannot be read.", why, "Send or take it again.")


def _too_large(why: str) -> TooLarge:
    return TooLarge("The picture is too large.", why, "Choose a smaller one; a door's camera needs one megapixel.")
