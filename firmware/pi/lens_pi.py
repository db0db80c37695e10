"""The Pi's camera through picamera2 (libcamera, from Raspberry Pi OS). It is on the checklist (camera, camera-lost)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ostiary.firmware.pi.lens import HEIGHT_PX, WIDTH_PX, LensLost, NoLens

if TYPE_CHECKING:
    import numpy as np

GLIMPSE_WIDTH_PX, GLIMPSE_HEIGHT_PX = 160, 120


class PiLens:
    """Two streams of one camera: a small one in YUV, whose first rows are the grey picture, and one in colour."""

    def __init__(self) -> None:
        """Raises `NoLens` without picamera2, `LensLost` without a camera."""
        try:
            from picamera2 import Picamera2  # pyright: ignore[reportMissingImports]
        except ImportError as missing:
            raise NoLens(
                "The camera cannot be used. picamera2 is not installed in this environment. "
                "On Raspberry Pi OS: sudo apt install python3-picamera2, and make the venv with --system-site-packages."
            ) from missing
        try:
            self._camera: Any = Picamera2()
            self._camera.configure(
                # libcamera's "BGR888" is red, green, blue in memory, which is what numpy then shows.
                self._camera.create_video_configuration(
                    main={"size": (WIDTH_PX, HEIGHT_PX), "format": "BGR888"},
                    lores={"size": (GLIMPSE_WIDTH_PX, GLIMPSE_HEIGHT_PX), "format": "YUV420"},
                )
            )
            self._camera.start()
        except (RuntimeError, IndexError, OSError) as mistake:
            # picamera2 says IndexError for no camera, and RuntimeError for one that another program holds.
            raise LensLost(f"the Pi's camera cannot be opened: {mistake}") from mistake

    def glimpse(self) -> np.ndarray:
        """The small stream's grey rows."""
        return self._take("lores")[:GLIMPSE_HEIGHT_PX, :GLIMPSE_WIDTH_PX]

    def frame(self) -> np.ndarray:
        """A frame in colour."""
        return self._take("main")

    def close(self) -> None:
        """Stop the camera and give it back."""
        self._camera.stop()
        self._camera.close()

    def _take(self, stream: str) -> np.ndarray:
        try:
            return self._camera.capture_array(stream)
        except (RuntimeError, OSError) as mistake:
            raise LensLost(f"the Pi's camera gives no picture: {mistake}") from mistake
