"""Alarming: alarms and the log. What is recorded of an alarm, and which alarms stand, as the log tells it again."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from ostiary.controller.access.intake import Note, Standing
from ostiary.controller.fleet.alarms import LOST, OTHER_OWNER, Alarm, Alarms, Change, Happening, Turn, told
from ostiary.controller.fleet.heard import Node
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.protocol import codes

TURNS = frozenset(turn.value for turn in Turn)

_log = logging.getLogger("ostiary.keeper")


def by_events(notes: Iterable[Note], at_ms: int) -> list[Happening]:
    """What entries of journals, which were taken, begin and end."""
    return [
        Happening(note.standing.node, note.standing.door, kind, at_ms, over)
        for note in notes
        for kind, over in told(note.message["kind"])
    ]


def by_words(standing: Standing, node: Node, at_ms: int) -> list[Happening]:
    """What a node's last words say: levels, so that what could not be recorded is found again."""
    if node.at_ms is None:
        return []
    levels = {LOST: node.state == "lost", OTHER_OWNER: node.superseded()}
    found = [Happening(standing.node, standing.door, kind, at_ms, not level) for kind, level in levels.items()]
    if not node.safe_mode and node.state == "online":  # that it began stands in its journal
        found.append(Happening(standing.node, standing.door, codes.SAFE_MODE, at_ms, over=True))
    return found


def draft(site: str, change: Change, at_ms: int, by: dict[str, Any] | None = None) -> Draft:
    """The record of a change. `by` says which operator acknowledged, in which role."""
    alarm = change.alarm
    body = {"at_ms": at_ms, "site": site, **asdict(alarm), **(by or {})}
    return Draft(change.turn.value, at_ms, body, (), door=alarm.door, code=alarm.kind, about=alarm.number)


def change_in(position: int, kind: str, body: dict[str, Any]) -> Change | None:
    """The change that a record says; None for one that is about no node's alarm, as that of an outage."""
    if kind not in TURNS or "node" not in body:
        return None
    alarm = Alarm(**{name: body[name] for name in Alarm.__slots__})
    return Change(Turn(kind), replace(alarm, number=position) if kind == Turn.RAISED else alarm)


def _stands(kind: str, turns: set[str]) -> bool:
    over_ms, by = (0 if Turn.OVER in turns else None), ("somebody" if Turn.ACKNOWLEDGED in turns else None)
    return Alarm("", "", kind, 0, over_ms=over_ms, by=by).stands


def remembered_alarms(log: Log) -> Alarms:
    """The alarms that stand by the log. Only what still stands is opened."""
    alarms, reading = Alarms(), log.reading()
    rows = [row for turn in Turn for row in reading.all_of(turn)]
    # By the index alone: all that was said of one alarm names the record that raised it.
    said: dict[int, set[str]] = {}
    for row in rows:
        said.setdefault(row.position if row.kind == Turn.RAISED else row.about or 0, set()).add(row.kind)
    kinds = {row.position: row.code or "" for row in rows}
    gone = {number for number, turns in said.items() if not _stands(kinds.get(number, ""), turns)}
    for row in sorted(rows, key=lambda row: row.position):
        number = row.position if row.kind == Turn.RAISED else row.about or 0
        if number in gone:
            continue
        try:
            body = log.open(row.position)
        except Broken as error:
            # One damaged record must not keep the site shut; that alarm is not listed any more.
            _log.error("An alarm's record could not be read: %s", error)
            continue
        if isinstance(body, dict) and (change := change_in(row.position, row.kind, body)):
            alarms.recorded(change)
    return alarms
