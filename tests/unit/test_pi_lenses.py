"""The cameras' adapters: files as a camera, and what is said where a camera or its library is missing."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ostiary.firmware.pi.lens import LensLost, NoLens, open_lens


def save(folder: Path, name: str, grey: int, at_s: int) -> None:
    path = folder / name
    Image.fromarray(np.full((480, 640, 3), grey, np.uint8)).save(path)
    os.utime(path, (at_s, at_s))


def test_the_newest_file_is_what_a_folder_sees(tmp_path: Path) -> None:
    lens = open_lens(f"files:{tmp_path}")
    with pytest.raises(LensLost, match="no picture"):
        lens.glimpse()
    save(tmp_path, "one.png", 40, 1_000)
    assert (lens.glimpse().shape, int(lens.glimpse()[0, 0])) == ((120, 160), 40)
    save(tmp_path, "two.png", 200, 2_000)
    frame = lens.frame()
    assert (frame.shape, int(frame[0, 0, 0])) == ((480, 640, 3), 200)
    frame.fill(0)
    assert int(lens.frame()[0, 0, 0]) == 200, "each frame is the caller's own"
    (tmp_path / "three.png").write_bytes(b"no picture")
    os.utime(tmp_path / "three.png", (3_000, 3_000))
    with pytest.raises(LensLost):
        lens.frame()
    lens.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoLens, match="no folder"):
        open_lens(f"files:{tmp_path / 'none'}")


def test_a_missing_camera_library_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)  # what the import system takes for: there is none
    with pytest.raises(NoLens, match="apt install python3-picamera2"):
        open_lens("pi")
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(NoLens, match=r"ostiary\[face\]"):
        open_lens("v4l2:/dev/video0")


def test_a_device_that_is_not_there_is_lost_and_may_come() -> None:
    with pytest.raises(LensLost, match="cannot be opened"):
        open_lens("v4l2:/dev/video-that-is-not")


class Eye:
    """Stands where picamera2's camera stands: two streams, and a day on which it dies."""

    def __init__(self, opens: bool = True) -> None:
        if not opens:
            raise IndexError("list index out of range")
        self.dies = False
        self.calls: list[str] = []

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        return asked

    def configure(self, asked: dict[str, Any]) -> None:
        self.asked = asked

    def start(self) -> None: ...

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")

    def capture_array(self, stream: str) -> np.ndarray:
        if self.dies:
            raise RuntimeError("camera frontend has timed out")
        width, height = self.asked[stream]["size"]
        # YUV 4:2:0 comes as one plane of one and a half heights.
        return np.ones((height * 3 // 2, width) if stream == "lores" else (height, width, 3), np.uint8)


def test_the_pi_camera_gives_small_grey_and_whole_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    eye = Eye()
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=lambda: eye))
    lens = open_lens("pi")
    assert (lens.glimpse().shape, lens.frame().shape) == ((120, 160), (480, 640, 3))
    eye.dies = True
    with pytest.raises(LensLost, match="timed out"):
        lens.frame()
    lens.close()
    assert eye.calls == ["stop", "close"]


def test_a_pi_without_a_camera_may_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=lambda: Eye(opens=False)))
    with pytest.raises(LensLost, match="cannot be opened"):
        open_lens("pi")
