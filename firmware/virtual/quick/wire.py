"""The broker and its network in virtual time: messages take a while, get lost, come twice, come late."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ostiary.firmware.virtual.quick.clockwork import Clockwork
from ostiary.protocol import messages

NOTICE_MS = 7_500  # a keep-alive of 5 s, and half of it again (MQTT 3.1.1, 3.1.2.10)
BACK_MS = 1_000
RETAINED = ("status", "desired", "reported")

Hears = Callable[[str, str, "dict[str, Any]"], None]


class Client(Protocol):
    """A node's end of the wire."""

    name: str

    def heard(self, purpose: str, message: dict[str, Any]) -> None: ...
    def line(self, up: bool) -> None: ...


@dataclass
class Wire:
    """`keeper(node, purpose, message)` hears what nodes say. With `odd` above 0, so many messages come a
    second time, late. `sent` keeps what went to nodes, for whoever replays it."""

    clockwork: Clockwork
    dice: random.Random
    odd: float = 0.0
    keeper: Hears = lambda node, purpose, message: None
    up: bool = True
    held: bool = False
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    _clients: dict[str, Client] = field(default_factory=dict)
    _online: set[str] = field(default_factory=set)
    _retained: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _later: list[Callable[[], None]] = field(default_factory=list)
    _lanes: dict[str, int] = field(default_factory=dict)

    def join(self, client: Client) -> None:
        """A node starts to connect, and goes on trying."""
        self._clients[client.name] = client
        self._online.discard(client.name)
        self.clockwork.after(self._latency_ms(), lambda: self._connect(client))

    def part(self, client: Client) -> None:
        """A node is gone without a word."""
        if self._clients.get(client.name) is client:
            del self._clients[client.name]
            self._online.discard(client.name)

    def online(self, client: Client) -> bool:
        return client.name in self._online and self._clients.get(client.name) is client

    def cut(self, up: bool) -> None:
        """The broker goes, with everything on its way; or is back."""
        self.up, self._later = up, []
        for client in list(self._clients.values()):
            if up:
                self.clockwork.after(BACK_MS, lambda client=client: self._connect(client))
            elif self.online(client):
                self._online.discard(client.name)
                client.line(False)

    def hold(self, on: bool) -> None:
        """The network swallows everything, and lets it through when it is back. Nodes notice after a while."""
        self.held = on
        if on:
            self.clockwork.after(NOTICE_MS, self._noticed)
            return
        later, self._later = self._later, []
        for call in later:
            self.clockwork.after(BACK_MS, call)
        for client in list(self._clients.values()):
            if not self.online(client):
                self.clockwork.after(BACK_MS, lambda client=client: self._connect(client))

    def to_keeper(self, client: Client, purpose: str, message: dict[str, Any]) -> bool:
        """From a node; False when the broker does not hear it. Raises `Refused` for what is outside the contract."""
        plain = messages.encode(purpose, message)
        if not self.online(client):
            return False
        decoded = messages.decode(purpose, plain)
        self._carry(f"{client.name}/up", lambda: self.keeper(client.name, purpose, decoded))
        return True

    def to_node(self, node: str, purpose: str, message: dict[str, Any]) -> None:
        """From the keeper, or from whoever pretends to be it."""
        decoded = messages.decode(purpose, messages.encode(purpose, message))
        if purpose in RETAINED:
            self._retained[node, purpose] = decoded
        self.sent.append((node, purpose, decoded))
        del self.sent[:-200]
        self._carry(node, lambda: self._deliver(node, purpose, decoded))

    def _deliver(self, node: str, purpose: str, message: dict[str, Any]) -> None:
        client = self._clients.get(node)
        if client is not None and self.online(client):
            client.heard(purpose, message)

    def _carry(self, lane: str, call: Callable[[], None]) -> None:
        """Messages of one lane overtake each other only by coming twice (MQTT 3.1.1, 4.6)."""
        if not self.up:
            return
        if self.held:
            self._later.append(call)
            return
        now_ms = self.clockwork.now_ms
        self._lanes[lane] = max(now_ms + self._latency_ms(), self._lanes.get(lane, 0))
        self.clockwork.after(self._lanes[lane] - now_ms, call)
        if self.dice.random() < self.odd:
            self.clockwork.after(self.dice.randrange(1, 20_000), call)

    def _connect(self, client: Client) -> None:
        if not self.up or self.held or self._clients.get(client.name) is not client or self.online(client):
            return
        self._online.add(client.name)
        client.line(True)
        for (node, purpose), message in self._retained.items():
            if node == client.name:
                self._carry(node, lambda purpose=purpose, message=message: self._deliver(client.name, purpose, message))

    def _noticed(self) -> None:
        if not self.held:
            return
        for client in list(self._clients.values()):
            if self.online(client):
                self._online.discard(client.name)
                client.line(False)

    def _latency_ms(self) -> int:
        return self.dice.randrange(2, 30)
