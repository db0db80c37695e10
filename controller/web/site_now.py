"""How the site is now, door by door, as the keeper hears its nodes: one word that reads across a room."""

from collections.abc import Iterable, Mapping
from typing import Any

from ostiary.controller.web.doorway import name_of
from ostiary.controller.web.render import short
from ostiary.controller.web.views import AlarmLine, AlarmsNow, DoorNow, DoorState, NodeNow

STATES = {
    "online": "online",
    "stopped": "stopped in order",
    "lost": "lost: it went away without a word",
    "unknown": "not heard of since the keeper started",
}
SITE = None


def doors_now(
    standing: Mapping[str, Any], doors: Mapping[str, int | None], pins: Mapping[str, DoorState]
) -> tuple[DoorNow, ...]:
    """Every door of the policy and every door that has a node, by name. `doors` says for how long a door may decide
    alone by a pack (None: it may not), `pins` are those of virtual doors."""
    nodes = standing["nodes"]
    locked = {lock["door"]: lock["since_ms"] for lock in standing["locked"]}
    faceless = {off["door"]: off["since_ms"] for off in standing["faceless"]}
    known = sorted({*doors, *(node["door"] for node in nodes)})
    return tuple(
        _door(
            door, tuple(_node(node) for node in nodes if node["door"] == door), locked, faceless, pins, doors.get(door)
        )
        for door in known
    )


def alarms(standing: Mapping[str, Any]) -> AlarmsNow:
    """What needs a hand: first the keeper itself, then what nodes raised, those that nobody has seen first."""
    said = [AlarmLine(None, "The log", words, None) for words in standing["log_alarms"]]
    if (outage := standing["log_outage"]) is not None:
        busy = f"{outage['unanswered']} requests were told busy"
        words = f"Nothing can be recorded, so no door decides; {busy}. {outage['why']}"
        said.insert(0, AlarmLine(None, "The keeper", words, outage["since_ms"]))
    raised = [
        AlarmLine(one["number"], _where(one), one["say"], one["since_ms"], one["over_ms"], one["by"])
        for one in standing["alarms"]
    ]
    return AlarmsNow("alarms", (*said, *sorted(raised, key=lambda one: (one.by is not None, -(one.since_ms or 0)))))


def not_acknowledged(doors: Iterable[DoorNow]) -> tuple[NodeNow, ...]:
    """The nodes that have not yet said that they took what they shall be."""
    return tuple(node for door in doors for node in door.nodes if not node.acknowledged)


def _where(alarm: Mapping[str, Any]) -> str:
    return f"{name_of(alarm['door'])}, node {alarm['node']}" if alarm["node"] else "The site"


def _node(told: Mapping[str, Any]) -> NodeNow:
    state = told["state"] if told["state"] in STATES else "unknown"
    acknowledged = bool(told["acknowledged"])
    age_ms, at_ms = told["pack_age_ms"], told["at_ms"]
    pack_ms = None if age_ms is None or at_ms is None else at_ms - age_ms
    return NodeNow(
        told["node"], told["door"], state, STATES[state], at_ms, bool(told["virtual"]), acknowledged, pack_ms
    )


def _alone(node: NodeNow, alone_ms: int | None) -> str:
    """What a node that cannot be reached may do, and for how long a change stays unknown to it."""
    if alone_ms is None or node.pack_ms is None:
        return "It lets nobody in alone."
    until = short(node.pack_ms + alone_ms)
    made = short(node.pack_ms)
    return f"Its pack is of {made}: it may decide alone until {until}, and so long a change is unknown to it."


def _door(
    door: str,
    nodes: tuple[NodeNow, ...],
    locked: Mapping[str | None, int],
    faceless: Mapping[str, int],
    pins: Mapping[str, DoorState],
    alone_ms: int | None,
) -> DoorNow:
    since_ms = locked.get(SITE, locked.get(door))
    away = [node for node in nodes if node.state != "online"]
    if since_ms is not None:
        word, tone = "locked down", "no"
    elif not nodes:
        word, tone = "no node", "wait"
    elif away:
        word, tone = "offline" if len(away) == len(nodes) else "in part offline", "wait"
    else:
        word, tone = "ready", "yes"
    notes = [f"{node.node}: {node.says}. {_alone(node, alone_ms)}" for node in away]
    if since_ms is not None:
        notes.append(f"Nobody is let in since {short(since_ms)}. Leaving works as ever.")
        unheard = [node.node for node in nodes if not node.acknowledged]
        notes.append(f"Not acknowledged by: {', '.join(unheard)}." if unheard else "Every node has acknowledged it.")
    if (off_ms := faceless.get(door)) is not None:
        notes.append(f"No face is looked at since {short(off_ms)}; cards go on.")
    held = pins.get(door)
    contact = held.contact if held is not None and held.here else ""
    strike = "" if held is None or not held.here else "released" if held.strike else "locked"
    return DoorNow(
        door, name_of(door), word, tone, tuple(notes), since_ms, SITE in locked, off_ms, nodes, contact, strike
    )
