"""The Pi's camera through picamera2 (libcamera, from Raspberry Pi OS): frames as visits. Only hardware confirms it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ostiary.firmware.pi.hardware import Visit

if TYPE_CHECKING:
    import numpy as np

WIDTH_PX, HEIGHT_PX = 640, 480
PAUSE_S = 0.5
REST_S = 5.0


class CameraMissing(ImportError):
    """picamera2 is not installed here."""


class PiCamera:
    """Looks twice a second. What it sees is unasked for: without a face that meets quality nothing is asked."""

    def __init__(self) -> None:
        try:
            from picamera2 import Picamera2  # pyright: ignore[reportMissingImports]
        except ImportError as missing:
            raise CameraMissing(
                "The camera cannot be used. picamera2 is not installed in this environment. "
                "On Raspberry Pi OS: sudo apt install python3-picamera2, and make the venv with --system-site-packages."
            ) from missing
        self._camera: Any = Picamera2()
        # libcamera's "BGR888" is red, green, blue in memory, which is what numpy then shows.
        self._camera.configure(
            self._camera.create_video_configuration(main={"size": (WIDTH_PX, HEIGHT_PX), "format": "BGR888"})
        )
        self._camera.start()
        self._stop = threading.Event()

    def visits(self) -> Iterator[Visit]:
        """One visit a frame until `close`, and a rest after each that was asked about.

        The reply goes to the display alone, so all that is taken from it is that it came.
        """
        asked = threading.Event()
        while not self._stop.wait(REST_S if asked.is_set() else PAUSE_S):
            asked.clear()
            yield Visit(
                lambda said: asked.set(),
                pixels=self._camera.capture_array("main"),
                more=self._more,
                unasked=True,
            )

    def _more(self, count: int, every_s: float) -> Iterator[np.ndarray]:
        for _ in range(count):
            if self._stop.wait(every_s):
                return
            yield self._camera.capture_array("main")

    def close(self) -> None:
        """Stop the camera."""
        self._stop.set()
        self._camera.stop()
