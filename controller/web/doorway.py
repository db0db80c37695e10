"""Steps up to a virtual door and reads its pins: the same few lines for the panel and for the JSON API."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from ostiary.controller.doorstep import NobodyThere, walk_up
from ostiary.controller.policy.document import Door, Policy
from ostiary.controller.store.places import Places
from ostiary.controller.web.problem import BadForm, DoorAway, DoorRefused
from ostiary.controller.web.qr import grouped, receipt_qr
from ostiary.controller.web.views import Display, DoorChoice, DoorState
from ostiary.models.liveness import ASK_TO_TURN
from ostiary.protocol.doorstep import together
from ostiary.protocol.errors import Refused

HANDS = {
    "open": {"do": "open"},
    "close": {"do": "close"},
    "exit": {"do": "press", "what": "rex"},
}
STAGES = (
    ("decode", "reading the picture"),
    ("detect", "finding the face"),
    ("align", "aligning it"),
    ("quality", "judging the picture"),
    ("embed", "embedding it"),
    ("ask_to_answer", "asking the keeper"),
    ("total", "in all"),
)


def name_of(door: str) -> str:
    """`laser-room` as it stands on the door's plate: Laser room."""
    return door.replace("-", " ").capitalize()


def asks(door: Door) -> str:
    """What a door wants of a visitor, in a few words."""
    face = {"off": "", "verify": "card and face", "identify": "face"}[door.face]
    if face and door.liveness == "motion":
        face += ", the head turned"
    others = [alternative.replace("+", " and ") for alternative in door.alternatives]
    return ", or ".join([*([face] if face else []), *others]) or "nothing opens it"


def choices(policy: Policy | None) -> list[DoorChoice]:
    if policy is None:
        return []
    return [DoorChoice(door, name_of(door), asks(rule)) for door, rule in policy.doors.items()]


def alone(nodes: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """What each door does without its controller: in a few words, and in a sentence; from the reply of `standing`."""
    return {node["door"]: _alone(node["pack"]) for node in nodes if node["pack"] is not None}


def _alone(pack: Mapping[str, Any]) -> tuple[str, str]:
    if (window := pack["window"]) is None or pack["problem"] is not None:
        return "alone: nobody", "While its controller is away, this door lets nobody in."
    connected, cut_off = span(window["connected_ms"]), span(window["cut_off_ms"])
    return (
        f"alone: revoked within {connected}, cut off {cut_off}",
        "While its controller is away, this door lets in whom it knows. A change is known there within "
        f"{connected}, and to a door that is cut off within {cut_off}.",
    )


def span(ms: int) -> str:
    """A length of time in words: the largest unit that says it in whole numbers."""
    for unit, size_ms in (("day", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if ms >= size_ms and ms % size_ms == 0:
            return f"{ms // size_ms} {unit}" + ("s" if unit == "day" and ms > size_ms else "")
    return f"{ms / 1000:g} s"


async def state(places: Places, door: str) -> DoorState:
    """The pins of a door now; a board that does not answer is said to be away."""
    try:
        pins = await walk_up(places.doorstep(door), {"do": "pins"})
    except (NobodyThere, Refused):
        return DoorState(door, name_of(door), here=False)
    return DoorState(door, name_of(door), True, bool(pins["strike"]), str(pins["contact"]), bool(pins["rex"]))


async def states(places: Places, doors: list[str]) -> list[DoorState]:
    return list(await asyncio.gather(*(state(places, door) for door in doors)))


async def hand(places: Places, door: str, does: str) -> None:
    """Pull the leaf, push it shut, or press the exit button inside. Raises `BadForm`, `DoorAway` or `DoorRefused`."""
    if does not in HANDS:
        raise BadForm("A hand cannot do that.", f"It can: {', '.join(HANDS)}.", "Use the buttons of the door.")
    reply = await _reach(places, door, HANDS[does])
    if "error" in reply:
        error = reply["error"]
        raise DoorRefused(error["what"], error["why"], error["now"])


async def step_up(places: Places, door: str, pictures: list[bytes], card: str | None, walk: bool) -> dict[str, Any]:
    """Show picture files, a card or both; the board's reply. Raises `BadForm`, `DoorAway` or `DoorRefused`."""
    if not pictures and card is None:
        raise BadForm(
            "Nothing was held to the door.",
            "It needs a picture, a card, or both.",
            "Choose a portrait, a picture file or a card, then step up again.",
        )
    shown, blob = together(pictures)
    reply = await _reach(places, door, {"do": "present", "card": card, "walk": walk, **shown}, blob)
    if "error" in reply:
        error = reply["error"]
        raise DoorRefused(error["what"], error["why"], error["now"])
    return reply


async def _reach(places: Places, door: str, asked: dict[str, Any], pictures: bytes = b"") -> dict[str, Any]:
    try:
        return await walk_up(places.doorstep(door), asked, pictures)
    except Refused as error:
        raise BadForm(
            "The door cannot take this.",
            f"The message to it is not one it reads: {error.detail}.",
            "Choose something else.",
        ) from error
    except NobodyThere as error:
        raise DoorAway(
            "The door does not answer.",
            f"Nobody speaks for the virtual door {door!r}: its board or its node is not running.",
            "Wait a moment and try again; if it stays, look at the output of: ostiary run",
        ) from error


def display(door: str, reply: dict[str, Any]) -> Display:
    """What the door's display shows for a board's reply: the say, where to learn more, the receipt and its QR."""
    show = reply["show"]
    receipt = receipt_of(reply)
    given = show.get("receipt") if isinstance(show.get("receipt"), dict) else {}
    learn = str(show.get("learn") or "")
    return Display(
        door=name_of(door),
        say=str(show["say"]),
        learn=learn,
        told=f"Learn more at {learn.removeprefix('http://').removeprefix('https://')}" if learn else "",
        receipt=grouped(receipt) if receipt else "",
        qr=receipt_qr(receipt, str(given.get("leaf", "")), str(given.get("salt", ""))) if receipt else None,
        before=ASK_TO_TURN["en"] if reply.get("asked_to_turn") else "",
    )


def receipt_of(reply: dict[str, Any]) -> str | None:
    """The receipt code of a board's reply; None when nothing was decided."""
    given = reply.get("receipt") or reply["show"].get("receipt")
    return str(given["code"]) if isinstance(given, dict) else given


def timings(reply: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    took = reply.get("ms") or {}
    return tuple((said, f"{took[stage]:.0f} ms") for stage, said in STAGES if took.get(stage))
