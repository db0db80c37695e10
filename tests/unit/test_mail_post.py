"""Post against real servers on loopback: one that takes mail, and ones that refuse, hang, drop or drip."""

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.fleet.ca import issue, site_authority
from ostiary.controller.fleet.holder import broker_holder
from ostiary.controller.mail import post
from ostiary.controller.mail.account import Account
from ostiary.controller.mail.letters import Writer
from ostiary.controller.mail.post import NotSent
from tests.unit.mail_server import Mailbox, bad_server, free_port, mail_server

TO = "keeper@door.example"
WRITER = Writer("northside", "https://door.example", "ostiary@door.example", "de")


def account(port: int, **more: Any) -> Account:
    return Account("127.0.0.1", "ostiary@door.example", port, more.pop("tls", "none"), alarms_to=(TO,), **more)


def test_a_mail_arrives_as_it_was_written() -> None:
    with mail_server(Mailbox()) as box:
        post.send(account(box.port), WRITER.test(TO, 1))
    [(to, mail)] = box.taken
    assert (to, mail["Subject"], mail["From"]) == (TO, "northside: eine Probe-Mail", "ostiary@door.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    assert "nichts ist zu tun" in mail.get_content()


def test_over_starttls_only_to_a_server_that_is_vouched_for(tmp_path: Path) -> None:
    class Vault(dict[str, bytes]):
        def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
            return self.setdefault(name, make())

    now_ms = time.time_ns() // 1_000_000
    authority = site_authority(tmp_path / "ca.pem", Vault(), "northside", now_ms)
    leaf = issue(authority, broker_holder("northside"), now_ms)
    (tmp_path / "both.pem").write_bytes(leaf.key + leaf.certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "both.pem")
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    with mail_server(Mailbox(), login=("o", "correct horse"), starttls=context) as box:
        named = {"tls": "starttls", "user": "o", "password_file": str(password)}
        with pytest.raises(NotSent, match="not to be trusted"):
            post.send(account(box.port, **named), WRITER.test(TO, 1))
        assert box.taken == []
        post.send(account(box.port, authority=str(tmp_path / "ca.pem"), **named), WRITER.test(TO, 1))
    assert [to for to, _ in box.taken] == [TO]


def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTIARY_MAIL_PASSWORD", "hunter2")
    known = ("o", "correct horse")
    said = r"does not know this user.*535"
    with mail_server(Mailbox(), login=known) as box, pytest.raises(NotSent, match=said) as refused:
        post.send(account(box.port, user="o"), WRITER.test(TO, 1))
    assert "hunter2" not in str(refused.value)


def test_a_server_that_refuses_the_receiver() -> None:
    with mail_server(Mailbox(refuse={TO})) as box:
        with pytest.raises(NotSent, match="550") as refused:
            post.send(account(box.port), WRITER.test(TO, 1))
        assert TO not in str(refused.value)
        with pytest.raises(NotSent, match="550"):
            post.ask(account(box.port), TO)
        box.refuse.clear()
        post.ask(account(box.port), TO)
    assert box.taken == []


def test_nobody_listens() -> None:
    with pytest.raises(NotSent, match="refused"):
        post.send(account(free_port()), WRITER.test(TO, 1))


def test_it_wants_tls_and_the_server_has_none() -> None:
    with mail_server(Mailbox()) as box, pytest.raises(NotSent, match="STARTTLS"):
        post.send(account(box.port, tls="starttls"), WRITER.test(TO, 1))
    assert box.taken == []


def _silent(line: socket.socket) -> None:
    while line.recv(100):
        pass


def _drop(line: socket.socket) -> None:
    line.sendall(b"220 here\r\n")
    line.recv(100)


def _drip(line: socket.socket) -> None:
    line.sendall(b"220-")
    while True:  # each byte in good time, and never the last one; it ends when the other side does
        line.settimeout(0.05)
        try:
            if not line.recv(100):
                return
        except TimeoutError:
            line.sendall(b"x")


def _nonsense(line: socket.socket) -> None:
    line.sendall(b"\xff\x00 what?\r\n" * 50)
    line.recv(100)


@pytest.mark.parametrize(
    ("behave", "said", "bounds"),
    [
        (_silent, "too slow", {"silence_s": 0.3}),
        (_drop, "ended the line", {}),
        (_drip, "too slow", {"whole_s": 0.5}),
        (_nonsense, "did not take", {}),
    ],
)
@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_servers_that_misbehave(
    behave: Callable[[socket.socket], None], said: str, bounds: dict[str, float], tls: str
) -> None:
    with bad_server(behave) as port, pytest.raises(NotSent, match=said):
        post.send(account(port, tls=tls), WRITER.test(TO, 1), **bounds)
