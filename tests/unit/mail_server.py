"""A real mail server on loopback, and ones that misbehave; each for the length of a test."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PATIENCE_S = 30.0


@dataclass
class Mailbox:
    """What the server took. `refuse` names receivers that it does not."""

    refuse: set[str] = field(default_factory=set)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuse:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
        with self.came:
            self.taken += [(to, message) for to in envelope.rcpt_tos]  # type: ignore[misc]
            self.came.notify_all()
        return "250 OK"

    def wait(self, count: int) -> list[tuple[str, EmailMessage]]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.taken) >= count, PATIENCE_S), self.taken
            return list(self.taken)


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


@contextlib.contextmanager
def mail_server(
    box: Mailbox, *, login: tuple[str, str] | None = None, starttls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[Mailbox]:
    def known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        fits = login is not None and (data.login, data.password) == (login[0].encode(), login[1].encode())
        return AuthResult(success=fits, handled=False)

    box.port = port or free_port()
    named: dict[str, Any] = {}
    if login:
        named = {"authenticator": known, "auth_required": True, "auth_require_tls": False}
    if starttls:
        named |= {"tls_context": starttls, "require_starttls": True}
    controller = Controller(box, "127.0.0.1", box.port, ready_timeout=PATIENCE_S, **named)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@contextlib.contextmanager
def bad_server(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A listener that does this to each visitor, then ends the line; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    with line, contextlib.suppress(OSError):
                        behave(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)
