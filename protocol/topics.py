"""Where each kind of message travels: `ostiary/v1/<site>/<node>/<purpose>`, and in which direction."""

from ostiary.protocol import codes
from ostiary.protocol.errors import Refused

ROOT = "ostiary/v1"
NAME_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-"
NAME_LONGEST = 40

# "up" is from a node to its keeper, "down" the other way.
DIRECTION = {
    "ask": "up",
    "answer": "down",
    "event": "up",
    "live": "up",
    "status": "up",
    "desired": "down",
    "command": "down",
    "release": "down",
    "reported": "up",
    "pack": "down",
}
# Written out, because a MicroPython dict does not keep its order.
PURPOSES = (
    "ask",
    "answer",
    "event",
    "live",
    "status",
    "desired",
    "command",
    "release",
    "reported",
    "pack",
)
# What a newcomer must hear too lies at the broker: state, never a movement of a strike.
_RETAINED = ("status", "desired", "reported")


def qos(purpose: str) -> int:
    """The MQTT quality of service: 1 (may come twice, is not lost while the line holds), for `live` 0."""
    return 0 if purpose == "live" else 1


def retained(purpose: str) -> bool:
    """Whether the broker keeps the last one. A retained message of any other purpose is refused."""
    return purpose in _RETAINED


def is_name(text: str) -> bool:
    """Whether `text` can name a site, door or node: 1 to 40 of a–z, 0–9 and the hyphen."""
    # `strip` runs in C on both interpreters and leaves nothing exactly when every character is of the alphabet.
    return 0 < len(text) <= NAME_LONGEST and not text.strip(NAME_ALPHABET)


def topic(site: str, node: str, purpose: str) -> str:
    """The topic of a node's messages of one purpose. Raises `Refused` for anything that `parse` would refuse."""
    _check(site, node, purpose)
    return ROOT + "/" + site + "/" + node + "/" + purpose


def parse(topic: str) -> tuple[str, str, str]:
    """`(site, node, purpose)` of a topic. Raises `Refused`: malformed, or wrong-kind for an unknown purpose."""
    if len(topic) > 200:
        raise Refused(codes.MALFORMED, "the topic is longer than any of ours")
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] + "/" + parts[1] != ROOT:
        raise Refused(codes.MALFORMED, "the topic is not " + ROOT + "/<site>/<node>/<purpose>")
    _check(parts[2], parts[3], parts[4])
    return parts[2], parts[3], parts[4]


def _check(site: str, node: str, purpose: str) -> None:
    if not is_name(site) or not is_name(node):
        raise Refused(codes.MALFORMED, "site and node are named with 1 to 40 of a-z, 0-9 and the hyphen")
    if purpose not in DIRECTION:
        raise Refused(codes.WRONG_KIND, "no message has this purpose")
