"""Desired: what a node shall be, a state that the broker keeps for it. Pure; no movement of a strike is in it."""

from collections.abc import Mapping
from typing import Any

from ostiary.controller.fleet.lease import TERM
from ostiary.controller.policy.door import Door
from ostiary.protocol import base64url

DENY: Mapping[str, Any] = {"offline": "deny"}


def desired(
    door: Door | None,
    number: int,
    journal_upto: int,
    *,
    locked: bool,
    faceless: bool,
    alone: Mapping[str, Any] = DENY,
    pass_key: bytes | None = None,
) -> dict[str, Any]:
    """The message for a node at this door of the policy (None: it has no rule there). `journal_upto` is how far the log
    has its journal, `faceless` whether an operator switched the face off, `alone` the fields about deciding alone,
    `pass_key` the site's public key for passes."""
    face = (door is None or door.face != "off") and not faceless
    message = {
        "v": 1,
        "term": TERM,
        "number": number,
        "journal_upto": journal_upto,
        "liveness": "none" if door is None else door.liveness,
        "lockdown": locked,
        "face": face,
        "pin": door is not None and waits_for_pin(door, face),
        **alone,
    }
    return message if pass_key is None else {**message, "pass_key": base64url.encode(pass_key)}


def waits_for_pin(door: Door, face: bool) -> bool:
    """Whether a card at this door says nothing until its PIN was typed. It does where a card alone opens, or where a
    look at the person, if faces are looked at (`face`), is what is to follow it."""
    return "card+pin" in door.alternatives and "card" not in door.alternatives and not (face and door.face == "verify")


def taken(reported: Mapping[str, Any] | None, wanted: Mapping[str, Any] | None, since: int) -> bool:
    """Whether a node has said that it is what it shall be: it took the `desired` with the number `since`, in which
    lockdown or face last changed, or a later one, and is so."""
    if reported is None or wanted is None:
        return False
    return reported["number"] >= since and all(reported[name] == wanted[name] for name in ("lockdown", "face"))
