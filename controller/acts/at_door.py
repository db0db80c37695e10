"""What acts at doors and nodes ask first: is there such a door, and does the node that must do it answer?"""

from ostiary.controller.acts.errors import ActError, not_found
from ostiary.controller.acts.house import House


def known_door(house: House, door: str, what: str) -> str:
    """Returns `door`. Raises `ActError` beginning with `what` where neither a node nor the policy knows it."""
    known = {node["door"] for node in house.nodes()} | set(house.policy.doors if house.policy else ())
    if door not in known:
        raise not_found(what, f"There is no door {door!r}; there are: {', '.join(sorted(known))}.")
    return door


def known_node(house: House, node: str, what: str) -> str:
    """Returns `node`. Raises `ActError` beginning with `what` where the fleet has none of this name."""
    known = sorted(one["node"] for one in house.nodes())
    if node not in known:
        raise not_found(what, f"There is no node {node!r}; there are: {', '.join(known)}.")
    return node


def answering(house: House, node: str, what: str) -> None:
    """Raises `ActError` where nothing can be ordered of this node now."""
    if (why := house.away(node)) is not None:
        raise ActError(
            "node-away",
            what,
            f"It could not be told, since {why}; an order that came late would not be obeyed.",
            "See that the node has power and a line (ostiary door show), and try again.",
        )
