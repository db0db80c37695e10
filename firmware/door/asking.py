"""Attempts: each is asked about, answered once or decided alone, shown, and, where a decision was made, closed."""

from ostiary.firmware.door.attempts import Attempts, key_of
from ostiary.firmware.door.deeds import Deeds
from ostiary.firmware.door.offline import EXPIRED, Offline, decision, receipt_of
from ostiary.firmware.door.passage import Passage
from ostiary.firmware.door.session import BUSY, DENY, GRANT, REFUSE, Answer, Judgement, Session, without_face
from ostiary.firmware.door.standing import Standing
from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

REMEMBERED = 32


class Asking:
    """The attempts of one door. `online` is told by whoever watches the line; a door without it asks nobody."""

    def __init__(
        self,
        door: str,
        roles: "tuple[str, ...]",
        deeds: Deeds,
        passage: Passage,
        standing: Standing,
        offline: Offline,
        safe_mode: bool,
    ) -> None:
        self.online = False
        self._door = door
        self._is_reader = "reader" in roles
        self._has_strike = "strike" in roles
        self._deeds = deeds
        self._passage = passage
        self._standing = standing
        self._offline = offline
        self._safe_mode = safe_mode
        self._attempts = Attempts()
        self._asks = 0
        self._waiting: Session | None = None
        self._expired: list[Session] = []
        self._elsewhere: list[str] = []
        self._learn = ""

    @property
    def waiting(self) -> bool:
        """Whether somebody stands there and waits."""
        return self._waiting is not None

    def attempt(self, facts: "dict[str, Any]", nonce: bytes) -> None:
        """Somebody presents something."""
        if self._deeds.notes.locked:
            self._turn_away("the journal cannot be written")
            return
        if self._waiting is not None:
            self._turn_away("another attempt waits for its answer")
            return
        barred = self._barred(facts)
        looked_at = without_face(facts) if barred else facts
        if looked_at is None:
            self._turn_away(barred)
            return
        session = Session(nonce, looked_at, self._deeds.now_ms, self._standing.limit_ms)
        if not self.online or not self._is_reader:
            self._decide_alone(session, "no line to the keeper" if self._is_reader else "this node asks nobody")
            return
        self._asks += 1
        self._waiting = session
        at = self._deeds.clock.at(self._deeds.now_ms)
        self._deeds.send("ask", session.ask(self._door, self._deeds.notes.boot, self._asks, at, looked_at))

    def answer(self, answer: Answer) -> None:
        """An authentic answer; its term was seen already."""
        receipt = answer.receipt
        if receipt and (self._passage.knows(receipt) or receipt in self._elsewhere):
            return  # the same decision once more (QoS 1 may repeat a message): it is closed, or will be
        session = self._asked(answer.nonce)
        if session is None:
            self._refuse(answer, "its nonce is of no open attempt here")
            return
        judged = session.judge(answer, self._deeds.now_ms, self._standing.term, self._has_strike)
        if judged.kind == GRANT and self._standing.lockdown:
            judged = Judgement(REFUSE, why="the door is locked down")
        if judged.kind == REFUSE:
            self._refuse(answer, judged.why)
            # An owner whose lease has ended does not spoil the answer of the one who followed.
            if answer.term < self._standing.term:
                return
        was_waiting = self._waiting is session
        self._expired = [kept for kept in self._expired if kept is not session]
        if was_waiting:
            self._waiting = None
            self._learn = answer.learn or self._learn
            self._carry_out(session, answer, judged)

    def tick(self) -> None:
        """End the patience with an ask."""
        due_ms = self._waiting.due_ms() if self._waiting else None
        if due_ms is not None and self._deeds.now_ms >= due_ms:
            self.give_up("no answer in time")

    def give_up(self, why: str) -> None:
        """No answer will come, or none could count: this door does without."""
        session = self._waiting
        if session is not None:
            session.expire()
            self._expired = self._expired[1 - REMEMBERED :]
            self._expired.append(session)
            self._waiting = None
            self._decide_alone(session, why)

    def dues(self) -> "list[int | None]":
        """When `tick` is wanted."""
        return [self._waiting.due_ms() if self._waiting else None]

    def _barred(self, facts: "dict[str, Any]") -> str:
        """Why no face is looked at now, or nothing."""
        if facts["credential"] != "face":
            return ""
        if self._safe_mode:
            return "no faces in safe mode"
        if not self._standing.face:
            return "faces are off at this door"
        return self._attempts.bar(key_of(facts), self._deeds.now_ms)

    def _asked(self, nonce: str) -> Session | None:
        if self._waiting is not None and self._waiting.nonce == nonce:
            return self._waiting
        for session in self._expired:
            if session.nonce == nonce:
                return session
        return None

    def _carry_out(self, session: Session, answer: Answer, judged: Judgement) -> None:
        if judged.kind == GRANT:
            if self._has_strike:
                self._passage.grant(answer.receipt, judged.pulse_ms, judged.held_ms)
            else:
                # Another node has the strike, and its journal the last word on what the door did.
                self._elsewhere = self._elsewhere[1 - REMEMBERED :]
                self._elsewhere.append(answer.receipt)
            self._deeds.show("yes", answer.learn, answer.slip)
            self._let_in(session)
        elif judged.kind == DENY:
            self._deeds.show(answer.say, answer.learn, answer.slip)
            self._kept_out(session, answer.code == codes.EXPIRED, answer.receipt)
        else:
            self._decide_alone(session, "the keeper is busy" if judged.kind == BUSY else judged.why)

    def _decide_alone(self, session: Session, why: str) -> None:
        """Without an answer that counts: by the pack where the door may, else nobody is let in and nothing decided."""
        if self._deeds.notes.locked or not self._has_strike or not self._standing.decides_alone:
            session.forget()
            self._turn_away(why)
            return
        verdict = self._offline.decide(session.facts, self._deeds.now_ms)
        receipt = receipt_of(session.random)
        self._deeds.note(codes.DECIDED, receipt, why, decision(session.facts, verdict))
        if session.facts.get("duress"):
            self._deeds.note(codes.DURESS, receipt)
        granted = verdict.verdict == GRANT
        if granted:
            self._passage.grant(receipt, verdict.pulse_ms, verdict.held_ms)
        self._deeds.show("yes" if granted else "no", self._learn, {"code": receipt})
        if granted:
            self._let_in(session)
        else:
            self._kept_out(session, verdict.code == EXPIRED, receipt)

    def _let_in(self, session: Session) -> None:
        self._attempts.succeeded(key_of(session.facts), session.by_face)
        session.forget()

    def _kept_out(self, session: Session, expired: bool, receipt: str) -> None:
        """A denial is told, closes at once, and counts as a failed face where one was compared."""
        self._deeds.note(codes.EXPIRED if expired else codes.DENIED, receipt)
        if receipt:
            self._deeds.note(codes.ACTED, receipt)
        if session.by_face and not expired:
            for kind, detail in self._attempts.failed(key_of(session.facts), self._deeds.now_ms):
                self._deeds.note(kind, "", detail)
        session.forget()

    def _turn_away(self, why: str) -> None:
        """Nothing is decided, and the door says so."""
        self._deeds.show("busy", self._learn)
        self._deeds.note(codes.DENIED, "", why)

    def _refuse(self, answer: Answer, why: str) -> None:
        # A grant whose strike hangs on another node has its outcome there.
        elsewhere = not self._has_strike and answer.verdict == GRANT
        self._deeds.note(codes.REFUSED, "" if elsewhere else answer.receipt, why)
