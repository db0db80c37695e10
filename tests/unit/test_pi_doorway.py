"""Visits at a Pi's door: the camera's and the reader's, and a camera that is dark, dead, hung or never was."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from ostiary.firmware.pi import doorway
from ostiary.firmware.pi.doorway import Doorway
from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.lens import LensLost, NoLens, open_lens
from ostiary.firmware.pi.presence import FIRST, Presence

PATIENCE_S = 20
CARD = {"credential": "card", "claim": {"kind": "card", "value": "471"}, "faces": 0, "pin": "2468"}


class Scene:
    """A camera before a wall, with somebody before it or not; each frame is a new one."""

    def __init__(self) -> None:
        self.there = False
        self.light = 0
        self.fails = False
        self.hangs = threading.Event()
        self.hangs.set()
        self.glimpses = 0
        self.closed = 0
        self._dice = np.random.default_rng(3)

    def _picture(self) -> np.ndarray:
        self.hangs.wait()
        if self.fails:
            raise LensLost("unplugged")
        picture = np.full((120, 160), 90 + self.light, np.int16) + self._dice.integers(-4, 5, (120, 160))
        if self.there:
            picture[30:90, 50:100] += 60
        return np.clip(picture, 0, 255).astype(np.uint8)

    def glimpse(self) -> np.ndarray:
        self.glimpses += 1
        return self._picture()

    def frame(self) -> np.ndarray:
        return self._picture()[:, :, None].repeat(3, 2)

    def close(self) -> None:
        self.closed += 1


def settled(scene: Scene) -> Presence:
    presence = Presence()
    for _ in range(FIRST):
        assert presence.look(scene.glimpse()), "at the start somebody may stand there"
    return presence


def test_an_empty_doorway_is_empty_all_day() -> None:
    presence, scene = settled(scene := Scene()), scene
    assert not any(presence.look(scene.glimpse()) for _ in range(300))


def test_whoever_comes_is_noticed_at_once_and_whoever_goes_is_gone() -> None:
    scene = Scene()
    presence = settled(scene)
    presence.look(scene.glimpse())
    scene.there = True
    assert all(presence.look(scene.glimpse()) for _ in range(100))
    scene.there = False
    for _ in range(200):
        gone = presence.look(scene.glimpse())
    assert not gone


@pytest.mark.parametrize("light", [-60, 25, 100])
def test_a_lamp_is_nobody(light: int) -> None:
    scene = Scene()
    presence = settled(scene)
    presence.look(scene.glimpse())
    scene.light = light
    assert not any(presence.look(scene.glimpse()) for _ in range(50))


def test_a_chair_is_learnt() -> None:
    scene = Scene()
    presence = settled(scene)
    scene.there = True
    assert presence.look(scene.glimpse())
    assert not [presence.look(scene.glimpse()) for _ in range(600)][-1]


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GLIMPSE_S", "LOOK_S", "REST_S", "RETRY_S"):
        monkeypatch.setattr(doorway, name, 0.001)
    monkeypatch.setattr(doorway, "BUSY_LENS_S", 0.1)


class Standing:
    """A doorway in use: visits are taken one after the other, as the node does."""

    def __init__(self, open_scene: Callable[[], Any] | None) -> None:
        self.logged: list[str] = []
        self.heard = threading.Condition()
        self.doorway = Doorway(open_scene, self._log)
        self.visits = self.doorway.visits()
        self.doorway.start()

    def _log(self, line: str) -> None:
        with self.heard:
            self.logged.append(line)
            self.heard.notify_all()

    def wait(self, part: str) -> None:
        with self.heard:
            assert self.heard.wait_for(lambda: any(part in line for line in self.logged), PATIENCE_S)


@pytest.fixture
def standing(fast: None) -> Iterator[Callable[[Callable[[], Any] | None], Standing]]:
    made: list[Standing] = []

    def make(open_scene: Callable[[], Any] | None) -> Standing:
        made.append(Standing(open_scene))
        return made[-1]

    yield make
    for one in made:
        one.doorway.close()


def test_the_camera_brings_a_visit_with_more_frames_behind_it(standing: Callable[..., Standing]) -> None:
    scene = Scene()
    visit = next(standing(lambda: scene).visits)
    assert (visit.unasked, visit.card) == (True, None)
    assert visit.pixels is not None and visit.pixels.shape == (120, 160, 3)
    assert len(list(visit.more(3, 0.0))) == 3


def test_a_card_comes_with_a_frame_and_its_pin(standing: Callable[..., Standing]) -> None:
    scene = Scene()
    at = standing(lambda: scene)
    at.wait("the camera is open")
    at.doorway.attempt(CARD)
    visit = _the_card(at)
    assert (visit.pin, visit.unasked) == ("2468", True)
    assert visit.pixels is not None


def test_without_a_camera_cards_and_passes_come_alone(standing: Callable[..., Standing]) -> None:
    at = standing(None)
    at.doorway.attempt(CARD)
    at.doorway.attempt({"credential": "pass", "claim": {"kind": "pass", "value": "OST1.a.b"}, "faces": 0})
    first, second = next(at.visits), next(at.visits)
    assert (first.card, first.pixels, second.token, second.card) == ("471", None, "OST1.a.b", None)


@pytest.mark.parametrize("mistake", [NoLens, ImportError])
def test_a_camera_that_never_can_be_is_said_once_and_cards_go_on(
    standing: Callable[..., Standing], mistake: type[Exception]
) -> None:
    def never() -> Any:
        raise mistake("There is no camera library. Install it.")

    at = standing(never)
    at.wait("Install it. The door goes on with cards.")
    at.doorway.attempt(CARD)
    assert next(at.visits).card == "471"


def test_a_dead_camera_is_tried_again_and_cards_go_on(standing: Callable[..., Standing]) -> None:
    scenes = [Scene(), Scene()]
    opened: list[Scene] = []

    def open_next() -> Scene:
        if len(opened) == 1 and not opened[0].there:
            opened[0].there = True  # once more not
            raise LensLost("still unplugged")
        opened.append(scenes[len(opened)])
        return opened[-1]

    at = standing(open_next)
    assert next(at.visits).pixels is not None
    scenes[0].fails = True
    at.doorway.attempt(CARD)
    assert _the_card(at).card == "471"
    at.wait("the camera is lost (unplugged)")
    while len(opened) < 2:
        assert next(at.visits).pixels is not None
    assert scenes[0].closed == 1
    assert sum("lost" in line for line in at.logged) == 1, "told once, on change"


def test_a_camera_that_dies_between_a_glimpse_and_its_frame_looks_again(standing: Callable[..., Standing]) -> None:
    class Torn(Scene):
        def frame(self) -> np.ndarray:
            raise LensLost("unplugged at this moment")

    scenes = iter([Torn(), Scene()])
    at = standing(lambda: next(scenes))
    brought = queue.SimpleQueue[Visit]()
    threading.Thread(target=lambda: brought.put(next(at.visits)), daemon=True).start()
    assert brought.get(timeout=PATIENCE_S).pixels is not None, "nobody but the camera came"


def test_a_hung_camera_keeps_no_card_waiting(standing: Callable[..., Standing]) -> None:
    scene = Scene()
    at = standing(lambda: scene)
    at.wait("the camera is open")
    scene.hangs.clear()
    at.doorway.attempt(CARD)
    assert _the_card(at).card == "471"
    at.doorway.close()
    scene.hangs.set()


def _the_card(at: Standing) -> Visit:
    """The visit of the card; the camera may have brought others before it."""
    return next(visit for visit in at.visits if visit.card)


@pytest.mark.parametrize("named", ["", "pi:0", "v4l2:", "files:", "film"])
def test_an_unknown_camera_is_named_with_the_known_ones(named: str) -> None:
    with pytest.raises(NoLens, match=r"names no camera\. Use pi, v4l2"):
        open_lens(named)
