"""What the fields of a message say against each other: one rule a kind, which gives what is broken, or nothing."""

from ostiary.protocol import base64url, codes
from ostiary.protocol.parts import LONGEST_CARD, PACK_PART_BYTES

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_WITH = {"release-once": ("pulse_ms", "receipt"), "locate": ("seconds",), "reboot": ()}


def _ask(ask: "dict[str, Any]") -> str:
    claim = ask.get("claim")
    if claim is None:
        if "pin" in ask:
            return "a PIN is typed beside a card or pass"
    elif claim["kind"] == "card" and len(claim["value"]) > LONGEST_CARD:
        return "a card's number has at most 64 characters"
    if ask["credential"] != "face":
        if claim is None or claim["kind"] != ask["credential"]:
            return "a card or pass is presented as a claim"
        # A face that is not asked for stays on the node.
        return "a card or pass needs no probe" if "probe" in ask else ""
    if ("probe" in ask) == ("no_probe" in ask):
        return "a face comes with a probe or with the reason why there is none"
    return ""


def _answer(answer: "dict[str, Any]") -> str:
    granted = answer["verdict"] == "grant"
    if 0 < answer["pulse_ms"] < 1000:
        return "a pulse has 1000 to 30000 ms"
    if answer["pulse_ms"] and not granted:
        return "a denial moves no strike"
    if answer.get("held_ms") and not granted:
        return "a denial leaves no door open"
    if granted and "code" in answer:
        return "a grant is no annunciation"
    return "a display says yes to a grant only" if granted != (answer["show"]["say"] == "yes") else ""


def _command(command: "dict[str, Any]") -> str:
    for name in ("pulse_ms", "receipt", "seconds"):
        if (name in command) != (name in _WITH[command["do"]]):
            return command["do"] + (" comes without " if name in command else " needs ") + name
    return ""


def _desired(desired: "dict[str, Any]") -> str:
    if desired["offline"] == "pack" and "offline_max_age_ms" not in desired:
        return "who decides by a pack is told how old it may be"
    return ""


def _event(event: "dict[str, Any]") -> str:
    if (event["kind"] == codes.DECIDED) != ("decision" in event):
        return "a decision made alone comes with the kind decided, and with no other"
    if "decision" in event and "receipt" not in event:
        return "a decision made alone has a receipt"
    return ""


def _status(status: "dict[str, Any]") -> str:
    return "who is online says a nonce" if status["state"] == "online" and "nonce" not in status else ""


def _pack(pack: "dict[str, Any]") -> str:
    if pack["part"] >= pack["parts"]:
        return "parts are numbered from 0"
    if pack["part"] < pack["parts"] - 1 and len(pack["data"]) != base64url.longest(PACK_PART_BYTES):
        return "every part but the last has 4096 bytes"
    return ""


RULES: "dict[str, Callable[[dict[str, Any]], str]]" = {
    "ask": _ask,
    "answer": _answer,
    "command": _command,
    "desired": _desired,
    "event": _event,
    "live": _event,
    "status": _status,
    "pack": _pack,
}
