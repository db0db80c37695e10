"""From a visit to the ask's facts, and on to the one reply: with faces, without them, and while they load."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import Door
from ostiary.firmware.door.host import Host, Outside
from ostiary.firmware.pi import clock
from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.journal_file import JournalFile
from ostiary.firmware.pi.looking import MISSING, CannotLook, Looked, Unreadable
from ostiary.firmware.pi.sight import MOTION, TURN_EVERY_S, TURN_FRAMES, NotAsked, Seen, Sight
from ostiary.firmware.pi.visiting import attend
from ostiary.models import liveness
from ostiary.protocol import base64url, messages

PICTURE = b"\x89PNG"


def deaf(said: dict[str, Any]) -> None:
    """A visitor who does not listen."""


class Blind:
    """Stands where the looker stands on a node without the face extra."""

    def start(self) -> None: ...
    def close(self) -> None: ...

    def look(self, frames: Iterable[np.ndarray | bytes]) -> Looked:
        raise CannotLook(MISSING)


class Asleep(Blind):
    """A looker that must not be asked."""

    def look(self, frames: Iterable[np.ndarray | bytes]) -> Looked:
        raise AssertionError("nothing here needs a look")


def test_a_node_without_the_face_extra_still_takes_cards_and_passes() -> None:
    sight = Sight(Blind())
    sight.start()
    with_both = sight.see(Visit(deaf, "471", (PICTURE,)))
    assert (with_both.facts["credential"], with_both.facts["claim"]["value"]) == ("card", "471")
    with pytest.raises(NotAsked, match="Faces are not installed") as caught:
        sight.see(Visit(deaf, None, (PICTURE,)))
    assert "card" in caught.value.error["now"]


def test_a_claim_alone_needs_no_look_and_takes_its_pin_along() -> None:
    sight = Sight(Asleep())
    assert sight.see(Visit(deaf, "471")).facts == {
        "credential": "card", "claim": {"kind": "card", "value": "471"}, "faces": 0,
    }  # fmt: skip
    assert sight.see(Visit(deaf, token="OST1.a.b", pin="2468")).facts == {
        "credential": "pass", "claim": {"kind": "pass", "value": "OST1.a.b"}, "faces": 0, "pin": "2468",
    }  # fmt: skip


@pytest.mark.parametrize("card", ["9" * 65, "a\nb", "\x00"])
def test_a_card_that_no_reader_reads_is_not_asked_about(card: str) -> None:
    with pytest.raises(NotAsked, match="1 to 64"):
        Sight(Asleep()).see(Visit(deaf, card))


@pytest.mark.parametrize("token", ["x" * 401, "a\nb", "ä"])
def test_a_pass_that_no_camera_reads_is_not_asked_about(token: str) -> None:
    with pytest.raises(NotAsked, match="1 to 400"):
        Sight(Asleep()).see(Visit(deaf, token=token))


def test_a_card_and_a_pass_at_once_are_not_asked_about() -> None:
    with pytest.raises(NotAsked, match="at once"):
        Sight(Asleep()).see(Visit(deaf, "471", token="OST1.a.b"))


@pytest.mark.parametrize("card", [None, ""])
def test_nothing_is_not_asked_about(card: str | None) -> None:
    with pytest.raises(NotAsked, match="neither"):
        Sight(Asleep()).see(Visit(deaf, card))


class NoPack:
    """A node that holds no pack and gets none."""

    pass_key: bytes | None = None

    def started(self) -> list[tuple[Any, ...]]:
        return [("pack", None)]

    def take(self, message: dict[str, Any]) -> list[tuple[Any, ...]]:
        return []

    def forget(self) -> None:
        raise AssertionError("there is none")


class Bench:
    """A host with a real journal; what it says and shows is kept."""

    def __init__(self, directory: Path) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.shown: list[str] = []
        self.told: list[str] = []
        self.pulses: list[int] = []
        self.online = True
        self.saying: Callable[[str, dict[str, Any]], bool] = lambda purpose, message: self.online
        self.guarded = True
        file = JournalFile(directory / "journal")
        door = Door("front", 1, journal.recover(b""))
        self.pins_wanted: list[bool] = []
        wants = self.pins_wanted.append
        outside = Outside(self.say, self.pulse, self.show, self.told.append, wants, lambda: None, lambda: None)
        about = {"firmware": "a test", "roles": ["reader", "strike"], "virtual": True}
        self.host = Host(door, file, outside, NoPack(), about, bytes, clock.stopwatch, lambda line: None)
        self.host.line(True, 0)

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        self.shown.append(show["say"])

    def say(self, purpose: str, message: dict[str, Any]) -> bool:
        self.said.append((purpose, messages.encode(purpose, message)))
        return self.saying(purpose, message)

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
    attend(bench.host, Visit(replies.append), seen, 100)
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
    attend(bench.host, Visit(replies.append), seen, 100)
    bench.online = True
    bench.host.handle(("tick",), 3_100)
    assert [purpose for purpose, _ in bench.said].count("ask") == 1
    assert replies[0]["show"]["say"] == "busy"


def test_a_node_reports_what_it_follows_already(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    at_report: list[bool] = []

    def say(purpose: str, message: dict[str, Any]) -> bool:
        if purpose == "reported":
            at_report.append(bench.pins_wanted[-1:] == [True])
        return True

    bench.saying = say
    wanted = {"v": 1, "term": 1, "number": 1, "journal_upto": 0, "lockdown": False, "face": True, "offline": "deny"}
    bench.host.heard("desired", {**wanted, "pin": True}, 100)
    assert at_report == [True]


def test_a_guard_that_takes_no_order_is_a_strike_that_stays_off(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.guarded = False
    seen = Seen({"credential": "card", "claim": {"kind": "card", "value": "1"}, "faces": 0}, {}, 0, None, lambda: None)
    attend(bench.host, Visit(deaf), seen, 100)
    bench.host.handle(("answer", GRANT), 150)
    assert not bench.host.door.passage.strike.on
    bench.host.handle(("tick",), 5_000)
    kinds = [messages.decode("event", said)["kind"] for purpose, said in bench.said if purpose == "event"]
    assert list(dict.fromkeys(kinds)) == ["strike-on", "strike-off", "unused"]


class Looker(Blind):
    """Stands where the looker stands: takes frames as it does, and finds a face in none or in each of them."""

    def __init__(self, faces: int, token: str | None = None) -> None:
        self.faces, self.token, self.frames = faces, token, 0

    def look(self, frames: Iterable[np.ndarray | bytes]) -> Looked:
        for frame in frames:
            assert isinstance(frame, bytes) or frame.any(), "a frame is whole while it is looked at"
            self.frames += 1
            if not self.faces:
                break
        facts: dict[str, Any] = {"faces": self.faces, "liveness": {"level": "none"}}
        probe = None
        if self.faces:
            probe = {"model": "m", "runtime": "r", "scale": 0.1}
        else:
            facts["no_probe"] = "face-missing"
        return Looked(facts, probe, bytearray(b"\x05" * 192), self.faces, self.token, {"decode": 1.0})


def frames(count: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 100 + number, np.uint8) for number in range(count)]


@pytest.mark.parametrize(
    ("asked", "faces", "wanted", "turns"),
    [("none", 1, 5, 0), ("motion", 1, TURN_FRAMES, 1), ("motion", 0, 1, 0), ("sensor", 1, 5, 0)],
)
def test_a_door_that_asks_for_motion_asks_whom_it_sees_to_turn_and_looks_longer(
    asked: str, faces: int, wanted: int, turns: int
) -> None:
    looker, prompts, taken = Looker(faces), [], frames(20)

    def more(count: int, every_s: float) -> Iterable[np.ndarray]:
        assert every_s == (TURN_EVERY_S if asked == "motion" else 0.0)
        return iter(taken[1 : 1 + count])

    visit = Visit(deaf, pixels=taken[0], more=more)
    seen = Sight(looker).see(visit, asked, lambda: prompts.append(looker.frames))
    assert (looker.frames, seen.asked_to_turn) == (wanted, bool(turns))
    assert prompts == [1] * turns, "asked after the first frame, and once"
    assert not any(frame.any() for frame in taken[:wanted]), "no picture is kept, in memory either"


def test_the_turn_is_the_one_that_the_models_were_measured_with() -> None:
    assert (MOTION, TURN_FRAMES, TURN_EVERY_S) == (liveness.MOTION, liveness.TURN_FRAMES, liveness.TURN_EVERY_S)


@pytest.mark.parametrize(
    ("visit", "looker", "credential", "claim", "worth"),
    [
        (Visit(deaf, "471", unasked=True), Looker(1), "face", "card", True),
        (Visit(deaf, "471", unasked=True), Looker(0), "card", "card", True),
        (Visit(deaf, "471"), Looker(0), "face", "card", True),
        (Visit(deaf, unasked=True), Looker(0, "OST1.a.b"), "pass", "pass", True),
        (Visit(deaf, unasked=True), Looker(1, "OST1.a.b"), "face", "pass", True),
        (Visit(deaf, unasked=True), Looker(0), "face", None, False),
        (Visit(deaf, unasked=True), Looker(1), "face", None, True),
    ],
)
def test_what_the_camera_sees_goes_with_what_was_shown(
    visit: Visit, looker: Looker, credential: str, claim: str | None, worth: bool
) -> None:
    seen = Sight(looker).see(replace(visit, pixels=frames(1)[0], pin="2468" if claim == "card" else None))
    assert (seen.facts["credential"], seen.worth_asking) == (credential, worth)
    assert seen.facts.get("claim", {}).get("kind") == claim
    assert ("pin" in seen.facts) == (claim == "card")
    assert ("probe" in seen.facts) == (looker.faces > 0)
    ask = {"v": 1, "door": "d", "nonce": "A" * 22, "boot": 1, "seq": 1, "at": {"ms": 1, "clock": "set"}, **seen.facts}
    if "probe" in ask:
        ask["probe"] = {**ask["probe"], "model": "ab" * 32}
    messages.encode("ask", ask)
    seen.wipe()
    assert "probe" not in seen.facts or base64url.decode(seen.facts["probe"]["vector"]) == b"\x05" * 192


def test_a_picture_that_cannot_be_read_is_said_in_three_parts() -> None:
    class Squinting(Blind):
        def look(self, frames: Iterable[np.ndarray | bytes]) -> Looked:
            raise Unreadable("What.", "Why.", "Now.")

    with pytest.raises(NotAsked) as caught:
        Sight(Squinting()).see(Visit(deaf, None, (PICTURE,)))
    assert caught.value.error == {"what": "What.", "why": "Why.", "now": "Now."}
