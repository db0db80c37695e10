"""A real door for faults: broker, board, node and guard as processes, and a keeper that answers whatever is asked."""

import binascii
import contextlib
import json
import os
import queue
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))  # the name `tests` belongs to a dependency

from board_at_hand import PATIENCE_S, BoardAtHand, start_board
from broker_site import BrokerSite, Refused, broker_site, topic
from played_keeper import NODE, NodeAtDoor, PlayedKeeper

from ostiary.controller.playing.processes import NoChild, child_of
from ostiary.protocol import messages, seal
from ostiary.scenarios.play.judge import Decided, Edge, Journal, Told, Witnessed

MEMBER, STRANGER = "4711000815", "999"
PULSE_MS = 1_000
OUTCOMES = ("acted", "unused", "refused")
GUARD = "ostiary.firmware.pi.strike_guard"


class AnsweringKeeper(PlayedKeeper):
    """Lets the member in, keeps the journal in order, and finds the broker again by itself."""

    def __init__(self, site: BrokerSite) -> None:
        self.kept: dict[int, Told] = {}
        self.granted: dict[str, int] = {}
        self.closed: dict[str, list[str]] = {}
        self.sent: list[bytes] = []
        self.term = 1
        super().__init__(site)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def upto(self) -> int:
        """How far it has the journal."""
        return max(self.kept, default=0)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        self._tell("desired", self._wish())
        while not self._stop.is_set():
            if self.peer._lost.is_set():
                self._again()
                continue
            with contextlib.suppress(queue.Empty):
                heard = self.peer.heard.get(timeout=0.05)
                came = heard.topic.rpartition("/")[2]
                self._take(came, messages.decode(came, seal.unseal(self.keys[came], NODE, came, heard.payload)))

    def _again(self) -> None:
        try:
            self.listen()
        except (Refused, AssertionError):
            self._stop.wait(0.05)
            return
        self._tell("desired", self._wish())

    def _take(self, came: str, message: dict[str, Any]) -> None:
        if came == "ask":
            granted = message["claim"]["value"] == MEMBER
            answer = self.answer(message, "grant" if granted else "deny", term=self.term)
            self.granted[answer["receipt"]["code"]] = PULSE_MS if granted else 0
            self._tell("answer", answer)
        elif came == "event":
            if message["seq"] == self.upto + 1:
                self.kept[message["seq"]] = Told(message["seq"], message["kind"], message.get("receipt"))
                code, kind = message.get("receipt"), message["kind"]
                # A replayed answer is refused again; as in the keeper, that is no outcome of what is closed already.
                if kind in OUTCOMES and code and not (kind == "refused" and code in self.closed):
                    self.closed.setdefault(code, []).append(kind)
            self._tell("desired", self._wish())

    def _wish(self) -> dict[str, Any]:
        self._desired += 1
        return self.desired(self.upto, term=self.term)

    def _tell(self, purpose: str, message: dict[str, Any]) -> None:
        plain = messages.encode(purpose, message)
        sealed = seal.seal(self.keys[purpose], NODE, purpose, plain, os.urandom(16))
        if purpose == "answer":
            self.sent.append(sealed)
        self.post(purpose, sealed, retain=purpose == "desired")

    def post(self, purpose: str, payload: bytes, retain: bool = False) -> None:
        """Publish these very bytes, and wait for nobody."""
        self.peer.client.publish(topic(NODE, purpose), payload, 1, retain)


class FaultyDoor(NodeAtDoor):
    """The door's processes; every fault can be made, and is undone by `heal`."""

    def __init__(self, site: BrokerSite, board: BoardAtHand, edges: Path) -> None:
        self.noted: dict[int, Told] = {}
        self.promised: set[str] = set()
        self.exits: list[str] = []
        self._edges = edges
        self._offset_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
        self._visits: list[threading.Thread] = []
        self._stopped: list[int] = []
        super().__init__(site, board)
        self.keeper = AnsweringKeeper(site)

    def visit(self, card: str) -> None:
        """Somebody shows a card, and waits elsewhere for what the door says."""

        def show() -> None:
            reply = self.board.ask({"do": "present", "card": card})
            if reply.get("receipt"):
                self.promised.add(reply["receipt"])

        self._visits.append(threading.Thread(target=show, daemon=True))
        self._visits[-1].start()

    def leave(self) -> None:
        """Somebody inside presses and pulls."""
        self.board.ask({"do": "set", "pin": "rex", "level": True})
        self.exits.append(self.board.ask({"do": "pull"})["how"])
        self.board.ask({"do": "close"})
        self.board.ask({"do": "set", "pin": "rex", "level": False})

    def guard(self) -> int:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return child_of(self.process.pid, GUARD)
            except NoChild:
                assert time.monotonic() < until, "no guard is started again"

    def signal(self, number: int, *processes: int) -> None:
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if number == signal.SIGSTOP:
            self._stopped += processes

    def heal(self) -> None:
        """Whatever was made is undone, and the door is at rest: everything answered, the strike off."""
        self.signal(signal.SIGCONT, *self._stopped)
        self._stopped = []
        assert self.site.process is not None
        if self.site.process.poll() is not None:
            self.site.start()
        if self.process.poll() is not None:
            self.process.communicate()
            self.start()
        for visit in self._visits:
            visit.join(PATIENCE_S)
        self._visits = []
        until = time.monotonic() + PATIENCE_S
        while self.board.pins()["strike"] or not self.board.pins()["attached"]["guard"]:
            assert time.monotonic() < until, "the strike stays on"
        self.read_journal()

    def read_journal(self) -> None:
        """Take down what the journal file says, with a reader of our own; it forgets what the keeper has."""
        for line in (self.directory / "journal").read_bytes().split(b"\n"):
            if line[:8] == f"{binascii.crc32(line[9:]):08x}".encode():
                kind, *fields = json.loads(line[9:])
                if kind == "e":
                    _, seq, at_ms, clock, event, receipt = fields[:6]
                    board_ms = at_ms - self._offset_ms if clock == "set" else None
                    self.noted[seq] = Told(seq, event, receipt, board_ms)

    def _open(self) -> set[str]:
        """Pulses that were noted, and have no outcome yet."""
        noted = list(self.noted.values())
        begun = {entry.receipt for entry in noted if entry.kind == "strike-on" and entry.receipt}
        return begun - {entry.receipt for entry in noted if entry.kind in OUTCOMES}

    def told(self) -> Witnessed:
        """Everything, once the keeper has the whole journal and the last pulse its outcome."""
        until = time.monotonic() + 2 * PATIENCE_S
        self.read_journal()
        while self.keeper.upto < max(self.noted) or self._open():
            assert time.monotonic() < until, "the journal does not arrive"
            threading.Event().wait(0.02)
            self.read_journal()
        keeper = self.keeper
        moved = {entry.receipt for entry in self.noted.values() if entry.kind == "strike-on"}
        decided = [
            # What moved the strike is closed by the node, always. An answer that never reached it, and a denial that it
            # died over before its outcome was noted, are closed by the keeper: nobody can say more.
            Decided(code, pulse_ms, tuple(keeper.closed.get(code, [] if code in moved else ["unknown"])))
            for code, pulse_ms in list(keeper.granted.items())
        ]
        edges = [json.loads(line) for line in self._edges.read_text().splitlines()]
        strike = tuple(Edge(edge["level"], edge["at_ms"], edge["by"]) for edge in edges if edge["pin"] == "strike")
        noted = tuple(self.noted[seq] for seq in sorted(self.noted))
        kept = tuple(keeper.kept[seq] for seq in sorted(keeper.kept))
        now_ms = time.monotonic_ns() // 1_000_000
        return Witnessed(
            strike, (Journal(noted, kept),), tuple(decided), now_ms, frozenset(self.promised), tuple(self.exits)
        )


@contextlib.contextmanager
def faulty_door(data: Path) -> Iterator[FaultyDoor]:
    """All of it, for one block."""
    with broker_site(data, NODE) as site, tempfile.TemporaryDirectory(prefix="o-") as directory:
        edges = Path(directory) / "edges"
        edges.touch()
        socket = Path(directory) / "front.sock"
        board = BoardAtHand(socket, start_board(socket, "--edges", str(edges)))
        door = FaultyDoor(site, board, edges)
        try:
            yield door
        finally:
            door.keeper.stop()
            door.signal(signal.SIGCONT, *door._stopped)
            for process in (door.process, board.process):
                if process.poll() is None:
                    process.kill()
                process.communicate()


def do(door: FaultyDoor, fault: str, dice: random.Random) -> None:
    """One fault, made at this moment."""
    node = door.process.pid
    if fault == "node killed":
        door.kill()
    elif fault == "guard killed":
        door.signal(signal.SIGKILL, door.guard())
    elif fault == "both killed":
        door.signal(signal.SIGKILL, door.guard(), node)
        door.process.wait()
    elif fault in ("node stopped", "guard stopped", "both stopped"):
        stopped = {"node": [node], "guard": [door.guard()], "both": [door.guard(), node]}[fault.split()[0]]
        door.signal(signal.SIGSTOP, *stopped)
        threading.Event().wait(dice.choice([0.1, 0.8, 2.5]))
        door.signal(signal.SIGCONT, *stopped)
    elif fault == "broker killed":
        door.site.kill()
    elif fault == "replay" and door.keeper.sent:
        for _ in range(3):
            door.keeper.post("answer", dice.choice(door.keeper.sent))
    elif fault == "retained answer" and door.keeper.sent:
        door.keeper.post("answer", door.keeper.sent[-1], retain=True)
    elif fault == "old owner":
        door.keeper.term, before = 1, door.keeper.term
        door.visit(MEMBER)
        threading.Event().wait(0.1)
        door.keeper.term = max(before, 7)


FAULTS = (
    *("node killed", "guard killed", "both killed", "node stopped", "guard stopped", "both stopped", "broker killed"),
    *("replay", "retained answer", "old owner"),
)
