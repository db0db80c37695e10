"""A USB camera through V4L2, by OpenCV, which the face extra brings. On the checklist (camera-usb)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ostiary.firmware.pi.lens import HEIGHT_PX, WIDTH_PX, LensLost, NoLens

if TYPE_CHECKING:
    import numpy as np

EVERY = 4  # of a frame's pixels, each way, in a glimpse


class V4l2Lens:
    """One device, such as /dev/video0 or, better, its name under /dev/v4l/by-id, which survives a restart."""

    def __init__(self, device: str) -> None:
        """Raises `NoLens` without OpenCV, `LensLost` where the device cannot be opened."""
        try:
            import cv2
        except ImportError as missing:
            raise NoLens(
                "The camera cannot be used. OpenCV is not installed in this environment. "
                "It comes with the face extra: pip install 'ostiary[face]'"
            ) from missing
        self._device = device
        self._red_first = cv2.COLOR_BGR2RGB
        self._convert = cv2.cvtColor
        self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise LensLost(f"{device} cannot be opened")
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH_PX)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT_PX)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # a frame of now, not of when nobody looked

    def glimpse(self) -> np.ndarray:
        """Every fourth pixel of a frame, its green alone."""
        return self._read()[::EVERY, ::EVERY, 1].copy()

    def frame(self) -> np.ndarray:
        """A frame in colour."""
        return self._convert(self._read(), self._red_first)

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()

    def _read(self) -> np.ndarray:
        taken, frame = self._capture.read()
        if not taken or frame is None:
            raise LensLost(f"{self._device} gives no picture")
        return frame
