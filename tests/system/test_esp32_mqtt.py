"""The ESP32's line to the broker, in real MicroPython and on CPython, against the broker that ships."""

import datetime
import ipaddress
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ostiary.firmware.esp32 import mqtt

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from broker_site import PATIENCE_S, BrokerSite, Heard, Peer, broker_site, topic

pytestmark = pytest.mark.system

MICROPYTHON = Path(sys.executable).parent / "micropython"
PROGRAM = Path(__file__).parent / "mqtt_on_board.py"
NODE = "front-1"


@pytest.fixture(params=["micropython", "cpython"])
def interpreter(request: pytest.FixtureRequest) -> str:
    if request.param == "cpython":
        return sys.executable
    if not MICROPYTHON.exists():
        pytest.skip("MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only.")
    return str(MICROPYTHON)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BrokerSite]:
    with broker_site(tmp_path / "data", NODE) as running:
        yield running


def keys_of(folder: Path, ca: bytes, certificate: bytes, key: bytes) -> Path:
    """What a board has on its flash: DER for MicroPython, and PEM beside it for CPython."""
    folder.mkdir()
    encoding, plain = serialization.Encoding, serialization.NoEncryption()
    for name, pem in (("ca", ca), ("node", certificate)):
        (folder / f"{name}.pem").write_bytes(pem)
        (folder / f"{name}.der").write_bytes(x509.load_pem_x509_certificate(pem).public_bytes(encoding.DER))
    (folder / "node.key").write_bytes(key)
    loaded = serialization.load_pem_private_key(key, None)
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "key.der").write_bytes(loaded.private_bytes(encoding.DER, traditional, plain))
    return folder


def own_keys(site: BrokerSite, folder: Path) -> Path:
    node = site.places.node(NODE)
    return keys_of(folder, *((node / name).read_bytes() for name in ("ca.pem", "node.pem", "node.key")))


class Board:
    """The program, and the lines that it says."""

    def __init__(self, interpreter: str, keys: Path, site: BrokerSite, host: str = "127.0.0.1") -> None:
        client_id = json.loads((site.places.node(NODE) / "node.json").read_text())["client_id"]
        words = [interpreter, str(PROGRAM), str(keys), host, str(site.port), client_id]
        path = f".frozen:{Path(mqtt.__file__).parents[3]}"
        self.process = subprocess.Popen(
            [*words, topic(NODE, "answer"), topic(NODE, "ask")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "MICROPYPATH": path},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line.decode().strip())
        self._lines.put("")

    def wait_for(self, words: str) -> str:
        while words not in (line := self._lines.get(timeout=PATIENCE_S)):
            assert line, f"the board ended: {self.said}"
            self.said.append(line)
        return line

    def rest(self) -> list[str]:
        """What else it said, up to its end."""
        return list(iter(lambda: self._lines.get(timeout=PATIENCE_S), ""))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join(PATIENCE_S)


@pytest.fixture
def start(interpreter: str, site: BrokerSite) -> Iterator[Callable[..., Board]]:
    boards: list[Board] = []

    def begin(keys: Path, **where: Any) -> Board:
        boards.append(Board(interpreter, keys, site, **where))
        return boards[-1]

    yield begin
    for board in boards:
        board.end()


@pytest.fixture
def keeper(site: BrokerSite) -> Peer:
    peer = site.keeper()
    assert all(peer.subscribe([topic("+", "ask")]))
    return peer


def test_messages_go_both_ways_and_the_will_speaks_for_a_board_that_dies(
    start: Callable[..., Board], site: BrokerSite, keeper: Peer, tmp_path: Path
) -> None:
    board = start(own_keys(site, tmp_path / "keys"))
    board.wait_for("online")
    for payload in (b"x", b"", b"y" * 9_000, bytes(range(256)), "Tür".encode()):
        keeper.publish(topic(NODE, "answer"), payload)
        assert keeper.next() == Heard(topic(NODE, "ask"), payload, 1, False)
    for number in range(200):  # faster than they are answered
        keeper.client.publish(topic(NODE, "answer"), b"%d" % number, 1)
    assert [int(keeper.next().payload) for _ in range(200)] == list(range(200))
    board.end()
    assert keeper.next() == Heard(topic(NODE, "ask"), b"will", 1, False)


def test_a_board_that_leaves_says_so_and_leaves_no_will(
    start: Callable[..., Board], site: BrokerSite, keeper: Peer, tmp_path: Path
) -> None:
    board = start(own_keys(site, tmp_path / "keys"))
    board.wait_for("online")
    keeper.publish(topic(NODE, "answer"), b"stop")
    assert board.process.wait(PATIENCE_S) == 0
    assert "offline" not in board.rest(), "whoever leaves has not lost the line"
    site.node(NODE).publish(topic(NODE, "ask"), b"after it")
    assert keeper.next().payload == b"after it"


def test_a_broker_that_comes_back_is_found(start: Callable[..., Board], site: BrokerSite, tmp_path: Path) -> None:
    board = start(own_keys(site, tmp_path / "keys"))
    board.wait_for("online")
    site.kill()
    board.wait_for("offline")
    site.start()
    board.wait_for("online")


def other_ca(days: int = 1) -> tuple[bytes, bytes, bytes]:
    """A CA of somebody else, and a node's certificate and key by it."""
    now = datetime.datetime.now(datetime.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, pem, private


def test_a_stranger_is_not_believed_on_either_side(
    start: Callable[..., Board], site: BrokerSite, tmp_path: Path
) -> None:
    node = site.places.node(NODE)
    ours = [(node / name).read_bytes() for name in ("ca.pem", "node.pem", "node.key")]
    strange = other_ca()
    # A broker that the site's CA did not make; a certificate that it did not make; a name that is not the broker's.
    for number, (keys, host) in enumerate(
        (((strange[0], *ours[1:]), "127.0.0.1"), ((ours[0], *strange[1:]), "127.0.0.1"), (tuple(ours), "127.0.0.2"))
    ):
        board = start(keys_of(tmp_path / f"keys-{number}", *keys), host=host)
        told = board.wait_for("the line to the broker")
        assert "online" not in [*board.said, told]
        board.end()
