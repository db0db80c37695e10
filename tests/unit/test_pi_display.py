"""The door's display and the word to systemd: what is shown, and what has no way onto it."""

import io
import socket
from pathlib import Path

import pytest

from ostiary.firmware.pi import notify
from ostiary.firmware.pi.display_text import IDLE, WORDS, TextDisplay

SLIP = {"code": "0123456789ABCDEF", "leaf": "L" * 43, "salt": "S" * 22}


@pytest.mark.parametrize("say", ["yes", "no", "busy"])
def test_a_display_says_its_word_and_the_receipt(say: str) -> None:
    terminal = io.StringIO()
    display = TextDisplay(terminal, print)
    display.show({"say": say, "learn": "https://door.example/r"}, SLIP)
    shown = terminal.getvalue().split("\x1b[2J")[-1]
    assert WORDS[say] in shown
    assert "https://door.example/r" in shown and SLIP["code"] in shown
    assert "▄" in shown or "█" in shown, "a code to photograph"
    display.close()


def test_nothing_else_has_a_way_onto_it() -> None:
    terminal = io.StringIO()
    display = TextDisplay(terminal, print)
    message = {"say": "Ada Lovelace", "learn": "x\x1b[31mx", "name": "Ada", "score": 592, "reason": "score-below"}
    display.show(message, {**SLIP, "person": "Ada"})
    shown = terminal.getvalue()
    for word in ("Ada", "592", "score", "\x1b[31mx"):
        assert word not in shown
    assert WORDS["busy"] in shown
    display.close()


def test_what_was_shown_goes() -> None:
    terminal = io.StringIO()
    display = TextDisplay(terminal, print, shown_s=0.0)
    display.show({"say": "no", "learn": ""}, SLIP)
    assert display._timer is not None
    display._timer.join(20)
    assert terminal.getvalue().split("\x1b[2J")[-1].strip("\x1b[?25lH\r\n") == IDLE
    display.ask_to_turn()
    display.close()


def test_a_terminal_that_is_gone_ends_no_door() -> None:
    terminal, logged = io.StringIO(), []
    display = TextDisplay(terminal, logged.append)
    terminal.close()
    display.show({"say": "yes", "learn": ""}, None)
    assert "takes nothing" in logged[0]


def test_systemd_is_told_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify.tell(notify.READY)
        notify.tell(notify.ALIVE)
        assert [manager.recv(64), manager.recv(64)] == [b"READY=1", b"WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "nowhere", "/no/such/socket", "@no-such-abstract"])
def test_without_systemd_it_is_silence(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify.tell(notify.READY)
