"""A site that has only a broker: real nats-server, real certificates, and paho-mqtt as every participant."""

import asyncio
import itertools
import json
import queue
import secrets
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ostiary.controller.fleet import broker
from ostiary.controller.fleet.ca import Leaf
from ostiary.controller.fleet.identity import make_node
from ostiary.controller.fleet.nodes import FleetNode, is_virtual
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.places import Places
from ostiary.protocol import topics

SITE = "northside"
PATIENCE_S = 15.0
LOST = -1  # no number of a packet


class Refused(Exception):
    """The broker did not let this participant in."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def topic(node: str, purpose: str) -> str:
    """A node's topic, or with "+" a filter for every node's."""
    return f"{topics.ROOT}/{SITE}/{node}/{purpose}"


@dataclass(frozen=True, slots=True)
class Heard:
    topic: str
    payload: bytes
    qos: int
    retained: bool


@dataclass
class Peer:
    """One paho client whose every event is waited for, never slept for."""

    client: mqtt.Client
    heard: "queue.Queue[Heard]" = field(default_factory=queue.Queue)
    losses: int = 0
    session_present: bool = False
    _connacks: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    _subacks: "queue.Queue[tuple[int, list[Any]]]" = field(default_factory=queue.Queue)
    _lost: threading.Event = field(default_factory=threading.Event)

    def subscribe(self, filters: str | list[str], qos: int = 1) -> list[bool]:
        """Whether each filter was granted; none is when the broker ended the connection instead of answering."""
        asked = [filters] if isinstance(filters, str) else filters
        _, number = self.client.subscribe([(one, qos) for one in asked])
        answered, codes = self._subacks.get(timeout=PATIENCE_S)
        assert answered in (number, LOST)
        return [not code.is_failure for code in codes] or [False] * len(asked)

    def publish(self, to: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Comes back when the broker has acknowledged it, or when it is sent with QoS 0."""
        self.client.publish(to, payload, qos, retain).wait_for_publish(PATIENCE_S)

    def next(self) -> Heard:
        return self.heard.get(timeout=PATIENCE_S)

    def until(self, payload: bytes) -> list[Heard]:
        """What was heard before the message with this payload, which is waited for."""
        return list(itertools.takewhile(lambda one: one.payload != payload, iter(self.next, None)))

    def wait_for(self, expected: Heard) -> None:
        """Put aside what comes before it."""
        while self.next() != expected:
            pass

    def wait_lost(self) -> None:
        assert self._lost.wait(PATIENCE_S), "the broker kept the connection"

    def wait_connected(self) -> None:
        """Until the broker has let a client in that came back by itself."""
        while True:
            code, _ = self._connacks.get(timeout=PATIENCE_S)
            if code is not None and not code.is_failure:
                return

    def cut(self) -> None:
        """As if the machine were gone: no DISCONNECT is sent."""
        held = self.client.socket()
        assert isinstance(held, ssl.SSLSocket)
        held.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@dataclass
class BrokerSite:
    """The places of a site and its running broker."""

    places: Places
    vault: KeyStore
    port: int
    process: subprocess.Popen[bytes] | None = None
    _peers: list[Peer] = field(default_factory=list)

    def add(self, name: str, *, roles: tuple[str, ...] = ("reader", "strike"), board: str = "virtual") -> Path:
        node = FleetNode(name, "front", roles, board, is_virtual(board))
        made = make_node(self.places, self.vault, SITE, node, host="127.0.0.1", port=self.port, at_ms=now_ms())
        self.prepare()
        return made

    def prepare(self) -> bool:
        return broker.prepare(self.places, self.vault, SITE, port=self.port, at_ms=now_ms())

    def launch(self) -> None:
        self.process = subprocess.Popen(broker.command(self.places))

    def start(self) -> None:
        self.launch()
        asyncio.run(asyncio.wait_for(broker.ready(self.places), PATIENCE_S))

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def part(self) -> None:
        """Every client says good-bye and gives its files back; paho can only wait for the first 1024 of a process."""
        while self._peers:
            self._peers.pop().leave()

    def stop(self) -> None:
        self.part()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)

    def wait_for_log(self, text: str) -> None:
        """Until the broker has written this text into its log."""
        until = time.monotonic() + PATIENCE_S
        while text not in broker.files(self.places).log.read_text():
            assert time.monotonic() < until, f"the broker never logged {text}"
            time.sleep(0.01)

    def native_port(self) -> int:
        """Where the broker listens for its own protocol."""
        ports = self.places.broker / f"nats-server_{broker.pid(self.places)}.ports"
        return int(json.loads(ports.read_text())["nats"][0].rpartition(":")[2])

    def leaf_files(self, leaf: Leaf) -> tuple[Path, Path]:
        """A certificate that some test made itself, as files."""
        certificate = self.places.data / f"{secrets.token_hex(4)}.pem"
        key = certificate.with_suffix(".key")
        certificate.write_bytes(leaf.certificate)
        key.write_bytes(leaf.key)
        return certificate, key

    def node_files(self, node: str) -> tuple[Path, Path]:
        return self.places.node(node) / "node.pem", self.places.node(node) / "node.key"

    def keeper(self, **wanted: Any) -> Peer:
        return self.peer((self.places.tls / "keeper.pem", self.places.tls / "keeper.key"), **wanted)

    def node(self, node: str, **wanted: Any) -> Peer:
        return self.peer(self.node_files(node), **wanted)

    def node_when_known(self, node: str) -> Peer:
        """Knock until the broker has read its new configuration."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.node(node)
            except Refused:
                assert time.monotonic() < until, f"the broker never heard of {node}"

    def peer(
        self,
        files: tuple[Path, Path] | None,
        *,
        client_id: str | None = None,
        clean: bool = True,
        will: tuple[str, bytes] | None = None,
        user: str | None = None,
        again: bool = False,
    ) -> Peer:
        """Connect over MQTT with this certificate. Raises `Refused`."""
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or secrets.token_urlsafe(16),
            clean_session=clean,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=again,
        )
        certificate, key = files or (None, None)
        client.tls_set(str(self.places.tls / "ca.pem"), certificate and str(certificate), key and str(key))
        if will:
            client.will_set(will[0], will[1], qos=1, retain=True)
        if user:
            client.username_pw_set(user, "anything")
        peer = Peer(client)
        _listen(peer)
        try:
            client.connect("127.0.0.1", self.port, keepalive=5)
        except OSError as error:
            raise Refused(str(error)) from error
        client.loop_start()
        self._peers.append(peer)
        code, flags = peer._connacks.get(timeout=PATIENCE_S)
        if code is None or code.is_failure:
            peer.leave()
            raise Refused(str(code))
        peer.session_present = flags.session_present
        return peer


def _listen(peer: Peer) -> None:
    client = peer.client

    def no_delay(_client: Any, _data: Any, line: Any) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connected(_client: Any, _data: Any, flags: Any, code: Any, _properties: Any) -> None:
        peer._subacks = queue.Queue()  # what the last connection's end left in it concerns nobody now
        peer._connacks.put((code, flags))

    def lost(*_: Any) -> None:
        peer.losses += 1
        peer._lost.set()
        # Whoever waits for a CONNACK or a SUBACK learns that none will come.
        peer._connacks.put((None, None))
        peer._subacks.put((LOST, []))

    client.on_socket_open = no_delay
    client.on_connect = connected
    client.on_subscribe = lambda _c, _d, number, codes, _p: peer._subacks.put((number, codes))
    client.on_disconnect = lost
    client.on_message = lambda _c, _d, m: peer.heard.put(Heard(m.topic, bytes(m.payload), m.qos, m.retain))


@contextmanager
def broker_site(
    data: Path,
    *nodes: str,
    roles: Mapping[str, tuple[str, ...]] | None = None,
    change: Callable[[str], str] | None = None,
    board: str = "virtual",
) -> Iterator[BrokerSite]:
    """A running broker that knows these nodes, and those of `roles`, which are not both reader and strike; all are made
    of `board`. `change` may rewrite its configuration, e.g. to widen a right."""
    places = Places(data)
    places.prepare()
    site = BrokerSite(places, KeyStore(places.keys_db, load_or_make_master(places.master_key)), free_port())
    site.prepare()
    for node in nodes:
        site.add(node, board=board)
    for node, own in (roles or {}).items():
        site.add(node, roles=own, board=board)
    if change:
        path = broker.files(site.places).configuration
        before = path.read_text()
        after = change(before)
        assert after != before, "the change met nothing in the configuration"
        path.write_text(after)
    try:
        site.start()
        yield site
    finally:
        site.stop()
        site.vault.close()
        places.run.rmdir()
