"""A door in lines of text, from the reply of the act `door`."""

from collections.abc import Iterator, Mapping
from typing import Any

from ostiary.controller.cli.asking import moment

MINUTE_MS = 60_000


def words(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"Door {found['door']}"
    settings = found["settings"]
    if settings is None:
        yield "  rule        none in the policy, so it stays closed"
    else:
        others = " or ".join(settings["or"])
        asks = f"face ({settings['face']}) or {others}" if settings["face"] != "off" else others
        yield f"  asks        {asks}; liveness: {settings['liveness']}"
        yield f"  alone       {_alone(settings)}"
        yield f"  pulse       {settings['pulse_ms'] / 1000:g} s"
    if (window := found.get("revocation_window")) is not None:
        connected, cut_off = (_span(window[name]) for name in ("connected_ms", "cut_off_ms"))
        yield f"  revocation  a change is known within {connected}; to a node without a line within {cut_off}"
    yield f"  lockdown    {_since(found['lockdown_since_ms'])}"
    yield f"  face off    {_since(found['face_off_since_ms'])}"
    yield f"  strike      {found['strike'] or 'no node moves one, so no grant opens this door'}"
    for node in found["nodes"]:
        yield f"  node        {_node(node)}"
    if not found["alarms"]:
        yield "  alarms      none"
    for alarm in found["alarms"]:
        yield f"  alarm       {alarm['number']} {alarm['kind']}, since {moment(alarm['since_ms'])}. {alarm['say']}"


def _alone(settings: Mapping[str, Any]) -> str:
    if settings["offline"] == "deny":
        return "lets nobody in while it has no line to the keeper"
    return f"decides by its pack, which may be {_span(settings['pack_age_ms'])} old"


def _node(node: Mapping[str, Any]) -> str:
    heard = f"heard {moment(node['at_ms'])}" if node["at_ms"] else "never heard"
    parts = [f"{node['node']} ({', '.join(node['roles'])}): {node['state']}, {heard}"]
    if node["firmware"]:
        parts.append(f"{node['firmware']}, start {node['boot']}, clock {node['clock']}")
    if node["state"] == "online" and node["away"]:
        parts.append("silent: it says no nonce any more")
    if node["safe_mode"]:
        parts.append("SAFE MODE")
    if node["pack_version"]:
        age = f", {_span(node['pack_age_ms'])} old" if node["pack_age_ms"] is not None else ""
        parts.append(f"pack {node['pack_version']}{age}")
    if node["pack"] and node["pack"]["problem"]:
        parts.append(f"NO PACK: {node['pack']['problem']}")
    parts.append("acknowledged" if node["acknowledged"] else "has NOT acknowledged lockdown and face as they shall be")
    return "; ".join(parts)


def _since(at_ms: int | None) -> str:
    return "no" if at_ms is None else f"since {moment(at_ms)}"


def _span(ms: int) -> str:
    """A length of time in the largest unit that says it in whole numbers of at least two, down to seconds."""
    for unit, size_ms in (("d", 1440 * MINUTE_MS), ("h", 60 * MINUTE_MS), ("min", MINUTE_MS)):
        if ms >= 2 * size_ms:
            return f"{ms // size_ms} {unit}"
    return f"{ms // 1000} s"
