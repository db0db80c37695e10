"""A node process with its board and a real broker; the keeper is played by the test, over a real sealed line."""

import contextlib
import itertools
import os
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from board_at_hand import PATIENCE_S, BoardAtHand, board_at_hand, line_of, python
from broker_site import BrokerSite, Heard, Peer, broker_site, topic

from ostiary.protocol import base64url, keys, messages, seal, topics

NODE = "front-1"


class PlayedKeeper:
    """Hears one node, and says to it whatever a test wants said."""

    def __init__(self, site: BrokerSite) -> None:
        self.site = site
        secret = base64url.decode((site.places.node(NODE) / "secret").read_text().strip())
        self.keys = {p: keys.message_key(secret, "northside", NODE, p) for p in topics.PURPOSES}
        self._numbers = itertools.count(1)
        self._desired = 0
        self.listen()

    def listen(self) -> None:
        """Connect, anew after the broker was away."""
        self.peer: Peer = self.site.keeper()
        self._heard: dict[str, deque[tuple[Heard, dict[str, Any]]]] = defaultdict(deque)
        assert all(self.peer.subscribe([topic("+", purpose) for purpose in ("ask", "event", "status")]))

    def next(self, purpose: str) -> dict[str, Any]:
        """The next message of one purpose; others are kept for later."""
        while not self._heard[purpose]:
            heard = self.peer.next()
            came = heard.topic.rpartition("/")[2]
            plain = seal.unseal(self.keys[came], NODE, came, heard.payload)
            self._heard[came].append((heard, messages.decode(came, plain)))
        return self._heard[purpose].popleft()[1]

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
        self.raw(purpose, seal.seal(self.keys[purpose], NODE, purpose, plain, os.urandom(16)), retain)

    def raw(self, purpose: str, payload: bytes, retain: bool = False) -> None:
        self.peer.publish(topic(NODE, purpose), payload, retain=retain)

    def has(self, upto: int) -> None:
        """Acknowledge the journal up to here."""
        self._desired += 1
        self.say("desired", self.desired(upto), retain=True)

    def desired(self, upto: int, **changed: Any) -> dict[str, Any]:
        """What the node shall be; `number` is that of the last one said."""
        message: dict[str, Any] = {"v": 1, "term": 1, "number": self._desired, "journal_upto": upto}
        return message | {"lockdown": False, "face": True, "offline": "deny"} | changed


class NodeAtDoor:
    """The node's process, its board and its keeper."""

    def __init__(self, site: BrokerSite, board: BoardAtHand) -> None:
        self.site, self.board = site, board
        self.directory = site.places.node(NODE)
        self.keeper = PlayedKeeper(site)
        self.start()

    def start(self) -> None:
        self.process = python(
            "ostiary.firmware.pi", "--node", str(self.directory), "--doorstep", str(self.board.socket)
        )
        assert line_of(self.process) == "READY"

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def guard_pid(self) -> int:
        """The node's child that guards the strike, beside the one that looks (Linux: /proc; a bare machine has no
        `ps`)."""
        (child,) = [
            int(stat.parent.name)
            for stat in Path("/proc").glob("[0-9]*/stat")
            if _parent_of(stat) == self.process.pid and b"strike_guard" in (stat.parent / "cmdline").read_bytes()
        ]
        return child


def _parent_of(stat: Path) -> int | None:
    """proc(5): the fourth field; the second is a name in parentheses that may hold anything."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended while we looked


@contextlib.contextmanager
def node_at_door(data: Path) -> Iterator[NodeAtDoor]:
    """Broker, board and node run, and the keeper is in the test's hands."""
    with broker_site(data, NODE) as site, board_at_hand() as board:
        node = NodeAtDoor(site, board)
        try:
            yield node
        finally:
            if node.process.poll() is None:
                node.kill()
            node.process.communicate()
