"""The node's process and what it is ordered: releases, commands, what is desired, two nodes at one door, bad starts."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.samples import portrait
from ostiary.firmware.door.wiegand import encode

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from board_at_hand import PATIENCE_S, board_at_hand, line_of
from broker_site import broker_site
from played_keeper import NODE, NodeAtDoor, PlayedKeeper, at_hand, node_at_door, two_nodes_at_door
from visitor import Visitor, kinds

pytestmark = pytest.mark.system


@pytest.fixture(params=["pi", "esp32"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NodeAtDoor]:
    with node_at_door(tmp_path / "data", at_hand(request.param)) as running:
        yield running


def reported(keeper: PlayedKeeper, **wanted: Any) -> dict[str, Any]:
    """Wait until the node reports this."""
    while True:
        said = keeper.next("reported")
        if all(said.get(name) == value for name, value in wanted.items()):
            return said


def led(node: NodeAtDoor, pattern: str) -> None:
    """Wait until the lamp tells this."""
    until = time.monotonic() + PATIENCE_S
    while (shown := node.board.pins()["led"]) != pattern:
        assert time.monotonic() < until, f"the lamp tells {shown}"


def test_a_release_moves_the_strike_and_what_is_not_fresh_does_not(node: NodeAtDoor) -> None:
    keeper = node.keeper
    good = keeper.order("release")
    keeper.say("release", good)
    assert kinds(keeper.events("unused"))[1:] == ["strike-on", "strike-off", "unused"]
    keeper.say("release", good)
    stale = keeper.ordered("release")
    node.kill()
    keeper.state("lost")
    node.start()
    keeper.state("online")
    keeper.say("release", stale)
    assert "it is for boot 1" in keeper.events("refused")[-1]["detail"]
    keeper.order("release", nonce="A" * 22)
    assert "none of the last" in keeper.events("refused")[-1]["detail"]
    # The broker tells a retained message to whoever is there like any other; who comes later takes none.
    lying = keeper.ordered("release", number=1_000)
    node.kill()
    keeper.say("release", lying, retain=True)
    node.start()
    keeper.state("online")
    last = keeper.order("command", do="release-once")
    assert keeper.events("released-once")[-1]["receipt"] == last["receipt"]
    assert [edge["level"] for edge in node.board.edges(4)] == [True, False, True, False]


def test_an_operator_finds_the_node_and_starts_it_again_while_the_door_is_closed(node: NodeAtDoor) -> None:
    keeper = node.keeper
    keeper.order("command", do="locate", seconds=600)
    led(node, "locate")
    node.board.ask({"do": "open"})
    keeper.events("forced")
    keeper.order("command", do="reboot")
    assert "door is open" in keeper.events("refused")[-1]["detail"]
    node.board.ask({"do": "close"})
    keeper.events("closed")
    keeper.order("command", do="reboot")
    if node.kind == "pi":
        assert node.process.wait(PATIENCE_S) == 4
        node.start()
    else:
        assert line_of(node.process) == "READY", "a chip starts anew by itself"
    led(node, "idle")
    while keeper.events("boot")[-1]["boot"] != 2:
        pass  # the first boot's, once more: nobody has acknowledged it


def test_a_lockdown_is_taken_reported_and_still_there_after_a_start_without_a_keeper(node: NodeAtDoor) -> None:
    keeper = node.keeper
    keeper.desire(lockdown=True)
    assert reported(keeper, lockdown=True)["number"] == 1
    keeper.order("release")
    assert "locked down" in keeper.events("refused")[-1]["detail"]
    node.board.ask({"do": "press", "what": "rex"})
    assert "exit" in kinds(keeper.events("exit"))
    node.kill()
    # The broker has forgotten what was desired; the node has not.
    keeper.raw("desired", b"", retain=True)
    node.start()
    keeper.state("online")
    reported(keeper, boot=2, lockdown=True)
    keeper.desire(lockdown=False)
    reported(keeper, lockdown=False)
    assert kinds(keeper.events("lockdown-off")).count("lockdown-on") == 1
    keeper.order("release")
    # Two edges are those of the REX.
    assert [edge["level"] for edge in node.board.edges(4)] == [True, False]


def test_an_owner_whose_lease_has_ended_is_heard_no_more_after_a_reboot_either(node: NodeAtDoor) -> None:
    keeper = node.keeper
    keeper.desire(term=5)
    reported(keeper, term=5)
    node.kill()
    keeper.raw("desired", b"", retain=True)
    node.start()
    keeper.state("online")
    keeper.order("release", term=4)
    assert "its term 4 is below 5" in keeper.events("refused")[-1]["detail"]
    visitor = Visitor(node)
    ask = keeper.next("ask")
    keeper.say("answer", keeper.answer(ask, term=4))
    good = keeper.answer(ask, term=5)
    keeper.say("answer", good)
    assert visitor.told["receipt"] == good["receipt"]["code"]
    assert len(node.board.edges(2)) == 2


@pytest.mark.parametrize("node", ["pi"], indirect=True)  # no virtual chip has a keypad
def test_a_card_waits_for_its_digits_where_the_door_wants_them_also_after_a_start_without_a_keeper(
    node: NodeAtDoor,
) -> None:
    keeper, card = node.keeper, "".join(map(str, encode("26-123-4567")))
    node.board.ask({"do": "wiegand", "bits": "".join(map(str, encode("26-1-1")))})
    ask = keeper.next("ask")
    assert "pin" not in ask, "nobody has said yet that it wants any"
    keeper.say("answer", keeper.answer(ask, "deny"))
    keeper.events("acted")
    keeper.desire(pin=True)
    reported(keeper, number=1)
    for boot in (1, 2):
        node.board.ask({"do": "wiegand", "bits": card})
        node.board.ask({"do": "keys", "keys": "2468#"})
        ask = keeper.next("ask")
        assert (ask["claim"], ask["pin"], ask["boot"]) == ({"kind": "card", "value": "26-123-4567"}, "2468", boot)
        keeper.say("answer", keeper.answer(ask, "deny"))
        keeper.events("acted")
        if boot == 1:
            node.kill()
            keeper.raw("desired", b"", retain=True)
            node.start()
            keeper.state("online")


@pytest.mark.parametrize("node", ["pi"], indirect=True)  # no virtual chip has a camera
def test_with_faces_off_no_picture_is_looked_at(node: NodeAtDoor) -> None:
    node.keeper.desire(face=False)
    reported(node.keeper, face=False)
    picture = portrait("member-1").read_bytes()
    assert "switched off" in Visitor(node, {"card": None}, picture).told["error"]["why"]
    visitor = Visitor(node, picture=picture)
    ask = node.keeper.next("ask")
    assert (ask["seq"], ask["credential"], "probe" in ask) == (1, "card", False)
    node.keeper.say("answer", node.keeper.answer(ask, "deny"))
    assert visitor.told["faces"] == 0


@pytest.mark.parametrize("kind", ["pi", "esp32"])
def test_a_reader_asks_and_shows_and_the_strike_on_its_own_node_moves(kind: str, tmp_path: Path) -> None:
    with two_nodes_at_door(tmp_path / "data", at_hand(kind)) as (reader, strike):
        visitor = Visitor(reader)
        ask = reader.keeper.next("ask")
        granted = reader.keeper.answer(ask, pulse_ms=0)
        reader.keeper.say("answer", granted)
        assert visitor.told["show"]["say"] == "yes"
        code = granted["receipt"]["code"]
        strike.keeper.order("release", receipt=code)
        strike.board.edges(1)
        strike.board.ask({"do": "open"})
        events = strike.keeper.events("acted")
        assert kinds(events) == ["boot", "strike-on", "opened", "acted"]
        assert events[-1]["receipt"] == code
        # What moves a lock is none of the reader's affairs, and what is asked none of the strike's.
        reader.keeper.order("command", do="release-once")
        assert "no strike" in reader.keeper.events("refused")[-1]["detail"]
        denied = Visitor(reader)
        reader.keeper.say("answer", reader.keeper.answer(reader.keeper.next("ask"), "deny"))
        assert denied.told["outcome"] == "acted"
        assert kinds(reader.keeper.events("acted"))[-2:] == ["denied", "acted"]
        assert strike.keeper.state("online")["roles"] == ["strike"]
        strike.kill()
        if kind == "esp32":
            strike.start()  # there is no guard that outlives a chip
        assert [edge["level"] for edge in strike.board.edges(3)] == [True, False]


def test_after_ten_bad_starts_faces_are_left_alone_until_a_start_turns_out_well(tmp_path: Path) -> None:
    with broker_site(tmp_path / "data", NODE) as site, contextlib.ExitStack() as ending:
        bad_boots = site.places.node(NODE) / "bad-boots"
        bad_boots.write_text("10\n")
        node = NodeAtDoor(site, ending.enter_context(board_at_hand()))
        ending.callback(node.process.communicate)
        ending.callback(node.kill)
        assert node.keeper.state("online")["safe_mode"]
        assert kinds(node.keeper.events("safe-mode")) == ["boot", "safe-mode"]
        picture = portrait("member-1").read_bytes()
        assert "safe mode" in Visitor(node, {"card": None}, picture).told["error"]["why"]
        assert node.stop() == 0
        assert bad_boots.read_text() == "10\n", "a start that is ended in good order is none of them"
        node.start()
        visitor = Visitor(node)
        node.keeper.say("answer", node.keeper.answer(node.keeper.next("ask")))
        assert visitor.told["show"]["say"] == "yes"
        assert bad_boots.read_text() == "0\n"
