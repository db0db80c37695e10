"""The node's process on a real broker and a real board: what it asks, what moves, and what it survives."""

import json
import os
import queue
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.samples import portrait
from ostiary.firmware.door.wiegand import encode
from ostiary.firmware.pi import identity
from ostiary.firmware.pi.link import Link
from ostiary.protocol import base64url

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from board_at_hand import PATIENCE_S, python, start_board
from broker_site import broker_site, topic
from played_keeper import NODE, NodeAtDoor, PlayedKeeper, at_hand, node_at_door
from visitor import Visitor, kinds

pytestmark = pytest.mark.system
ON_A_PI = pytest.mark.parametrize("node", ["pi"], indirect=True)


@pytest.fixture(params=["pi", "esp32"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NodeAtDoor]:
    with node_at_door(tmp_path / "data", at_hand(request.param)) as running:
        yield running


def test_a_card_is_asked_about_granted_walked_through_and_closed(node: NodeAtDoor) -> None:
    visitor = Visitor(node, {"walk": True})
    ask = node.keeper.next("ask")
    assert (ask["door"], ask["boot"], ask["seq"], ask["at"]["clock"]) == ("front", 1, 1, "set")
    assert (ask["credential"], ask["claim"], "probe" in ask) == ("card", {"kind": "card", "value": "4711000815"}, False)
    answer = node.keeper.answer(ask)
    node.keeper.say("answer", answer)
    told = visitor.told
    assert (told["show"]["say"], told["show"]["learn"]) == ("yes", "https://door.example")
    assert (told["receipt"], told["show"]["receipt"]) == (answer["receipt"]["code"], answer["receipt"])
    assert (told["outcome"], told["faces"], told["no_probe"], told["nonce"]) == (None, 0, None, ask["nonce"])
    assert told["ms"]["total"] >= told["ms"]["ask_to_answer"] > 0
    assert told["ms"]["detect"] is None
    events = node.keeper.events("strike-off")
    assert kinds(events) == ["boot", "strike-on", "opened", "acted", "closed", "strike-off"]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert {event.get("receipt") for event in events} == {None, answer["receipt"]["code"]}
    assert [edge["level"] for edge in node.board.edges(4)] == [True, False]


def test_a_denial_is_shown_and_moves_nothing(node: NodeAtDoor) -> None:
    visitor = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask"), "deny"))
    assert (visitor.told["show"]["say"], visitor.told["outcome"]) == ("no", "acted")
    assert kinds(node.keeper.events("acted")) == ["boot", "denied", "acted"]
    assert node.board.pins()["display"]["say"] == "no"
    assert node.board.edges(0) == []


def test_without_an_answer_the_door_says_busy_and_refuses_a_late_one(node: NodeAtDoor) -> None:
    visitor = Visitor(node)
    ask = node.keeper.next("ask")
    assert (visitor.told["show"]["say"], visitor.told["receipt"]) == ("busy", None)
    node.keeper.say("answer", node.keeper.answer(ask))
    refused = node.keeper.events("refused")[-1]
    assert "late" in refused["detail"]
    assert node.board.edges(0) == []


def test_no_answer_but_the_one_to_its_ask_moves_the_strike(node: NodeAtDoor) -> None:
    keeper = node.keeper
    visitor = Visitor(node)
    ask = keeper.next("ask")
    good = keeper.answer(ask)
    keeper.say("answer", {**keeper.answer(ask), "nonce": "A" * 22})
    keeper.raw("answer", b"no seal at all")
    keeper.raw("answer", b"x" * 11_300)
    event_key_for_answer = keeper.keys["answer"], keeper.keys["event"]
    keeper.keys["answer"] = event_key_for_answer[1]
    keeper.say("answer", keeper.answer(ask))
    keeper.keys["answer"] = event_key_for_answer[0]
    keeper.say("answer", good)
    assert visitor.told["receipt"] == good["receipt"]["code"]
    keeper.say("answer", good)
    keeper.events("strike-off")
    keeper.say("answer", good)
    second = Visitor(node)
    keeper.say("answer", keeper.answer(keeper.next("ask"), "deny"))
    assert second.told["show"]["say"] == "no"
    assert [edge["level"] for edge in node.board.edges(2)] == [True, False]


def test_an_answer_that_was_left_lying_opens_nothing(node: NodeAtDoor) -> None:
    first = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask")), retain=True)
    assert first.told["show"]["say"] == "yes"
    node.keeper.events("strike-off")
    before = node.board.pins()["strike"], len(node.board.edges(2))
    assert node.stop() == 0
    node.start()
    second = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask"), "deny"))
    assert second.told["show"]["say"] == "no"
    assert (node.board.pins()["strike"], len(node.board.edges(2))) == before


def test_its_state_is_retained_and_the_broker_tells_of_its_loss(node: NodeAtDoor) -> None:
    online = node.keeper.state("online")
    assert (online["boot"], online["roles"], online["virtual"]) == (1, ["reader", "strike"], True)
    assert node.stop() == 0
    node.keeper.state("stopped")
    node.start()
    assert node.keeper.state("online")["boot"] == 2
    node.kill()
    assert node.keeper.state("lost")["boot"] == 2
    late = node.site.keeper()
    late.subscribe(topic("+", "status"))
    assert late.next().retained


def test_a_node_killed_during_a_pulse_drops_the_strike_and_closes_the_decision_later(node: NodeAtDoor) -> None:
    visitor = Visitor(node)
    answer = node.keeper.answer(node.keeper.next("ask"), pulse_ms=30_000)
    node.keeper.say("answer", answer)
    assert visitor.told["show"]["say"] == "yes"
    node.board.edges(1)
    node.kill()
    if node.kind == "esp32":
        node.start()  # a chip has no guard that outlives it: its pin falls with its power, a pretended one at its start
    assert [edge["level"] for edge in node.board.edges(2)] == [True, False]
    if node.kind == "pi":
        node.start()
    events = node.keeper.events("unused")
    assert kinds(events) == ["boot", "strike-on", "boot", "unused"]
    assert events[-1]["receipt"] == answer["receipt"]["code"]
    assert [event["boot"] for event in events] == [1, 1, 2, 2]


@ON_A_PI  # a chip has no guard: a timer of its own drops the strike, and nobody can kill that alone
def test_a_guard_killed_during_a_pulse_is_started_again_and_drops_the_strike(node: NodeAtDoor) -> None:
    visitor = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask"), pulse_ms=30_000))
    assert visitor.told["show"]["say"] == "yes"
    node.board.edges(1)
    os.kill(node.guard_pid(), signal.SIGKILL)
    assert [edge["level"] for edge in node.board.edges(2)] == [True, False]
    node.keeper.events("strike-off")
    again = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask")))
    assert again.told["show"]["say"] == "yes"
    assert [edge["level"] for edge in node.board.edges(4)] == [True, False, True, False]


def test_events_come_again_until_they_are_acknowledged_and_never_after(node: NodeAtDoor) -> None:
    assert [node.keeper.next("event") for _ in range(2)] == [node.keeper.next("event")] * 2
    node.keeper.has(1)
    node.board.ask({"do": "press", "what": "rex"})
    assert node.keeper.events("exit")[-1]["seq"] == 2
    node.keeper.has(2)
    # Retained, so a node that was away hears it; what is acknowledged is gone for good then.
    assert node.stop() == 0
    node.keeper.state("stopped")
    assert {event["boot"] for event in node.keeper.left("event")} <= {1}, "said again before it heard that we have it"
    node.start()
    events = node.keeper.events("boot")
    assert (events[-1]["seq"], events[-1]["boot"]) == (3, 2)


def test_a_forced_opening_and_leaving_are_told(node: NodeAtDoor) -> None:
    for do in ({"do": "open"}, {"do": "close"}, {"do": "press", "what": "rex"}, {"do": "open"}):
        node.board.ask(do)
    assert kinds(node.keeper.events("opened")) == ["boot", "forced", "closed", "exit", "opened"]


def test_a_broker_that_comes_back_finds_the_node_by_itself(node: NodeAtDoor) -> None:
    node.keeper.events("boot")
    node.site.kill()
    # Nobody hears it; the door says busy, and leaving is still noticed.
    lost = Visitor(node)
    assert lost.told["show"]["say"] == "busy"
    node.board.ask({"do": "press", "what": "rex"})
    node.site.start()
    node.keeper.listen()
    told = kinds(node.keeper.events("line-back"))
    # Whether the visitor or the loss of the line was noticed first is the network's affair.
    assert (told[0], sorted(told[1:])) == ("boot", ["denied", "exit", "line-back", "line-lost"])
    visitor = Visitor(node)
    ask = node.keeper.next("ask")
    if ask["nonce"] == lost.told["nonce"]:
        # Handed to the line before its loss was noticed, so it goes out again (QoS 1); its patience is long over.
        ask = node.keeper.next("ask")
    node.keeper.say("answer", node.keeper.answer(ask))
    assert visitor.told["show"]["say"] == "yes"
    assert node.process.poll() is None


def test_a_board_that_comes_back_finds_the_node_by_itself(node: NodeAtDoor) -> None:
    node.board.process.kill()
    node.board.process.wait()
    node.board.process = start_board(node.board.socket)
    while not all(node.board.pins()["attached"].values()):
        pass
    visitor = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask")))
    assert visitor.told["show"]["say"] == "yes"
    node.board.edges(2)


def test_a_full_disk_locks_the_door_until_it_can_be_written_again(node: NodeAtDoor) -> None:
    visitor = Visitor(node)
    ask = node.keeper.next("ask")
    mind = node.mind_pid()
    soft, hard = resource.prlimit(mind, resource.RLIMIT_FSIZE)
    resource.prlimit(mind, resource.RLIMIT_FSIZE, (0, hard))
    answer = node.keeper.answer(ask)
    node.keeper.say("answer", answer)
    assert visitor.told["show"]["say"] == "busy"
    assert Visitor(node).told["nonce"] is None, "a locked door asks nothing"
    resource.prlimit(mind, resource.RLIMIT_FSIZE, (soft, hard))
    refused = node.keeper.events("refused")[-1]
    assert (refused["receipt"], refused["seq"]) == (answer["receipt"]["code"], 2)
    assert node.board.edges(0) == []
    again = Visitor(node)
    node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask")))
    assert again.told["show"]["say"] == "yes"


@ON_A_PI  # no virtual chip has a camera
def test_a_portrait_becomes_a_probe_and_a_broken_picture_becomes_an_error(node: NodeAtDoor) -> None:
    picture = portrait("member-1").read_bytes()
    for broken in (b"", b"GIF89a", picture[:2_000], b"\0" * 5_000):
        error = Visitor(node, {"card": None}, broken).told["error"]
        assert set(error) == {"what", "why", "now"}
    visitor = Visitor(node, picture=picture)
    ask = node.keeper.next("ask")
    assert (ask["seq"], ask["credential"], ask["faces"]) == (1, "face", 1)
    assert len(ask["probe"]["vector"]) == 256
    assert ask["claim"]["value"] == "4711000815"
    node.keeper.say("answer", node.keeper.answer(ask, "deny"))
    told = visitor.told
    assert told["faces"] == 1
    assert all(told["ms"][stage] > 0 for stage in ("decode", "detect", "align", "embed", "ask_to_answer", "total"))
    landscape = Visitor(node, {"card": None}, portrait("no-face").read_bytes())
    ask = node.keeper.next("ask")
    assert (ask["no_probe"], ask["faces"], "probe" in ask) == ("face-missing", 0, False)
    node.keeper.say("answer", node.keeper.answer(ask, "deny"))
    assert landscape.told["no_probe"] == "face-missing"


def test_nothing_presented_is_told_and_not_asked(node: NodeAtDoor) -> None:
    assert "neither" in Visitor(node, {"card": None}).told["error"]["why"]
    assert "64" in Visitor(node, {"card": "9" * 65}).told["error"]["why"]


def test_a_node_that_cannot_run_says_why(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        node = python("ostiary.firmware.pi", *arguments, stderr=subprocess.PIPE)
        _, told = node.communicate(timeout=PATIENCE_S)
        assert node.returncode == 1
        assert b"Traceback" not in told
        return told.decode()

    with broker_site(tmp_path / "data", NODE) as site:
        directory = site.places.node(NODE)
        assert "Add --doorstep" in said("--node", str(directory))
        assert "Claim the node again" in said("--node", str(tmp_path / "nowhere"))
        for change, words in (
            ({"virtual": False}, "Its board is virtual"),
            ({"virtual": False, "profile": "pi-4"}, "takes no virtual doorstep"),
            ({"door": 7}, "door is 7"),
        ):
            copy = tmp_path / "copy"
            shutil.copytree(directory, copy)
            description = copy / "node.json"
            description.write_text(json.dumps(json.loads(description.read_text()) | change))
            assert words in said("--node", str(copy), "--doorstep", str(tmp_path / "none.sock"))
            shutil.rmtree(copy)
        (directory / "node.key").write_text("no key")
        assert "certificate cannot be used" in said("--node", str(directory), "--doorstep", str(tmp_path / "none.sock"))


def test_a_second_grant_during_a_pulse_has_a_pulse_of_its_own(node: NodeAtDoor) -> None:
    answers = []
    for pulse_ms in (30_000, 1_000):
        visitor = Visitor(node)
        answers.append(node.keeper.answer(node.keeper.next("ask"), pulse_ms=pulse_ms))
        node.keeper.say("answer", answers[-1])
        assert visitor.told["show"]["say"] == "yes"
    first, second = (answer["receipt"]["code"] for answer in answers)
    assert [edge["level"] for edge in node.board.edges(4)] == [True, False, True, False]
    told: dict[tuple[str, str | None], int] = {}
    while ("unused", second) not in told:
        event = node.keeper.next("event")
        told[event["kind"], event.get("receipt")] = event["at"]["ms"]
    assert ("unused", first) in told
    assert told["strike-off", first] == told["strike-on", second]
    # What the guard says of the first pulse ends only the first.
    assert told["strike-off", second] - told["strike-on", second] >= 990


def test_the_line_sends_at_once_and_takes_no_answer_that_lay_at_the_broker(tmp_path: Path) -> None:
    with broker_site(tmp_path / "data", NODE) as site:
        who = identity.read(site.places.node(NODE))
        keeper = PlayedKeeper(site)
        answer = keeper.answer({"nonce": "A" * 22}, "deny")
        keeper.say("answer", answer, retain=True)
        keeper.has(7)
        online = threading.Event()
        heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        status = {"v": 1, "state": "online", "boot": 1, "firmware": "test", "roles": ["reader"], "virtual": True}
        status |= {"nonce": base64url.encode(bytes(16)), "clock": "set", "safe_mode": False}
        link = Link(
            who, status, lambda *came: heard.put(came), lambda up: online.set() if up else None, print, os.urandom
        )
        assert not link.say("status", status)
        link.start()
        try:
            assert online.wait(PATIENCE_S)
            opened = link._client.socket()
            assert opened is not None
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            keeper.say("answer", {**answer, "term": 2})
            came = [heard.get(timeout=PATIENCE_S) for _ in range(2)]
        finally:
            link.stop()
        assert sorted(came, key=lambda one: one[0]) == [
            ("answer", {**answer, "term": 2}),
            ("desired", keeper.desired(7)),
        ]
        assert not link.online


@ON_A_PI  # a chip reads them by interrupt: test_esp32_chip.py
def test_keys_and_pulses_at_the_reader_are_one_attempt(node: NodeAtDoor) -> None:
    node.board.ask({"do": "keys", "keys": "2468#"})
    bits = "".join(map(str, encode("26-123-4567")))
    node.board.ask({"do": "wiegand", "bits": bits[:-1] + "x", "apart_us": 2_000})
    node.board.ask({"do": "wiegand", "bits": bits[:-1], "apart_us": 2_000})
    node.board.ask({"do": "wiegand", "bits": bits, "apart_us": 2_000})
    ask = node.keeper.next("ask")
    assert (ask["credential"], ask["claim"]) == ("card", {"kind": "card", "value": "26-123-4567"})
    assert ask["pin"] == "2468"
