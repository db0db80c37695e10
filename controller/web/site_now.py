"""How the site is now, door by door, as the keeper hears its nodes: one word that reads across a room."""

from collections.abc import Iterable, Mapping
from typing import Any

from ostiary.controller.web.doorway import name_of
from ostiary.controller.web.render import short
from ostiary.controller.web.views import DoorNow, DoorState, NodeNow

STATES = {
    "online": "online",
    "stopped": "stopped in order",
    "lost": "lost: it went away without a word",
    "unknown": "not heard of since the keeper started",
}
SITE = None


def doors_now(standing: Mapping[str, Any], doors: Iterable[str], pins: Mapping[str, DoorState]) -> tuple[DoorNow, ...]:
    """Every door of the policy and every door that has a node, by name. `pins` are those of virtual doors."""
    nodes = standing["nodes"]
    locked = {lock["door"]: lock["since_ms"] for lock in standing["locked"]}
    known = sorted({*doors, *(node["door"] for node in nodes)})
    return tuple(
        _door(door, tuple(map(_node, filter(lambda node, door=door: node["door"] == door, nodes))), locked, pins)
        for door in known
    )


def offline(doors: Iterable[DoorNow]) -> tuple[NodeNow, ...]:
    """The nodes that cannot be reached now."""
    return tuple(node for door in doors for node in door.nodes if node.state != "online")


def alarms(standing: Mapping[str, Any]) -> tuple[str, ...]:
    """What of the keeper itself needs a hand, in its own words."""
    outage = standing["log_outage"]
    if outage is None:
        return tuple(standing["log_alarms"])
    busy = f"{outage['unanswered']} requests were told busy"
    said = f"Nothing can be recorded since {short(outage['since_ms'])}, so no door decides; {busy}. {outage['why']}"
    return (said, *standing["log_alarms"])


def _node(told: Mapping[str, Any]) -> NodeNow:
    state = told["state"] if told["state"] in STATES else "unknown"
    return NodeNow(told["node"], told["door"], state, STATES[state], told["at_ms"], bool(told["virtual"]))


def _door(
    door: str, nodes: tuple[NodeNow, ...], locked: Mapping[str | None, int], pins: Mapping[str, DoorState]
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
    notes = [f"{node.node}: {node.says}" for node in away]
    if since_ms is not None:
        notes.append(f"Nobody is let in since {short(since_ms)}. Leaving works as ever.")
    held = pins.get(door)
    contact = held.contact if held is not None and held.here else ""
    strike = "" if held is None or not held.here else "released" if held.strike else "locked"
    return DoorNow(door, name_of(door), word, tone, tuple(notes), since_ms, SITE in locked, nodes, contact, strike)
