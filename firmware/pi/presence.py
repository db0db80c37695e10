"""Whether somebody stands before the camera, by what changed in a small grey picture: cheap enough for all day.

A face is looked for only while this says yes. It knows a change from the wall behind it and nothing else: not who, not
whether it is a person. How it does by day and by night is on the checklist (presence).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

CELLS = (24, 32)
CHANGED = 14.0  # grey levels by which a cell differs from the background, after the light's own change
SHARE = 0.025  # of the cells: a face at two metres covers more
AWAY_RATE, THERE_RATE = 0.05, 0.005  # how fast the background learns, a glimpse; a chair is learnt in a minute
FIRST = 20  # glimpses for which somebody is taken to be there: whoever stood there at the start is no background


class Presence:
    """One camera's background, as CELLS means of grey. Nothing else of any picture is kept."""

    def __init__(self) -> None:
        self._background: np.ndarray | None = None
        self._seen = 0

    def look(self, grey: np.ndarray) -> bool:
        """Whether somebody is there in `grey`, uint8 (height, width), at least 24 by 32."""
        import numpy as np

        rows, columns = CELLS
        height, width = grey.shape[0] // rows, grey.shape[1] // columns
        cells = grey[: height * rows, : width * columns].reshape(rows, height, columns, width).mean((1, 3))
        if self._background is None:
            self._background = cells
        difference = cells - self._background
        # A lamp that is switched on changes every cell by about as much; a person changes a few.
        there = float(np.mean(np.abs(difference - np.median(difference)) > CHANGED)) > SHARE
        self._background = self._background + difference * (THERE_RATE if there else AWAY_RATE)
        self._seen += 1
        return there or self._seen <= FIRST
