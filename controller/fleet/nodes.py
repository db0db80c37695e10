"""The site's list of nodes, `fleet.json`: who belongs to which door. Who is not in it, the broker does not know."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ostiary.controller.fleet.holder import check_id
from ostiary.controller.fleet.private_file import read_if_there, write_private
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.places import Places
from ostiary.hardware.mistake import BadProfile
from ostiary.hardware.profile import shipped
from ostiary.hardware.rules import check_roles

VERSION = 1
ROLES = ("reader", "strike")


class BadFleet(ThreePartError, ValueError):
    """fleet.json cannot be used."""


class BadRoles(ThreePartError, ValueError):
    """A node has no role, an unknown one, or one twice."""


class BadBoard(ThreePartError, ValueError):
    """A node is to be made of a board that there is not, or that cannot have its roles."""


@dataclass(frozen=True, slots=True)
class FleetNode:
    """A node's place: `roles` are of reader and strike, `profile` is its board, e.g. "pi-4" or "virtual"."""

    node: str
    door: str
    roles: tuple[str, ...]
    profile: str
    virtual: bool


def fleet_path(places: Places) -> Path:
    return places.data / "fleet.json"


def checked(node: FleetNode) -> FleetNode:
    """Returns `node`. Raises `BadId`, `BadRoles` or `BadBoard` with the value and what may stand there."""
    check_id(node.node, "node")
    check_id(node.door, "door")
    check_id(node.profile, "profile")
    if not node.roles or not set(node.roles) <= set(ROLES) or len(set(node.roles)) < len(node.roles):
        raise BadRoles(
            f"The node {node.node} cannot have the roles {list(node.roles)}.",
            "A node reads, strikes or does both.",
            "Give it one or two of: reader, strike.",
        )
    try:
        board = shipped(node.profile)
        check_roles(board, node.roles)
    except BadProfile as mistake:
        raise BadBoard(mistake.what, mistake.why, mistake.now) from mistake
    if node.virtual != board.virtual:
        raise BadBoard(
            f"The node {node.node} cannot be on the board {board.board}.",
            "A virtual node has a board without a chip, and no other node has one.",
            "Name the board that it is made of: ostiary board list",
        )
    return node


def runs_on(board: str) -> str:
    """Which program runs on a board of this name: "pi" or "esp32"; "pi" for a board that came with another release."""
    try:
        return shipped(board).runs
    except BadProfile:
        return "pi"


def is_virtual(board: str) -> bool:
    """Whether a board of this name has no hardware. Raises `BadBoard` where there is none of this name."""
    try:
        return shipped(board).virtual
    except BadProfile as mistake:
        raise BadBoard(mistake.what, mistake.why, mistake.now) from mistake


def fleet_nodes(places: Places) -> tuple[FleetNode, ...]:
    """Every node, by name; none for a new site. Raises `BadFleet` naming what is wrong."""
    path = fleet_path(places)
    text = read_if_there(path)
    if text is None:
        return ()
    try:
        held = json.loads(text)
        if held["v"] != VERSION:
            raise BadFleet(
                f"{path} was not read.",
                f"It has version {held['v']!r}, of another release; this one reads version {VERSION}.",
                "Start that release, or restore the file from a backup made with this one.",
            )
        nodes = [
            checked(
                FleetNode(
                    entry["node"], entry["door"], tuple(entry["roles"]), entry["profile"], entry["virtual"] is True
                )
            )
            for entry in held["nodes"]
        ]
        if len({node.node for node in nodes}) < len(nodes):
            raise ValueError("a node is named twice")
    except BadFleet:
        raise
    except (ValueError, KeyError, TypeError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadFleet(
            f"{path} was not read.", f"{why}.", "Correct that place, or restore the file from a backup."
        ) from error
    return tuple(sorted(nodes, key=lambda node: node.node))


def strike_for(nodes: Iterable[FleetNode], reader: FleetNode) -> str | None:
    """The node that moves the strike when this one asks: itself, else the only strike of its door; None without one."""
    if "strike" in reader.roles:
        return reader.node
    strikes = [node.node for node in nodes if node.door == reader.door and "strike" in node.roles]
    return strikes[0] if len(strikes) == 1 else None


def strikeless(nodes: Iterable[FleetNode]) -> dict[str, str]:
    """Doors at which a grant could move nothing, each with the reason."""
    found: dict[str, str] = {}
    at_doors: dict[str, list[FleetNode]] = {}
    for node in nodes:
        at_doors.setdefault(node.door, []).append(node)
    for door, there in sorted(at_doors.items()):
        strikes = [node.node for node in there if "strike" in node.roles]
        readers = [node.node for node in there if "strike" not in node.roles]
        if not strikes:
            found[door] = f"Its only nodes are readers ({', '.join(readers)}), and none of them moves a lock."
        elif readers and len(strikes) > 1:
            found[door] = f"Which of {', '.join(strikes)} a grant of {', '.join(readers)} moves is not said."
    return found


def keep_node(places: Places, node: FleetNode) -> bool:
    """Add `node`, or replace the one of its name; returns whether the list changed."""
    held = fleet_nodes(places)
    return _write(places, held, (*(other for other in held if other.node != node.node), checked(node)))


def drop_node(places: Places, node: str) -> bool:
    """Take a node off the list; returns whether it was there. Its certificate opens nothing once the broker has
    reloaded."""
    held = fleet_nodes(places)
    return _write(places, held, tuple(other for other in held if other.node != node))


def _write(places: Places, before: tuple[FleetNode, ...], after: tuple[FleetNode, ...]) -> bool:
    after = tuple(sorted(after, key=lambda node: node.node))
    if after == before:
        return False
    entries = [asdict(node) for node in after]
    write_private(fleet_path(places), (json.dumps({"v": VERSION, "nodes": entries}, indent=1) + "\n").encode())
    return True
