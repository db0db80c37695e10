"""Alarms: what somebody must look at, raised by what nodes tell and by their last wills. On change, and never twice.

Pure: a happening goes in, changes come out, and a change counts once its record is durable. What equipment does by
itself and mends by itself (a line, the mains) leaves the list when it is over; what people do stays until an operator
has acknowledged it (after ISA-18.2, clause 5: active, returned, acknowledged).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ostiary.protocol import codes

LOST, OTHER_OWNER = "lost", "other-owner"
MAIL_FAILED = "mail-failed"
"""The one alarm of the site itself: it has no node and no door."""
OVER: Mapping[str, str] = {
    codes.TAMPER_OVER: codes.TAMPER,
    codes.FIRE_OVER: codes.FIRE,
    codes.POWER_RESTORED: codes.POWER_FAIL,
    codes.LINE_BACK: codes.LINE_LOST,
}
BY_EVENT = frozenset(
    (
        *OVER.values(),
        *(codes.FORCED, codes.HELD, codes.DURESS, codes.TAILGATE, codes.SAFE_MODE, codes.ATTEMPTS_EXHAUSTED),
    )
)
LEAVES_BY_ITSELF = frozenset(
    (codes.HELD, codes.POWER_FAIL, codes.LINE_LOST, codes.SAFE_MODE, LOST, OTHER_OWNER, MAIL_FAILED)
)
# These are moments, not states: nothing tells that they are over.
MOMENTS = frozenset((codes.DURESS, codes.TAILGATE, codes.ATTEMPTS_EXHAUSTED))
SAYS: Mapping[str, str] = {
    LOST: "The node is gone: its line ended without a goodbye.",
    OTHER_OWNER: "The node obeys another controller, whose lease came after this one's.",
    MAIL_FAILED: "Mail is not taken, so nobody hears of alarms and contests by mail: try ostiary mail test.",
}


def says(kind: str) -> str:
    """The sentence of an alarm's kind."""
    return SAYS.get(kind) or codes.SAYS[kind]


class Turn(StrEnum):
    """What a record says of an alarm: its kind in the log."""

    RAISED = "alarm"
    OVER = "alarm-over"
    ACKNOWLEDGED = "alarm-acknowledged"


@dataclass(frozen=True, slots=True)
class Happening:
    """A node tells that this began, or that it is over. `kind` is an alarm's, `at_ms` Unix time at the keeper."""

    node: str
    door: str
    kind: str
    at_ms: int
    over: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `number` is the log's number of the record that raised it, None until that is durable; `over_ms` and
    `by` (the operator who acknowledged it) are None while it is not."""

    node: str
    door: str
    kind: str
    since_ms: int
    number: int | None = None
    over_ms: int | None = None
    by: str | None = None

    @property
    def stands(self) -> bool:
        """Whether it is listed still."""
        if self.over_ms is None and self.kind not in MOMENTS:
            return True
        return self.by is None and self.kind not in LEAVES_BY_ITSELF


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be recorded: an alarm that begins, or one (by its number) that is over."""

    turn: Turn
    alarm: Alarm


def told(kind: str) -> list[tuple[str, bool]]:
    """Which alarms a journal's event begins (False) or ends (True)."""
    if kind == codes.CLOSED:
        return [(codes.FORCED, True), (codes.HELD, True)]
    if kind in OVER:
        return [(OVER[kind], True)]
    return [(kind, False)] if kind in BY_EVENT else []


class Alarms:
    """The alarms that stand, the oldest first."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], Alarm] = {}

    def all(self) -> list[Alarm]:
        return sorted(self._standing.values(), key=lambda alarm: (alarm.since_ms, alarm.node, alarm.kind))

    def numbered(self, number: int) -> Alarm | None:
        return next((alarm for alarm in self._standing.values() if alarm.number == number), None)

    def changes(self, happenings: Iterable[Happening]) -> list[Change]:
        """What these happenings change; nothing counts until it was `recorded`. What begins and is over within them
        and leaves by itself is no alarm any more: the events stand in the log."""
        after = dict(self._standing)
        begun: dict[tuple[str, str], Alarm] = {}
        over: list[Change] = []
        for one in happenings:
            key = (one.node, one.kind)
            held = after.get(key)
            if not one.over:
                if held is None or (held.over_ms is not None and one.kind not in MOMENTS):
                    after[key] = begun[key] = Alarm(one.node, one.door, one.kind, one.at_ms)
            elif held is not None and held.over_ms is None:
                after[key] = ended = replace(held, over_ms=one.at_ms)
                if key in begun:
                    begun[key] = ended
                else:
                    over.append(Change(Turn.OVER, ended))
                if not ended.stands:
                    del after[key]
                    begun.pop(key, None)
        return over + [Change(Turn.RAISED, alarm) for alarm in begun.values()]

    def recorded(self, change: Change) -> None:
        """This change is durable; a raised alarm has its number."""
        alarm = change.alarm
        key = (alarm.node, alarm.kind)
        if change.turn is Turn.RAISED:
            self._standing[key] = alarm
        elif (held := self._standing.get(key)) is not None and held.number == alarm.number:
            # What is over and what is acknowledged may be recorded at the same time: neither undoes the other.
            self._standing[key] = replace(held, over_ms=alarm.over_ms or held.over_ms, by=alarm.by or held.by)
        if (held := self._standing.get(key)) is not None and not held.stands:
            del self._standing[key]
