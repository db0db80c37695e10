"""What the door needs of a camera, whichever it is: small grey glimpses all day, and a frame when somebody comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

WIDTH_PX, HEIGHT_PX = 640, 480


class LensLost(OSError):
    """The camera gives no picture any more. It may come back."""


class NoLens(RuntimeError):
    """This camera can never be used here; the text says why and what to do."""


class Lens(Protocol):
    """A camera that is open. Both methods raise `LensLost`."""

    def glimpse(self) -> np.ndarray:
        """A small grey picture of now, uint8 (height, width)."""
        ...

    def frame(self) -> np.ndarray:
        """A frame of now, uint8 (height, width, 3), red first; the caller overwrites it."""
        ...

    def close(self) -> None: ...


def open_lens(named: str) -> Lens:
    """The camera that `named` names: `pi`, `v4l2:/dev/video0` or `files:FOLDER`. Raises `NoLens`, `LensLost`."""
    kind, _, where = named.partition(":")
    # Only the adapter that is used is imported: the other ones' libraries may be absent.
    if named == "pi":
        from ostiary.firmware.pi.lens_pi import PiLens

        return PiLens()
    if kind == "v4l2" and where:
        from ostiary.firmware.pi.lens_v4l2 import V4l2Lens

        return V4l2Lens(where)
    if kind == "files" and where:
        from ostiary.firmware.pi.lens_files import FilesLens

        return FilesLens(where)
    raise NoLens(f"{named!r} names no camera. Use pi, v4l2:/dev/video0, files:FOLDER or none.")
