"""The process that looks, with the real models: what it sees, and that its death is nobody else's."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import segno
from PIL import Image

from ostiary.controller import samples
from ostiary.firmware.pi import looking
from ostiary.firmware.pi.looking import CannotLook, Looking, Unreadable
from ostiary.models.catalog import embedders

pytestmark = pytest.mark.system
PORTRAITS = Path(samples.__file__).parent / "portraits"
PASS = "OST1." + "A" * 200 + "." + "B" * 86
PATIENCE_S = 60


class Heard:
    """What a Looking logs, with an event for each line that somebody waits for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._waited: list[tuple[str, threading.Event]] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        for part, event in self._waited:
            if part in line:
                event.set()

    def wait(self, part: str) -> threading.Event:
        self._waited.append((part, event := threading.Event()))
        return event


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def looker(heard: Heard) -> Iterator[Looking]:
    made = Looking(heard)
    made.start()
    yield made
    made.close()


def portrait(name: str = "member-1.jpg") -> np.ndarray:
    return np.array(Image.open(PORTRAITS / name).convert("RGB"))


def qr_frame(text: str) -> np.ndarray:
    """A frame as a camera gives it: the code somewhere in a grey room, with noise."""
    code = np.array([[0 if dark else 255 for dark in row] for row in segno.make(text, error="m").matrix_iter(4, 4)])
    frame = np.full((480, 640), 120)
    code = code[:440, :440]
    frame[20 : 20 + code.shape[0], 60 : 60 + code.shape[1]] = code
    frame = frame + np.random.default_rng(7).normal(0, 6, frame.shape)
    return np.clip(frame, 0, 255).astype(np.uint8)[:, :, None].repeat(3, 2)


def test_a_face_becomes_a_probe_and_its_picture_nothing(looker: Looking) -> None:
    pixels = portrait()
    looked = looker.look([pixels, pixels.copy()])
    (model,) = embedders()
    assert looked.probe is not None
    assert (looked.probe["model"], looked.faces, looked.token) == (model.sha256, 1, None)
    assert len(looked.vector) == model.dimensions
    assert {"decode", "detect", "embed"} <= set(looked.ms)
    as_file = looker.look([(PORTRAITS / "member-1.jpg").read_bytes()])
    one, other = (np.frombuffer(bytes(seen.vector), np.int8).astype(float) for seen in (looked, as_file))
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.98
    looked.wipe()
    assert not any(looked.vector)


def test_no_face_is_a_reason_and_no_probe(looker: Looking) -> None:
    looked = looker.look([(PORTRAITS / "no-face.jpg").read_bytes()])
    assert (looked.probe, looked.facts["no_probe"], bytes(looked.vector)) == (None, "face-missing", b"")


def test_bytes_that_are_no_picture_are_said_in_three_parts(looker: Looking) -> None:
    with pytest.raises(Unreadable) as caught:
        looker.look([b"\x89PNG and no more"])
    assert all(caught.value.parts)
    assert looker.look([portrait()]).faces == 1, "and the next look is as good as any"


def test_a_pass_held_before_the_camera_is_read(looker: Looking) -> None:
    looked = looker.look([qr_frame(PASS)])
    assert (looked.token, looked.facts["no_probe"]) == (PASS, "face-missing")
    assert looker.look([qr_frame("https://example.org/OST1.")]).token is None
    assert looker.look([qr_frame("OST1." + "A" * 400)]).token is None, "longer than any pass"


def test_a_looker_that_is_killed_is_started_again_and_the_node_goes_on(looker: Looking, heard: Heard) -> None:
    assert looker.look([portrait()]).faces == 1
    before = looker.pid
    assert before is not None
    restarting = heard.wait("the looker ended")

    def killed_in_the_middle() -> Iterator[np.ndarray]:
        yield portrait()
        os.kill(before, signal.SIGKILL)
        yield portrait()

    with pytest.raises(CannotLook, match="started again"):
        looker.look(killed_in_the_middle())
    assert restarting.wait(PATIENCE_S)
    again = _look_again(looker)
    assert again.faces == 1
    assert looker.pid not in (None, before)


def test_a_looker_that_hangs_is_ended(looker: Looking, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    _look_again(looker)
    stopped = looker.pid
    assert stopped is not None
    monkeypatch.setattr(looking, "LOOK_S", 0.2)
    restarting = heard.wait("the looker ended")
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(CannotLook):
        looker.look([portrait()])
    assert restarting.wait(PATIENCE_S)
    monkeypatch.undo()
    assert _look_again(looker).faces == 1


def _look_again(looker: Looking) -> looking.Looked:
    """A look as soon as there is a looker again; each try waits for it by itself."""
    for _ in range(20):
        try:
            return looker.look([portrait()])
        except CannotLook:
            continue
    raise AssertionError("the looker never came back")


def test_where_faces_are_not_installed_that_is_said_and_nothing_is_tried_again(tmp_path: Path) -> None:
    heard = Heard()
    (tmp_path / "unable.py").write_text(
        "import socket, sys\n"
        "from ostiary.firmware.pi import look_line\n"
        "line = socket.socket(fileno=int(sys.argv[2]))\n"
        "look_line.send(line, {'unable': 'missing', 'why': 'No module named numpy'})\n"
    )
    os.environ["PYTHONPATH"] = str(tmp_path)
    try:
        unable = Looking(heard, "unable")
        unable.start()
        with pytest.raises(CannotLook, match="not installed"):
            unable.look([portrait()])
        unable.close()
    finally:
        del os.environ["PYTHONPATH"]
    assert ["pip install" in line for line in heard.lines] == [True]
