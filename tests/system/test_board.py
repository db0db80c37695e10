"""Board and strike guard as processes: levels outlive their owners, and the guard always drops the strike."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.firmware.virtual.board_line import BoardGone, BoardLine
from ostiary.firmware.virtual.pins import BoardStrike

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from board_at_hand import PATIENCE_S, BoardAtHand, board_at_hand, line_of, order, python, start_board

pytestmark = pytest.mark.system


@pytest.fixture
def board() -> Iterator[BoardAtHand]:
    with board_at_hand() as running:
        yield running


class HandNode:
    """The node's end of a board, played by the test."""

    def __init__(self, board: BoardAtHand, *roles: str) -> None:
        self.line = BoardLine(board.socket, PATIENCE_S)
        frame: dict[str, Any] = {"do": "attach", "as": "node", **({"roles": list(roles)} if roles else {})}
        self.attached = self.line.ask(frame)

    def answers(self, reply: dict[str, Any]) -> "tuple[dict[str, Any], bytes]":
        asked, picture = self.line.read()
        assert asked["do"] == "present"
        self.line.send({"do": "presented", "number": asked["number"], "reply": reply})
        return asked, picture


def in_thread(board: BoardAtHand, header: dict[str, Any], blob: bytes = b"") -> "tuple[threading.Thread, list[Any]]":
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(board.ask(header, blob)))
    thread.start()
    return thread, replies


def test_the_guard_drops_the_strike_at_its_own_deadline(board: BoardAtHand) -> None:
    guard = board.guard()
    order(guard, "on 1000")
    on, off = board.edges(2)
    assert (on["level"], off["level"]) == (True, False)
    assert off["at_ms"] - on["at_ms"] >= 990
    assert [line_of(guard), line_of(guard)] == ["on", "off"]


def test_the_guard_drops_the_strike_when_its_node_is_gone(board: BoardAtHand) -> None:
    guard = board.guard()
    order(guard, "on 30000")
    board.edges(1)
    assert guard.stdin is not None
    guard.stdin.close()
    guard.stdin = None
    assert [edge["level"] for edge in board.edges(2)] == [True, False]
    assert guard.wait(PATIENCE_S) == 0


def test_the_guard_drops_the_strike_when_it_is_asked_to_end(board: BoardAtHand) -> None:
    guard = board.guard()
    order(guard, "on 30000")
    board.edges(1)
    guard.terminate()
    assert [edge["level"] for edge in board.edges(2)] == [True, False]
    assert guard.wait(PATIENCE_S) == 0


def test_a_killed_guard_leaves_the_level_and_the_next_one_drops_it(board: BoardAtHand) -> None:
    guard = board.guard()
    order(guard, "on 1000")
    board.edges(1)
    guard.kill()
    guard.wait()
    # The board lets the connection go before anything else is seen of it; the level stays.
    while board.pins()["attached"]["guard"]:
        pass
    assert board.pins()["strike"] is True
    board.guard()
    assert [edge["level"] for edge in board.edges(2)] == [True, False]


def test_no_pulse_outside_its_bounds_reaches_the_pin(board: BoardAtHand) -> None:
    guard = board.guard()
    for pulse_ms in (999, 30_001, 0):
        order(guard, f"on {pulse_ms}")
        assert line_of(guard).startswith("refused a pulse")
    order(guard, "on 1000")
    assert line_of(guard) == "on"
    assert len(board.edges(1)) == 1


def test_a_second_pulse_has_its_own_edges(board: BoardAtHand) -> None:
    guard = board.guard()
    order(guard, "on 30000")
    order(guard, "on 1000")
    edges = board.edges(4)
    assert [edge["level"] for edge in edges] == [True, False, True, False]
    assert edges[3]["at_ms"] - edges[2]["at_ms"] < 30_000


def test_a_guard_without_its_board_ends_and_says_so(tmp_path: Path) -> None:
    guard = python("ostiary.firmware.pi.strike_guard", "--pins", f"board:{tmp_path}/no", stderr=subprocess.PIPE)
    _, said = guard.communicate(timeout=PATIENCE_S)
    assert (guard.returncode, b"no board answers" in said) == (1, True)


def test_an_idle_guard_notices_that_its_board_is_gone(board: BoardAtHand) -> None:
    guard = board.guard()
    board.process.kill()
    assert guard.wait(PATIENCE_S) == 1


def test_the_levels_stay_when_their_owner_goes(board: BoardAtHand) -> None:
    strike = BoardStrike(board.socket)
    strike.on()
    strike.close()
    while board.pins()["attached"]["guard"]:
        pass
    assert board.pins()["strike"] is True


def test_a_person_is_told_when_nobody_is_at_the_door(board: BoardAtHand) -> None:
    reply = board.ask({"do": "present", "card": "471"})
    assert set(reply["error"]) == {"what", "why", "now"}
    assert "No node" in reply["error"]["why"]


def test_a_visit_reaches_the_node_with_card_and_picture_and_its_reply_comes_back(board: BoardAtHand) -> None:
    node = HandNode(board)
    picture = os.urandom(300_000)
    asking, replies = in_thread(board, {"do": "present", "card": "471", "picture": True}, picture)
    asked, seen = node.answers({"show": {"say": "no", "learn": "x"}})
    asking.join(PATIENCE_S)
    assert (asked["card"], asked["picture"], seen) == ("471", True, picture)
    assert replies == [{"show": {"say": "no", "learn": "x"}}]
    asking, _ = in_thread(board, {"do": "present", "pictures": [2, 0, 1]}, b"abc")
    asked, seen = node.answers({})
    assert (asked["pictures"], seen) == ([2, 0, 1], b"abc")
    asking.join(PATIENCE_S)


def test_an_empty_picture_is_a_picture_and_no_picture_is_none(board: BoardAtHand) -> None:
    node = HandNode(board)
    for header, expected in (
        ({"picture": True}, True),
        ({"picture": False}, False),
        ({}, False),
        ({"bytes": 0}, False),
    ):
        asking, _ = in_thread(board, {"do": "present", "card": None, **header})
        assert node.answers({})[0]["picture"] is expected
        asking.join(PATIENCE_S)


def test_a_node_that_leaves_or_is_replaced_while_it_looks_is_reported(board: BoardAtHand) -> None:
    node = HandNode(board)
    asking, replies = in_thread(board, {"do": "present", "card": "471"})
    assert node.line.read()[0]["do"] == "present"
    node.line.close()
    asking.join(PATIENCE_S)
    again = HandNode(board)
    asking, more = in_thread(board, {"do": "present", "card": "471"})
    assert again.line.read()[0]["do"] == "present"
    HandNode(board)
    asking.join(PATIENCE_S)
    assert all("error" in reply for reply in (*replies, *more))
    with pytest.raises(BoardGone):
        again.line.read()


def test_inputs_reach_the_node_as_levels(board: BoardAtHand) -> None:
    board.ask({"do": "open"})
    node = HandNode(board)
    assert (node.attached["contact"], node.attached["rex"]) == ("open", False)
    assert board.ask({"do": "close"})["contact"] == "closed"
    assert node.line.read()[0]["contact"] == "closed"
    board.ask({"do": "press", "what": "rex", "hold_ms": 1})
    assert [node.line.read()[0]["rex"], node.line.read()[0]["rex"]] == [True, False]


def test_every_wire_of_the_door_reaches_the_node_and_stays(board: BoardAtHand) -> None:
    node = HandNode(board)
    assert [node.attached[pin] for pin in ("fire", "tamper", "power")] == [False, False, True]
    for pin, level in (("fire", True), ("tamper", True), ("power", False), ("rex", True)):
        assert board.ask({"do": "set", "pin": pin, "level": level})[pin] is level
        assert node.line.read()[0][pin] is level
    node.line.close()
    again = HandNode(board)
    assert [again.attached[pin] for pin in ("fire", "tamper", "power", "rex")] == [True, True, False, True]


def test_a_reader_and_a_strike_node_share_a_door(board: BoardAtHand) -> None:
    reader, strike = HandNode(board, "reader"), HandNode(board, "strike")
    asking, replies = in_thread(board, {"do": "present", "card": "471", "pin": "2468", "pass": "OST1.x.y"})
    asked, _ = reader.answers({"show": {"say": "no"}})
    asking.join(PATIENCE_S)
    assert ([asked[name] for name in ("card", "pin", "pass")], len(replies)) == (["471", "2468", "OST1.x.y"], 1)
    board.ask({"do": "set", "pin": "tamper", "level": True})
    assert reader.line.read()[0]["tamper"] is strike.line.read()[0]["tamper"] is True
    for frame in ({"do": "keys", "keys": "2468#"}, {"do": "wiegand", "bits": "0110", "apart_us": 2000}):
        assert board.ask(frame) == {"passed_on": True}
        assert reader.line.read()[0] == frame
    reader.line.send({"do": "tell", "led": "green", "buzzer": "short"})
    reader.line.send({"do": "display", "say": "yes", "learn": ""})
    while (pins := board.pins())["display"] is None:
        pass
    assert (pins["led"], pins["buzzer"]) == ("green", "short")
    # A second node with a role takes this role over, and no other.
    HandNode(board, "reader")
    with pytest.raises(BoardGone):
        reader.line.read()
    board.ask({"do": "open"})
    assert strike.line.read()[0]["contact"] == "open"
    with BoardLine(board.socket, PATIENCE_S) as line:
        assert "no list of" in line.ask({"do": "attach", "as": "node", "roles": ["keeper"]})["error"]["why"]


def test_pulling_opens_what_is_not_locked(board: BoardAtHand) -> None:
    assert board.ask({"do": "pull"})["how"] == "locked"
    assert board.pins()["contact"] == "closed"
    for pin, how in (("fire", "fire"), ("rex", "exit")):
        board.ask({"do": "set", "pin": pin, "level": True})
        said = board.ask({"do": "pull"})
        assert (said["how"], said["contact"]) == (how, "open")
        board.ask({"do": "close"})


def test_the_one_shot_drops_a_strike_whose_guard_hangs_and_every_edge_is_in_the_file(tmp_path: Path) -> None:
    edges = tmp_path / "edges"
    with board_at_hand("--one-shot-ms", "300", "--edges", str(edges)) as board:
        guard = board.guard()
        order(guard, "on 30000")
        board.edges(1)
        guard.send_signal(signal.SIGSTOP)
        on, off = board.edges(2)
        assert [on["by"], off["by"]] == ["guard", "one-shot"]
        assert [json.loads(line) for line in edges.read_text().splitlines()] == [on, off]


def test_why_a_door_opens_is_said(board: BoardAtHand) -> None:
    assert board.ask({"do": "open"})["how"] == "forced"
    board.ask({"do": "close"})
    board.ask({"do": "press", "what": "rex", "hold_ms": 60_000})
    assert board.ask({"do": "open"})["how"] == "exit"
    board.ask({"do": "close"})
    BoardStrike(board.socket).on()
    assert board.ask({"do": "open"})["how"] == "pulse"


@pytest.mark.parametrize("more", [(), ("--auto-open",)])
def test_whoever_sees_yes_walks_through_and_closes_the_door(more: tuple[str, ...]) -> None:
    with board_at_hand(*more) as board:
        node = HandNode(board)
        BoardStrike(board.socket).on()
        asking, _ = in_thread(board, {"do": "present", "card": "471", "walk": not more})
        node.answers({"show": {"say": "yes"}})
        asking.join(PATIENCE_S)
        assert [edge["level"] for edge in board.edges(3, pin="contact")] == [True, False]


def test_nobody_walks_through_a_locked_door(board: BoardAtHand) -> None:
    node = HandNode(board)
    for say in ("no", "yes"):
        asking, _ = in_thread(board, {"do": "present", "card": "471", "walk": True})
        node.answers({"show": {"say": say}})
        asking.join(PATIENCE_S)
    # An edge that somebody made afterwards is the first one there is.
    with BoardLine(board.socket, PATIENCE_S) as line:
        line.send({"do": "edges", "since": 0, "count": 1, "wait_ms": 600})
        assert json.loads(line.read()[1] or b"[]") == []


@pytest.mark.parametrize(
    "frame", [b"\n", b"[]\n", b"{}\n", b'{"do":"dance"}\n', b'{"do":"edges","since":-1}\n', b"\xff" * 90_000 + b"\n"]
)
def test_rubbish_is_answered_and_hurts_nobody(board: BoardAtHand, frame: bytes) -> None:
    with BoardLine(board.socket, PATIENCE_S) as line:
        line._socket.sendall(frame)
        said, _ = line.read()
    assert set(said["error"]) == {"what", "why", "now"}
    assert board.pins()["strike"] is False


def test_a_dead_boards_socket_file_is_taken_over(board: BoardAtHand) -> None:
    board.process.kill()
    board.process.wait()
    assert board.socket.exists()
    board.process = start_board(board.socket)
    assert board.pins()["strike"] is False


def test_a_living_boards_socket_is_left_alone(board: BoardAtHand) -> None:
    second = python(
        "ostiary.firmware.virtual.board", "--socket", str(board.socket), "--door", "x", stderr=subprocess.PIPE
    )
    _, said = second.communicate(timeout=PATIENCE_S)
    assert (second.returncode, b"already" in said) == (1, True)
    assert board.pins()["strike"] is False


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "front.sock"
    precious.write_text("precious")
    board = python("ostiary.firmware.virtual.board", "--socket", str(precious), "--door", "x", stderr=subprocess.PIPE)
    _, said = board.communicate(timeout=PATIENCE_S)
    assert (board.returncode, b"not a socket" in said, precious.read_text()) == (1, True, "precious")


def test_sigterm_ends_the_board_and_takes_its_socket_file_away(board: BoardAtHand) -> None:
    with BoardLine(board.socket, PATIENCE_S) as idle:
        idle.ask({"do": "pins"})
        board.process.send_signal(signal.SIGTERM)
        assert board.process.wait(PATIENCE_S) == 0
    assert not board.socket.exists()


def test_only_its_user_may_use_the_socket(board: BoardAtHand) -> None:
    assert board.socket.stat().st_mode & 0o777 == 0o600
