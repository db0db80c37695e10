"""A host that carries a door's effects out on a pretended journal and strike, and judges each as it comes."""

from typing import Any

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import BOTH, Door
from ostiary.protocol import base64url, codes, messages

CLOCK_MS = 1_800_000_000_000
CARD: dict[str, Any] = {"credential": "card", "claim": {"kind": "card", "value": "471"}, "faces": 0}
FACE: dict[str, Any] = {
    "credential": "face",
    "probe": {"model": "0" * 64, "runtime": "a test", "vector": base64url.encode(bytes(64)), "scale": 1.0},
    "faces": 1,
}
DESIRED: dict[str, Any] = {"v": 1, "journal_upto": 0, "lockdown": False, "face": True, "offline": "deny"}


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["kind"] for entry in entries]


class Verdict:
    """What a pack says."""

    def __init__(self, verdict: str, code: str, version: int = 7, pulse_ms: int = 5_000) -> None:
        self.verdict, self.code, self.pack_version, self.held_ms = verdict, code, version, 0
        self.pulse_ms = pulse_ms if verdict == "grant" else 0
        self.subject: str | None = base64url.encode(b"x" * 12)
        self.pack_age_ms: int | None = 1_000


class Pack:
    """A pack that always says the same; `asked` is what it was asked about."""

    def __init__(self, verdict: Verdict, age_ms: int | None = 1_000) -> None:
        self.verdict, self.version, self._age_ms = verdict, verdict.pack_version, age_ms
        self.asked: list[dict[str, Any]] = []

    def age_ms(self, at_ms: int) -> int | None:
        return self._age_ms

    def decide(self, facts: dict[str, Any], at_ms: int, clock: str) -> Verdict:
        self.asked.append(dict(facts))
        return self.verdict


class World:
    """`entries` is the whole journal, `edges` the receipts whose strike-on reached the strike, `earned` what a keeper
    or a pack granted, with its pulse."""

    def __init__(self, roles: tuple[str, ...] = BOTH, online: bool = True, safe_mode: bool = False) -> None:
        self.roles, self.online, self.safe_mode = roles, online, safe_mode
        self.kept = journal.Recovered()
        self.data = journal.head(self.kept)
        self.now_ms = 0
        self.asks: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.reported: list[dict[str, Any]] = []
        self.shown: list[str] = []
        self.slips: list[dict[str, Any] | None] = []
        self.told: list[str] = []
        self.other: list[str] = []
        self.entries: list[dict[str, Any]] = []
        self.on_until_ms: int | None = None
        self.edges: list[str] = []
        self.earned: dict[str, int] = {}
        self.answered: list[str] = []
        self.maybe_lost: set[str] = set()
        self.disk = True
        self.cut_after: int | None = None
        self.pack: Pack | None = None
        self.boot = 0
        self.number = 0
        self.term = 1
        self.start()

    def start(self) -> None:
        """A boot: the journal's bytes are all that is left of the one before."""
        recovered = journal.recover(self.data)
        assert recovered.clean
        assert (recovered.term, recovered.desired) == (self.kept.term, self.kept.desired)
        self.boot += 1
        self.on_until_ms = None  # power, and with it the strike, was gone
        self.door = Door("front", self.boot, recovered, self.roles, self.safe_mode)
        self.cut_after = None
        self.statuses = []
        self.told = []
        self.handle(("clock", CLOCK_MS, "set"))
        self.handle(("start",))
        self.handle(("pack", self.pack))
        self.handle(("line", self.online))

    def handle(self, event: tuple[Any, ...]) -> None:
        effects = self.door.handle(event, self.now_ms)
        for number, effect in enumerate(effects):
            if self.cut_after is not None and number >= self.cut_after:
                if event[0] in ("answer", "release", "command"):
                    self.maybe_lost.add(self._receipt(event[1]))
                self.maybe_lost |= {done[1].get("receipt") for done in effects[number:] if done[0] == "journal"}
                self.forget()
                self.start()
                return
            if effect[0] in ("journal", "remember") and not self.disk:
                self.handle(("journal-failed", effects[number:]))
                return
            self.carry_out(effect)
        if ("nonce-wanted",) in effects:
            self.number += 1
            self.handle(("nonce", self.number.to_bytes(16, "big")))

    def forget(self) -> None:
        """What is owed to a full disk is in memory only."""
        self.maybe_lost |= {entry.get("receipt", "") for entry in self.door.notes.owed}

    def carry_out(self, effect: tuple[Any, ...]) -> None:
        if effect[0] == "journal":
            entry = effect[1]
            messages.encode("event", entry)
            assert entry["seq"] == len(self.entries) + 1
            self.entries.append(entry)
            self.kept.follow(entry)
            self.data += journal.line(entry)
            if entry["kind"] == codes.DECIDED and entry["decision"]["verdict"] == "grant":
                assert self.pack is not None
                self.earned[entry["receipt"]] = self.pack.verdict.pulse_ms
        elif effect[0] == "remember":
            self.kept.term, self.kept.desired = effect[1], effect[2]
            self.data += journal.head(self.kept)
        elif effect[0] == "strike" and effect[1]:
            assert "strike" in self.roles
            on = [entry for entry in self.entries if entry["kind"] == codes.STRIKE_ON][-1]
            assert self.earned.get(on["receipt"]) == effect[1], "the strike moves for a journalled grant only"
            assert on["receipt"] not in self.edges, "and once for each"
            assert not self.door.standing.lockdown
            self.edges.append(on["receipt"])
            self.on_until_ms = self.now_ms + effect[1]
        elif effect[0] == "strike":
            self.on_until_ms = None
        elif effect[0] == "send":
            self._sent(effect[1], effect[2])
        elif effect[0] == "show":
            self.shown.append(effect[1]["say"])
            self.slips.append(effect[2])
        elif effect[0] == "tell":
            assert not self.told or self.told[-1] != effect[1], "a pattern is told on change"
            self.told.append(effect[1])
        elif effect[0] == "acknowledge":
            self.kept.acknowledge(effect[1])
            self.data += journal.head(self.kept)
        else:
            self.other.append(effect[0])

    def wait(self, after_ms: int) -> None:
        until_ms = self.now_ms + after_ms
        while (due_ms := self.door.due_ms()) is not None and due_ms <= until_ms:
            assert due_ms >= self.now_ms
            self.now_ms = due_ms
            self.handle(("tick",))
            assert (next_ms := self.door.due_ms()) is None or next_ms > due_ms, "a tick deals with what is due"
        self.now_ms = until_ms
        assert self.on_until_ms is None or self.now_ms < self.on_until_ms, "never on beyond its pulse"

    def attempt(self, facts: dict[str, Any] | None = None) -> None:
        self.number += 1
        self.handle(("attempt", CARD if facts is None else facts, self.number.to_bytes(16, "big")))

    def answer(self, how: str, pulse_ms: int = 5_000, held_ms: int = 0, term: int | None = None) -> str:
        """Answer the last ask, or a foreign one; returns the receipt."""
        self.number += 1
        code = f"{self.number:016d}"
        nonce = self.asks[-1]["nonce"] if self.asks and how != "foreign" else base64url.encode(b"?" * 16)
        granted = how not in ("deny", "expired")
        receipt = {"code": code, "leaf": base64url.encode(bytes(32)), "salt": base64url.encode(bytes(16))}
        message = {
            "v": 1,
            "nonce": nonce,
            "verdict": "grant" if granted else "deny",
            "pulse_ms": 0 if not granted or how == "no-pulse" or "strike" not in self.roles else pulse_ms,
            "held_ms": held_ms,
            "term": self.term if term is None else term,
            "receipt": receipt,
            "show": {"say": "yes" if granted else "no", "learn": ""},
        }
        if how == "expired":
            message["code"] = "expired"
        messages.encode("answer", message)
        if how == "no-receipt":
            del message["receipt"]
        else:
            self.answered.append(code)
        if how in ("grant", "twice"):
            self.earned[code] = pulse_ms
        self.handle(("answer", message))
        if how == "twice":
            self.handle(("answer", message))
        return code

    def busy(self) -> None:
        """A keeper that decides nothing now."""
        busy = {"v": 1, "nonce": self.asks[-1]["nonce"], "verdict": "deny", "pulse_ms": 0, "term": self.term}
        self.handle(("answer", {**busy, "show": {"say": "busy", "learn": ""}}))

    def ordered(self, purpose: str, **changed: Any) -> dict[str, Any]:
        """A fresh `release` or `command` (release-once), with `changed`; nothing is handed over yet."""
        self.number += 1
        nonce = self.statuses[-1]["nonce"] if self.statuses else base64url.encode(bytes(16))
        message: dict[str, Any] = {"v": 1, "nonce": nonce, "boot": self.boot, "number": self.number, "term": self.term}
        message |= {"pulse_ms": 5_000, "receipt": f"{self.number:016d}"}
        if purpose == "command":
            message["do"] = "release-once"
        return message | changed

    def order(self, purpose: str, earned: bool = True, **changed: Any) -> str:
        message = self.ordered(purpose, **changed)
        messages.encode(purpose, message)
        receipt = message.get("receipt", "")
        if receipt:
            self.answered.append(receipt)
        if earned and receipt:
            self.earned[receipt] = message["pulse_ms"]
        self.handle((purpose, message))
        return receipt

    def desire(self, **changed: Any) -> dict[str, Any]:
        self.number += 1
        message = {**DESIRED, "term": self.term, "number": self.number, **changed}
        if message["offline"] == "pack":
            message.setdefault("offline_max_age_ms", 3_600_000)
        messages.encode("desired", message)
        self.handle(("desired", message))
        return message

    def mend(self) -> None:
        self.disk = True
        if self.door.locked:
            self.handle(("journal-ok",))

    def outcomes(self, receipt: str) -> list[str]:
        mine = [entry["kind"] for entry in self.entries if entry.get("receipt") == receipt]
        return [kind for kind in mine if kind in codes.OUTCOMES]

    def _receipt(self, message: dict[str, Any]) -> str:
        told = message.get("receipt", "")
        return told["code"] if isinstance(told, dict) else told

    def _sent(self, purpose: str, message: dict[str, Any]) -> None:
        if purpose == "status":
            message = {**message, "firmware": "a test", "roles": list(self.roles), "virtual": True}
            self.statuses.append(message)
        elif purpose == "reported":
            self.reported.append(message)
        else:
            assert "reader" in self.roles
            assert not self.door.locked
            self.asks.append(message)
        messages.encode(purpose, message)
