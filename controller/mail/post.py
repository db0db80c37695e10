"""Post: hands one mail to the server, or says in words why not. A server that hangs is left after a bounded time."""

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from ostiary.controller.mail.account import Account, BadAccount
from ostiary.controller.store.errors import ThreePartError

SILENCE_S = 20.0
WHOLE_S = 60.0


class NotSent(ThreePartError):
    """The server did not take the mail. It says neither a password nor what the server said, which may name people."""


class _Watched(smtplib.SMTP):
    """A line that is cut after `whole_s`: each answer may be in time, and all of them together never end."""

    def __init__(self, whole_s: float, over: threading.Event, *told: Any, **named: Any) -> None:
        self.over = over
        self.watch = threading.Timer(whole_s, self._cut)
        self.watch.daemon = True
        super().__init__(*told, **named)

    def connect(self, *told: Any, **named: Any) -> tuple[int, bytes]:
        self.watch.start()
        try:
            return super().connect(*told, **named)
        except BaseException:
            self.watch.cancel()
            raise

    def _cut(self) -> None:
        self.over.set()
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _WatchedTls(_Watched, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


def send(account: Account, message: EmailMessage, *, silence_s: float = SILENCE_S, whole_s: float = WHOLE_S) -> None:
    """Returns when the server has taken the mail for all its receivers. Raises `NotSent`, `BadAccount`.

    `silence_s` bounds each wait for the server, `whole_s` the whole, however slowly it drips.
    """
    message["Date"] = formatdate()
    with _line(account, silence_s, whole_s) as line:
        if line.send_message(message):
            raise _not(account, "It refused a receiver.")


def ask(account: Account, receiver: str, *, silence_s: float = SILENCE_S, whole_s: float = WHOLE_S) -> None:
    """Whether the server would take a mail for `receiver`; sends none. Raises as `send` does."""
    with _line(account, silence_s, whole_s) as line:
        line.ehlo_or_helo_if_needed()
        for code, _ in (line.mail(account.sender), line.rcpt(receiver), line.rset()):
            if code not in (250, 251):
                raise _not(account, f"It answered {code}.")


@contextlib.contextmanager
def _line(account: Account, silence_s: float, whole_s: float) -> Iterator[_Watched]:
    password = account.password() if account.user else None
    over = threading.Event()
    try:
        with contextlib.closing(_connected(account, silence_s, whole_s, over)) as line:
            try:
                if account.tls == "starttls":
                    line.starttls(context=_trust(account))
                if account.user and password:
                    line.login(account.user, password)
                yield line
            finally:
                line.watch.cancel()
    except smtplib.SMTPAuthenticationError as error:
        raise _not(account, f"It does not know this user with this password ({error.smtp_code}).") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        raise _not(account, f"It refused the receiver ({codes}).") from None
    except smtplib.SMTPResponseException as error:
        raise _not(account, f"It answered {error.smtp_code}.") from None
    except ssl.SSLCertVerificationError as error:
        raise _not(account, f"Its certificate is not to be trusted: {error.verify_message}.") from None
    except smtplib.SMTPNotSupportedError:
        raise _not(account, "It offers no STARTTLS, or no way to sign in.") from None
    except (OSError, ValueError, smtplib.SMTPException) as error:
        # smtplib tells of a timeout as of a line that was ended.
        slow = over.is_set() or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        why = "It was too slow." if slow else _reason(error)
        raise _not(account, why) from None


def _connected(account: Account, silence_s: float, whole_s: float, over: threading.Event) -> _Watched:
    # Its own name in the greeting would tell the machine's name, and asking for it may wait for a name server.
    named: dict[str, Any] = {"local_hostname": "localhost", "timeout": silence_s}
    if account.tls == "tls":
        return _WatchedTls(whole_s, over, account.host, account.port, context=_trust(account), **named)
    return _Watched(whole_s, over, account.host, account.port, **named)


def _trust(account: Account) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=account.authority)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "It ended the line before it had taken the mail."
    if isinstance(error, ssl.SSLError):
        return "It does not speak TLS as these settings want it."
    return f"The line failed: {getattr(error, 'strerror', None) or type(error).__name__}."


def _not(account: Account, why: str) -> NotSent:
    return NotSent(
        f"{account.host}:{account.port} did not take the mail.",
        why,
        "See [mail] in site.toml and the server's own log, then try: ostiary mail test",
    )


FAILURES = (NotSent, BadAccount)
"""Why a mail is not sent, all of it for a person to mend."""
