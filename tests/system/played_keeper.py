"""A node process with its board and a real broker; the keeper is played by the test, over a real sealed line."""

import contextlib
import itertools
import os
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from board_at_hand import PATIENCE_S, BoardAtHand, board_at_hand, line_of, python
from broker_site import BrokerSite, Heard, Peer, broker_site, topic

from ostiary.protocol import base64url, keys, messages, seal, topics

NODE = "front-1"
MICROPYTHON = Path(sys.executable).parent / "micropython"
PROGRAMS = {"pi": "ostiary.firmware.pi", "esp32": "ostiary.firmware.virtual.esp32"}
BOARDS = {"pi": "virtual", "esp32": "virtual-esp32"}
ROLES = {"front-reader": ("reader",), "front-strike": ("strike",)}


def at_hand(kind: str) -> str:
    """The kind itself; skips the test where this machine cannot play it."""
    if kind == "esp32" and not MICROPYTHON.exists():
        pytest.skip("MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only.")
    return kind


class PlayedKeeper:
    """Hears one node, and says to it whatever a test wants said."""

    def __init__(self, site: BrokerSite, node: str = NODE) -> None:
        self.site, self.node = site, node
        secret = base64url.decode((site.places.node(node) / "secret").read_text().strip())
        self.keys = {p: keys.message_key(secret, "northside", node, p) for p in topics.PURPOSES}
        self._numbers = itertools.count(1)
        self._desired = 0
        self._status: dict[str, Any] = {}
        self.listen()

    def listen(self) -> None:
        """Connect, anew after the broker was away."""
        self.peer: Peer = self.site.keeper()
        self._heard: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        heard = ("ask", "event", "status", "reported")
        assert all(self.peer.subscribe([topic(self.node, purpose) for purpose in heard]))

    def next(self, purpose: str) -> dict[str, Any]:
        """The next message of one purpose; others are kept for later."""
        while not self._heard[purpose]:
            self._hear()
        return self._heard[purpose].popleft()

    def left(self, purpose: str) -> list[dict[str, Any]]:
        """What came and nobody has asked for yet; it is gone then."""
        left = list(self._heard[purpose])
        self._heard[purpose].clear()
        return left

    def _hear(self) -> None:
        heard: Heard = self.peer.next()
        came = heard.topic.rpartition("/")[2]
        message = messages.decode(came, seal.unseal(self.keys[came], self.node, came, heard.payload))
        if came == "status" and message["state"] == "online":
            self._status = message
        self._heard[came].append(message)

    def ordered(self, purpose: str, **changed: Any) -> dict[str, Any]:
        """A `release`, or a `command` with its `do`, that the node may take now; nothing is said yet."""
        while not self._status or not self.peer.heard.empty():
            self._hear()
        number = next(self._numbers)
        message = {"v": 1, "nonce": self._status["nonce"], "boot": self._status["boot"], "number": number, "term": 1}
        if purpose == "release" or changed.get("do") == "release-once":
            message |= {"pulse_ms": 1_000, "receipt": f"{number:016d}"}
        return message | changed

    def order(self, purpose: str, **changed: Any) -> dict[str, Any]:
        """Order it, and give what was said."""
        message = self.ordered(purpose, **changed)
        self.say(purpose, message)
        return message

    def desire(self, **changed: Any) -> None:
        """Say what the node shall be."""
        self._desired += 1
        self.say("desired", self.desired(changed.pop("journal_upto", 0), **changed), retain=True)

    def state(self, wanted: str) -> dict[str, Any]:
        """Wait for a status of this state."""
        while (status := self.next("status"))["state"] != wanted:
            pass
        return status

    def events(self, until: str) -> list[dict[str, Any]]:
        """Each event once, in order of number, up to the first of this kind that is not acknowledged yet."""
        found: dict[int, dict[str, Any]] = {}
        while True:
            event = self.next("event")
            known = found.setdefault(event["seq"], event)
            assert known == event, "the same number says the same"
            if event["kind"] == until:
                return [found[seq] for seq in sorted(found) if seq <= event["seq"]]

    def answer(self, ask: dict[str, Any], verdict: str = "grant", **changed: Any) -> dict[str, Any]:
        """Make an answer to `ask`; nothing is said yet."""
        granted = verdict == "grant"
        message: dict[str, Any] = {
            "v": 1,
            "nonce": ask["nonce"],
            "verdict": verdict,
            "pulse_ms": 1_000 if granted else 0,
            "term": 1,
            "receipt": {
                "code": f"{next(self._numbers):016d}",
                "leaf": base64url.encode(bytes(32)),
                "salt": base64url.encode(bytes(16)),
            },
            "show": {"say": "yes" if granted else "no", "learn": "https://door.example"},
        }
        return message | changed

    def say(self, purpose: str, message: dict[str, Any], retain: bool = False) -> None:
        plain = messages.encode(purpose, message)
        self.raw(purpose, seal.seal(self.keys[purpose], self.node, purpose, plain, os.urandom(16)), retain)

    def raw(self, purpose: str, payload: bytes, retain: bool = False) -> None:
        self.peer.publish(topic(self.node, purpose), payload, retain=retain)

    def has(self, upto: int) -> None:
        """Acknowledge the journal up to here."""
        self.desire(journal_upto=upto)

    def desired(self, upto: int, **changed: Any) -> dict[str, Any]:
        """What the node shall be; `number` is that of the last one said."""
        message: dict[str, Any] = {"v": 1, "term": 1, "number": self._desired, "journal_upto": upto}
        return message | {"lockdown": False, "face": True, "offline": "deny"} | changed


class NodeAtDoor:
    """The node's process, its board and its keeper. `kind` is "pi" or "esp32"; a chip's process is the one that plays
    the chip, and killing it takes the chip's power."""

    def __init__(self, site: BrokerSite, board: BoardAtHand, node: str = NODE, kind: str = "pi") -> None:
        self.site, self.board, self.kind = site, board, kind
        self.directory = site.places.node(node)
        self.keeper = PlayedKeeper(site, node)
        self.start()

    def start(self) -> None:
        words = "--node", str(self.directory), "--doorstep", str(self.board.socket)
        self.process = python(PROGRAMS[self.kind], *words)
        assert line_of(self.process) == "READY"

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def guard_pid(self) -> int:
        """The node's child that guards the strike, beside the one that looks."""
        return self._child(b"strike_guard")

    def mind_pid(self) -> int:
        """The process that the door's mind runs in: a Pi node's own, or the one in which MicroPython runs."""
        return self.process.pid if self.kind == "pi" else self._child(b"micropython")

    def _child(self, words: bytes) -> int:
        """Linux: /proc; a bare machine has no `ps`."""
        (child,) = [
            int(stat.parent.name)
            for stat in Path("/proc").glob("[0-9]*/stat")
            if _parent_of(stat) == self.process.pid and words in (stat.parent / "cmdline").read_bytes()
        ]
        return child


def _parent_of(stat: Path) -> int | None:
    """proc(5): the fourth field; the second is a name in parentheses that may hold anything."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended while we looked


@contextlib.contextmanager
def node_at_door(data: Path, kind: str = "pi") -> Iterator[NodeAtDoor]:
    """Broker, board and node run, and the keeper is in the test's hands."""
    with (
        broker_site(data, NODE, board=BOARDS[kind]) as site,
        board_at_hand() as board,
        contextlib.ExitStack() as ending,
    ):
        yield _running(site, board, NODE, ending, kind)


@contextlib.contextmanager
def two_nodes_at_door(data: Path, kind: str = "pi") -> Iterator[tuple[NodeAtDoor, NodeAtDoor]]:
    """The same with a reader and a strike as nodes of their own, on one board."""
    with (
        broker_site(data, roles=ROLES, board=BOARDS[kind]) as site,
        board_at_hand() as board,
        contextlib.ExitStack() as ending,
    ):
        reader, strike = (_running(site, board, name, ending, kind) for name in ROLES)
        yield reader, strike


def _running(site: BrokerSite, board: BoardAtHand, name: str, ending: contextlib.ExitStack, kind: str) -> NodeAtDoor:
    node = NodeAtDoor(site, board, name, kind)

    def end() -> None:
        if node.process.poll() is None:
            node.kill()
        node.process.communicate()

    ending.callback(end)
    return node
