"""Says a door's rule and its nodes in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ostiary.controller.policy.door import Door
from ostiary.controller.web.doorway import asks
from ostiary.controller.web.record_words import plain
from ostiary.controller.web.render import moment, span
from ostiary.controller.web.site_now import STATES
from ostiary.controller.web.views import Fact

FACES = {
    "off": "no face is looked at",
    "verify": "compared with one person’s, after a claim",
    "identify": "searched for",
}
OFFLINE = {"deny": "opens for nobody while it cannot ask", "pack": "decides alone by its pack"}


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node in words. `away` says why nothing can be ordered of it now, "" while it can."""

    node: str
    online: bool
    away: str
    facts: tuple[Fact, ...]


def rule(door: Door | None) -> tuple[Fact, ...]:
    """The settings of a door's rule; empty where the policy has none."""
    if door is None:
        return ()
    told = [
        Fact("Asks for", asks(door)),
        Fact("Face", FACES[door.face]),
        Fact("Grants where", "; ".join(clause.name.replace("_", " ") for clause in door.grant) or "nothing grants"),
        Fact("Strike lets go for", span(door.pulse_ms)),
        Fact("For who has more time", _longer(door)),
        Fact("Without the controller", OFFLINE.get(door.offline, door.offline)),
    ]
    if door.offline == "pack" and door.pack_age_ms is not None:
        told.append(Fact("Pack is good for", f"{span(door.pack_age_ms)}: so long can a change stay unknown there"))
    return tuple(told)


def revocation(window: Mapping[str, int] | None) -> tuple[Fact, ...]:
    """Within what time a change is known at the door; empty where it lets nobody in alone."""
    if window is None:
        return ()
    connected, cut_off = span(window["connected_ms"]), span(window["cut_off_ms"])
    return (Fact("A change is known within", f"{connected}; without a line to the controller, within {cut_off}"),)


def necessity(door: Door | None) -> tuple[Fact, ...]:
    """The signed note on why this door looks at faces; empty without one."""
    if door is None or door.necessity is None:
        return ()
    said = door.necessity.as_document()
    if not isinstance(said, Mapping):
        return (Fact("Note", str(said)),)
    return tuple(Fact(str(name).replace("_", " ").capitalize(), plain(value) or "") for name, value in said.items())


def _longer(door: Door) -> str:
    more = door.more_time
    if not more.pulse_ms and not more.held_ms:
        return "as for everybody"
    return f"{span(more.pulse_ms)} longer, and it may stand open {span(more.held_ms)} longer"


def nodes(told: Sequence[Mapping[str, Any]]) -> tuple[NodeLine, ...]:
    return tuple(NodeLine(one["node"], one["state"] == "online", one["away"] or "", _facts(one)) for one in told)


def _facts(one: Mapping[str, Any]) -> tuple[Fact, ...]:
    found = [
        Fact("State", STATES.get(str(one["state"]), str(one["state"]))),
        Fact("Role", " and ".join(one["roles"]) + (", on pretended hardware" if one["virtual"] else "")),
        Fact("Heard last", moment(one["at_ms"]) if one["at_ms"] is not None else "never"),
        Fact("Has acknowledged", "what the door shall be" if one["acknowledged"] else "not yet what the door shall be"),
        Fact("Firmware", str(one["firmware"] or "not told")),
        Fact("Clock", {"set": "set", "unset": "not set"}.get(one["clock"] or "", "not told")),
    ]
    if one["pack_version"]:
        found.append(Fact("Pack", f"version {one['pack_version']}"))
    if one["pack_age_ms"] is not None:
        found.append(Fact("Pack’s age", span(one["pack_age_ms"])))
    if one["pack"] and one["pack"]["problem"]:
        found.append(Fact("No pack", one["pack"]["problem"]))
    if one["safe_mode"]:
        found.append(Fact("Safe mode", "yes: it started too often and moves nothing"))
    return tuple(found)
