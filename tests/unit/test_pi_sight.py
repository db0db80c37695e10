"""From a visit to the ask's facts, and on to the one reply: with faces, without them, and while they load."""

import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import Door
from ostiary.firmware.pi import camera_pi
from ostiary.firmware.pi.camera_pi import CameraMissing, PiCamera
from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.host import Host, Outside
from ostiary.firmware.pi.journal_file import JournalFile
from ostiary.firmware.pi.sight import NotAsked, Seen, Sight
from ostiary.models import liveness
from ostiary.models.pipeline import Look
from ostiary.protocol import messages

PICTURE = b"\x89PNG"


def deaf(said: dict[str, Any]) -> None:
    """A visitor who does not listen."""


def without_faces() -> Any:
    raise ImportError("No module named 'numpy'")


def test_a_node_without_the_face_extra_still_takes_cards() -> None:
    logged: list[str] = []
    sight = Sight(without_faces, logged.append)
    sight.start()
    with_both = sight.see(Visit(deaf, "471", (PICTURE,)))
    assert (with_both.facts["credential"], with_both.facts["claim"]["value"]) == ("card", "471")
    with pytest.raises(NotAsked, match="Faces are not installed") as caught:
        sight.see(Visit(deaf, None, (PICTURE,)))
    assert "card" in caught.value.error["now"]
    assert "pip install" in logged[0]


def test_a_card_is_seen_at_once_while_the_models_load() -> None:
    loading = threading.Event()

    def slowly() -> Any:
        loading.wait(60)
        return without_faces()

    sight = Sight(slowly, lambda line: None)
    sight.start()
    assert sight.see(Visit(deaf, "471")).facts["credential"] == "card"
    loading.set()


@pytest.mark.parametrize("card", ["9" * 65, "a\nb", "\x00"])
def test_a_card_that_no_reader_reads_is_not_asked_about(card: str) -> None:
    with pytest.raises(NotAsked, match="1 to 64"):
        Sight(without_faces, print).see(Visit(deaf, card))


@pytest.mark.parametrize("card", [None, ""])
def test_nothing_is_not_asked_about(card: str | None) -> None:
    with pytest.raises(NotAsked, match="neither"):
        Sight(without_faces, print).see(Visit(deaf, card))


class Bench:
    """A host with a real journal; what it says and shows is kept."""

    def __init__(self, directory: Path) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.shown: list[str] = []
        self.told: list[str] = []
        self.pulses: list[int] = []
        self.online = True
        self.guarded = True
        file = JournalFile(directory / "journal")
        door = Door("front", 1, journal.recover(b""))
        outside = Outside(self.say, self.pulse, self.told.append, lambda: None, lambda: None)
        about = {"firmware": "a test", "roles": ["reader", "strike"], "virtual": True}
        self.host = Host(door, file, self, outside, about, bytes, lambda line: None)
        self.host.line(True, 0)

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        self.shown.append(show["say"])

    def ask_to_turn(self) -> None:
        self.shown.append("turn")

    def say(self, purpose: str, message: dict[str, Any]) -> bool:
        self.said.append((purpose, messages.encode(purpose, message)))
        return self.online

    def pulse(self, pulse_ms: int) -> bool:
        self.pulses.append(pulse_ms)
        return self.guarded


GRANT = {
    "v": 1,
    "nonce": "A" * 22,
    "verdict": "grant",
    "pulse_ms": 5_000,
    "term": 1,
    "receipt": {"code": "0" * 16, "leaf": "A" * 43, "salt": "A" * 22},
    "show": {"say": "yes", "learn": ""},
}


def test_the_probe_is_wiped_once_the_ask_is_out_and_the_reply_comes_once(tmp_path: Path) -> None:
    bench, replies = Bench(tmp_path), []
    probe = bytearray(b"\x05" * 192)
    facts = {"credential": "face", "faces": 0, "no_probe": "face-missing"}
    seen = Seen(facts, {"decode": 1.0}, 0, "face-missing", lambda: probe.__setitem__(slice(None), bytes(192)))
    bench.host.visit(Visit(replies.append), seen, 100)
    assert [purpose for purpose, _ in bench.said] == ["reported", "status", "ask"]
    assert (bytes(probe), facts) == (bytes(192), {})
    bench.host.handle(("answer", GRANT), 150)
    bench.host.handle(("answer", GRANT), 160)
    (told,) = replies
    assert (told["show"]["say"], told["receipt"], told["no_probe"]) == ("yes", "0" * 16, "face-missing")
    assert (bench.pulses, bench.shown) == ([5_000], ["yes"])


def test_without_a_line_an_ask_is_not_kept_for_later(tmp_path: Path) -> None:
    bench, replies = Bench(tmp_path), []
    bench.online = False
    seen = Seen({"credential": "card", "claim": {"kind": "card", "value": "1"}, "faces": 0}, {}, 0, None, lambda: None)
    bench.host.visit(Visit(replies.append), seen, 100)
    bench.online = True
    bench.host.handle(("tick",), 3_100)
    assert [purpose for purpose, _ in bench.said].count("ask") == 1
    assert replies[0]["show"]["say"] == "busy"


def test_a_guard_that_takes_no_order_is_a_strike_that_stays_off(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.guarded = False
    seen = Seen({"credential": "card", "claim": {"kind": "card", "value": "1"}, "faces": 0}, {}, 0, None, lambda: None)
    bench.host.visit(Visit(deaf), seen, 100)
    bench.host.handle(("answer", GRANT), 150)
    assert not bench.host.door.passage.strike.on
    bench.host.handle(("tick",), 5_000)
    kinds = [messages.decode("event", said)["kind"] for purpose, said in bench.said if purpose == "event"]
    assert list(dict.fromkeys(kinds)) == ["strike-on", "strike-off", "unused"]


def test_a_missing_camera_library_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)  # what the import system takes for: there is none
    with pytest.raises(CameraMissing, match="apt install python3-picamera2"):
        PiCamera()


class Eye:
    """Stands where picamera2's camera stands; each frame is one colour, and is kept to see that it is overwritten."""

    def __init__(self) -> None:
        self.taken: list[np.ndarray] = []

    def create_video_configuration(self, **_: Any) -> None: ...
    def configure(self, _: Any) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...

    def capture_array(self, _: str) -> np.ndarray:
        self.taken.append(np.full((48, 64, 3), 100 + len(self.taken), np.uint8))
        return self.taken[-1]


@pytest.fixture
def eye(monkeypatch: pytest.MonkeyPatch) -> Eye:
    eye = Eye()
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=lambda: eye))
    monkeypatch.setattr(camera_pi, "PAUSE_S", 0.0)
    monkeypatch.setattr(liveness, "TURN_EVERY_S", 0.0)
    return eye


class Looker:
    """Stands where the pipeline stands: takes frames as it does, and finds a face in none or in each of them."""

    def __init__(self, faces: int) -> None:
        self.faces, self.frames = faces, 0

    def watch(self, frames: Iterable[np.ndarray]) -> Look:
        for frame in frames:
            assert frame.any(), "a frame is whole while it is looked at"
            self.frames += 1
            if not self.faces:
                break
        return Look((), None, "face-missing", {})


@pytest.mark.parametrize(
    ("asked", "faces", "frames", "turns"),
    [("none", 1, 5, 0), ("motion", 1, liveness.TURN_FRAMES, 1), ("motion", 0, 1, 0), ("sensor", 1, 5, 0)],
)
def test_a_door_that_asks_for_motion_asks_whom_it_sees_to_turn_and_looks_longer(
    eye: Eye, asked: str, faces: int, frames: int, turns: int
) -> None:
    looker, prompts = Looker(faces), []
    sight = Sight(lambda: looker, lambda line: None)  # pyright: ignore[reportArgumentType]
    sight.start()
    camera = PiCamera()
    visit = next(camera.visits())
    seen = sight.see(visit, asked, lambda: prompts.append(looker.frames))
    camera.close()
    assert (looker.frames, len(eye.taken), seen.asked_to_turn) == (frames, frames, bool(turns))
    assert prompts == [1] * turns, "asked after the first frame, and once"
    assert not any(frame.any() for frame in eye.taken), "no picture is kept, in memory either"


def test_a_camera_that_closes_ends_the_turn(eye: Eye) -> None:
    looker = Looker(1)
    sight = Sight(lambda: looker, lambda line: None)  # pyright: ignore[reportArgumentType]
    sight.start()
    camera = PiCamera()
    sight.see(next(camera.visits()), "motion", camera.close)
    assert looker.frames == 1
