"""A keeper of few words in virtual time: who may pass which door, one record each, and every journal kept in order.

It judges nobody by a policy; that is the real keeper's, against which the same scenarios are played.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from ostiary.firmware.virtual.quick.brought import pass_text, probe
from ostiary.firmware.virtual.quick.clockwork import Clockwork
from ostiary.firmware.virtual.quick.wire import Wire
from ostiary.protocol import base64url
from ostiary.scenarios.play.judge import Decided, Told
from ostiary.scenarios.play.language import Door, Person
from ostiary.scenarios.play.world import Row

TELL_MS = 20
CLOSE_MS = 60_000  # what no journal closes by then is closed as unknown
OUTCOMES = ("acted", "unused", "refused")
LEARN = "https://door.example"
EXPIRED = "pass-expired"


@dataclass
class Record:
    """A row, and what stands behind it."""

    row: Row
    node: str
    seq: int = 0
    kind: str = ""
    receipt: str | None = None
    pulse_ms: int = 0


@dataclass
class QuickKeeper:
    """`up`: whether it hears anything. Records outlive its restarts, as a log does. `nodes`: node → (door, roles)."""

    clockwork: Clockwork
    wire: Wire
    dice: random.Random
    doors: dict[str, Door]
    people: dict[str, Person]
    nodes: dict[str, tuple[str, tuple[str, ...]]]
    up: bool = True
    term: int = 1
    records: list[Record] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    _decided: dict[str, int] = field(default_factory=dict)
    _closed: dict[int, list[str]] = field(default_factory=dict)
    _asked: dict[str, tuple[int, int]] = field(default_factory=dict)
    _upto: dict[str, int] = field(default_factory=dict)
    _telling: set[str] = field(default_factory=set)
    _number: int = 0
    _status: dict[str, dict[str, Any]] = field(default_factory=dict)

    def heard(self, node: str, purpose: str, message: dict[str, Any]) -> None:
        """From the wire."""
        if not self.up:
            return
        if purpose == "ask":
            self._ask(node, message)
        elif purpose == "event":
            self._event(node, message)
        elif purpose == "status" and message["state"] == "online":
            # Every five seconds one comes; only a new boot is news.
            if message["boot"] != self._status.get(node, {}).get("boot"):
                self._tell(node)
            self._status[node] = message

    def desire(self) -> None:
        """Say to every node what it shall be."""
        for node in self.nodes:
            self._tell(node)

    def restart(self) -> None:
        """It was away; what it has is what its log says."""
        self.up = True
        self._telling.clear()
        self.desire()

    def decided(self, door: str) -> tuple[Decided, ...]:
        """This door's decisions, and what operators ordered, for the judge; an order needs no outcome."""
        return tuple(
            Decided(
                record.receipt or "", record.pulse_ms, tuple(self._closed.get(at, ())) if not ordered else ("done",)
            )
            for at, record in enumerate(self.records)
            if record.row.door == door and ((ordered := record.row.kind == "release") or record.row.kind == "decision")
        )

    def told(self, node: str) -> tuple[Told, ...]:
        """What the log has of a node's journal."""
        return tuple(
            Told(record.seq, record.kind, record.receipt)
            for record in self.records
            if record.node == node and record.seq
        )

    def _ask(self, node: str, ask: dict[str, Any]) -> None:
        door, number = self.doors[self.nodes[node][0]], (ask["boot"], ask["seq"])
        if number <= self._asked.get(node, (0, 0)):
            return  # counts once; the real keeper says the same bytes again
        self._asked[node] = number
        why = self._why_not(door, ask)
        receipt = self._code()
        pulse_ms = 0 if why else door.pulse_ms
        self._decision(door.name, why, node, receipt, pulse_ms)
        person = self._person(ask)
        if person is not None and not why and ask.get("pin") and ask["pin"] == person.duress:
            self._record("event", door.name, None, "duress", "", 0, None)
        strike = self._strike_of(door.name)
        if strike != node:
            if not why:
                self._order(strike, "release", pulse_ms=pulse_ms, receipt=receipt)
            pulse_ms = 0
        slip = {"code": receipt, "leaf": base64url.encode(bytes(32)), "salt": base64url.encode(bytes(16))}
        answer = {
            "v": 1, "nonce": ask["nonce"], "verdict": "deny" if why else "grant", "pulse_ms": pulse_ms,
            "term": self.term, "receipt": slip, "show": {"say": "no" if why else "yes", "learn": LEARN},
        }  # fmt: skip
        if why == EXPIRED:
            answer["code"] = "expired"
        self.wire.to_node(node, "answer", answer)

    def order(self, door: str, do: str) -> None:
        """An operator's order to the strike's node: release-once, locate or reboot. Recorded first."""
        node, fields = self._strike_of(door), dict[str, Any]()
        if do == "release-once":
            receipt, pulse_ms = self._code(), self.doors[door].pulse_ms
            position = self._record("release", door, None, "release", node, 0, receipt)
            self.records[position].pulse_ms = pulse_ms
            fields = {"receipt": receipt, "pulse_ms": pulse_ms}
        elif do == "locate":
            fields = {"seconds": 10}
        self._order(node, "command", do=do, **fields)

    def _order(self, node: str, purpose: str, **fields: Any) -> None:
        """Name the last nonce that this node said; one that is away gets nothing."""
        status = self._status.get(node)
        if status is None:
            return
        self._number += 1
        message = {"v": 1, "nonce": status["nonce"], "boot": status["boot"], "number": self._number, "term": self.term}
        self.wire.to_node(node, purpose, {**message, **fields})

    def _strike_of(self, door: str) -> str:
        return next(node for node, (its, roles) in self.nodes.items() if its == door and "strike" in roles)

    def _code(self) -> str:
        return "".join(self.dice.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(16))

    def _decision(self, door: str, why: str | None, node: str, receipt: str, pulse_ms: int, alone: bool = False) -> int:
        position = self._record("decision", door, "deny" if why else "grant", why or "member", node, 0, receipt)
        record = self.records[position]
        record.pulse_ms, record.row = pulse_ms, replace(record.row, alone=alone)
        self._decided[receipt] = position
        self.clockwork.after(CLOSE_MS, lambda: self._close_late(position))
        return position

    def _why_not(self, door: Door, ask: dict[str, Any]) -> str | None:
        """The reason of a denial, or None."""
        if door.name in self.locked:
            return "lockdown"
        person, kind = self._person(ask), ask["claim"]["kind"] if "claim" in ask else "face"
        if person is None:
            return f"{kind}-unknown"
        if "probe" in ask and ask["probe"]["vector"] != probe(person.face or "")["vector"]:
            return "face-no-match"
        way = "face" if "probe" in ask else f"{kind}+pin" if ask.get("pin") else kind
        if way not in door.takes:
            return "credential"
        if ask.get("pin") and ask["pin"] not in (person.pin, person.duress):
            return "pin"
        if kind == "pass" and person.pass_is == "expired":  # noqa: S105 - what became of it, no secret
            return EXPIRED
        return None if person.member else "member"

    def _person(self, ask: dict[str, Any]) -> Person | None:
        claim = ask.get("claim")
        for one in self.people.values():
            if claim is None and one.face and probe(one.face)["vector"] == ask.get("probe", {}).get("vector"):
                return one
            if claim and claim["value"] in (one.card, pass_text(one.name) if one.pass_is else None):
                return one
        return None

    def _event(self, node: str, event: dict[str, Any]) -> None:
        if event["seq"] <= self._upto.get(node, 0):
            self._tell(node)
            return
        if event["seq"] != self._upto.get(node, 0) + 1:
            return  # out of turn: it comes again, in order
        self._upto[node] = event["seq"]
        door = self.nodes[node][0]
        if "decision" in event:
            said, receipt = event["decision"], event["receipt"]
            why = None if said["verdict"] == "grant" else said["code"]
            position = self._decision(door, why, node, receipt, 0 if why else self.doors[door].pulse_ms, alone=True)
            self.records[position].seq, self.records[position].kind = event["seq"], event["kind"]
            self._tell(node)
            return
        about = self._decided.get(event.get("receipt", ""))
        closes = about is not None and (self.records[about].row.verdict == "deny" or node == self._strike_of(door))
        outcome = event["kind"] in OUTCOMES and closes
        if outcome and about is not None:
            # A second outcome shows, unless it corrects what the keeper had closed by itself.
            before = self._closed.get(about, [])
            self._closed[about] = [*(one for one in before if one != "unknown"), event["kind"]]
        kind = "outcome" if outcome else "event"
        about = about if outcome else None
        position = self._record(kind, door, None, event["kind"], node, event["seq"], event.get("receipt"), about)
        self.records[position].kind = event["kind"]
        self._tell(node)

    def _close_late(self, position: int) -> None:
        if position not in self._closed:
            self._closed[position] = ["unknown"]
            row = self.records[position].row
            self._record("outcome", row.door or "", None, "unknown", "", 0, None, position)

    def _record(
        self,
        kind: str,
        door: str,
        verdict: str | None,
        code: str,
        node: str,
        seq: int,
        receipt: str | None,
        about: int | None = None,
    ) -> int:
        position = len(self.records)
        row = Row(position, kind, door, verdict, code, about)
        self.records.append(Record(row, node, seq, receipt=receipt))
        return position

    def _tell(self, node: str) -> None:
        """Once for all that came in a moment."""
        if node in self._telling:
            return
        self._telling.add(node)
        self.clockwork.after(TELL_MS, lambda: self._told(node))

    def _told(self, node: str) -> None:
        self._telling.discard(node)
        if not self.up:
            return
        self._number += 1
        door = self.nodes[node][0]
        desired = {
            "v": 1, "term": self.term, "number": self._number, "journal_upto": self._upto.get(node, 0),
            "lockdown": door in self.locked, "face": True, "offline": "deny",
        }  # fmt: skip
        if self.doors[door].alone:
            desired |= {"offline": "pack", "offline_max_age_ms": 86_400_000}
        self.wire.to_node(node, "desired", desired)
