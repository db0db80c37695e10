"""A visitor pass held before the camera: the text of a QR code that looks like one, through zxing-cpp.

How far away and how bright a telephone may be is on the checklist (pass).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ostiary.protocol.parts import LONGEST_PASS
from ostiary.protocol.passes import VERSION

if TYPE_CHECKING:
    import numpy as np


def read(rgb: np.ndarray) -> str | None:
    """The text of a pass in `rgb` (uint8, height, width, 3), or None: nothing there, something else, or several.

    Whether the pass is genuine, and for whom, is the keeper's to say. Without zxing-cpp no pass is ever seen.
    """
    try:
        import zxingcpp
    except ImportError:
        return None
    # Green alone: it is what a grey picture mostly is, and costs no copy of the frame.
    found = zxingcpp.read_barcodes(
        rgb[:, :, 1],
        formats=zxingcpp.BarcodeFormat.QRCode,  # pyright: ignore[reportArgumentType] - it takes one as well
        try_rotate=False,
        try_downscale=False,
    )
    texts = {one.text for one in found if one.text.startswith(f"{VERSION}.") and len(one.text) <= LONGEST_PASS}
    return texts.pop() if len(texts) == 1 else None
