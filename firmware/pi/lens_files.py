"""Picture files in a folder as a camera: for benches, rigs and training. The newest file is what it sees now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ostiary.firmware.pi.lens import LensLost, NoLens

if TYPE_CHECKING:
    import numpy as np

EVERY = 4
KINDS = (".jpg", ".jpeg", ".png", ".webp")


class FilesLens:
    """Decodes the newest picture when it is another than before; gives copies, as a camera gives each frame once."""

    def __init__(self, folder: str) -> None:
        """Raises `NoLens` where there is no such folder."""
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise NoLens(f"The camera cannot be used. {folder} is no folder. Make it, and put picture files into it.")
        self._known: tuple[Path, int] | None = None
        self._pixels: np.ndarray | None = None

    def glimpse(self) -> np.ndarray:
        """Every fourth pixel, its green alone."""
        return self._now()[::EVERY, ::EVERY, 1].copy()

    def frame(self) -> np.ndarray:
        """The newest picture."""
        return self._now().copy()

    def close(self) -> None:
        """Nothing is held open."""

    def _now(self) -> np.ndarray:
        from ostiary.models.picture import PictureError, decode

        try:
            files = [path for path in self._folder.iterdir() if path.suffix.lower() in KINDS]
            newest = max(((path.stat().st_mtime_ns, path) for path in files), default=None)
            if newest is None:
                raise LensLost(f"{self._folder} has no picture")
            known = (newest[1], newest[0])
            if self._pixels is None or known != self._known:
                self._pixels, self._known = decode(newest[1].read_bytes()), known
            return self._pixels
        except PictureError as mistake:
            raise LensLost(f"{self._folder}: {mistake}") from mistake
