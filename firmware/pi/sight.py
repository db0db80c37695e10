"""From a visit to the facts of an ask: the picture becomes a probe on this node, and the picture goes no further."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.looking import CannotLook, Looked, Unreadable
from ostiary.protocol import base64url
from ostiary.protocol.parts import LONGEST_CARD, LONGEST_PASS

if TYPE_CHECKING:
    import numpy as np

MORE_FRAMES = 4  # after the first; at the camera's 30 a second they take a seventh of a second
# What `models.liveness` calls motion, how many frames it wants and how far apart; named here so that a node without
# faces loads nothing of them. A test holds both to be the same.
MOTION, TURN_FRAMES, TURN_EVERY_S = "motion", 12, 0.25
NOTHING_MEASURED = {"decode": None, "detect": None, "align": None, "quality": None, "embed": None}


class NotAsked(ValueError):
    """Nothing can be asked for this visit; `error` has the three parts for the person."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.error = {"what": what, "why": why, "now": now}


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts for the ask (see `door.session.FACTS`); times in ms, None for what was not done; `wipe` overwrites the
    probe in memory; `asked_to_turn`: the person was asked to turn the head."""

    facts: dict[str, Any]
    ms: Mapping[str, float | None]
    faces: int
    no_probe: str | None
    wipe: Callable[[], None]
    asked_to_turn: bool = False

    @property
    def worth_asking(self) -> bool:
        """Whether somebody said who they are, or showed a face that can be compared."""
        return "probe" in self.facts or "claim" in self.facts


class Looks(Protocol):
    """What is needed of `looking.Looking`."""

    def start(self) -> None: ...
    def look(self, frames: Iterable[np.ndarray | bytes]) -> Looked: ...
    def close(self) -> None: ...


class Sight:
    """What a visit brings, put together; whoever looks at its pictures does so in a process of its own."""

    def __init__(self, looking: Looks) -> None:
        self._looking = looking

    def start(self) -> None:
        """Begin to load the models; cards and passes work at once."""
        self._looking.start()

    def close(self) -> None:
        """End the looker."""
        self._looking.close()

    def see(self, visit: Visit, liveness: str = "none", ask_to_turn: Callable[[], None] = lambda: None) -> Seen:
        """The facts of one visit. A door that asks for the liveness `motion` asks the person to turn the head as soon
        as a face is seen, and looks longer. Raises `NotAsked`: no card and no picture, an unreadable picture, no face
        models."""
        claim = _claim(visit)
        if not visit.pictures and visit.pixels is None:
            if claim is None:
                raise NotAsked("Nothing was presented.", "There was neither card nor picture.", "Present one of them.")
            return _claim_alone(claim, visit.pin)
        asked_s: list[float] = []

        def turn() -> None:
            asked_s.append(time.perf_counter())
            ask_to_turn()

        frames = _frames(visit, turn if liveness == MOTION else None)
        try:
            looked = self._looking.look(frames)
        except CannotLook as mistake:
            if claim is not None:
                return _claim_alone(claim, visit.pin)
            raise NotAsked("This door cannot look at faces now.", str(mistake), "Use a card.") from mistake
        except Unreadable as mistake:
            raise NotAsked(*mistake.parts) from mistake
        finally:
            frames.close()  # which overwrites the last frame
        if claim is None and looked.token is not None:
            claim = {"kind": "pass", "value": looked.token}
        if claim is not None and looked.probe is None and (visit.unasked or looked.token is not None):
            # Nobody held a face up: the camera only looked along while a card or a pass was shown.
            return _claim_alone(claim, visit.pin, looked.ms)
        facts = {"credential": "face", **looked.facts}
        if claim is not None:
            facts["claim"] = claim
            if visit.pin:
                facts["pin"] = visit.pin
        if looked.probe is not None:
            facts["probe"] = {**looked.probe, "vector": base64url.encode(bytes(looked.vector))}
        return Seen(facts, looked.ms, looked.faces, facts.get("no_probe"), looked.wipe, bool(asked_s))


def _frames(visit: Visit, turn: Callable[[], None] | None) -> Generator[np.ndarray | bytes, None, None]:
    """The visit's pictures, one when one is wanted. More than the first is wanted only after a face that can be
    compared, so that is when the person is asked to turn."""
    if visit.pixels is None:
        yield visit.pictures[0]
    else:
        yield from _wiped_after([visit.pixels])
    if turn is not None:
        turn()
    if visit.pixels is None:
        yield from visit.pictures[1:]
    else:
        yield from _wiped_after(visit.more(*((TURN_FRAMES - 1, TURN_EVERY_S) if turn else (MORE_FRAMES, 0.0))))


def _wiped_after(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Each frame, overwritten when the next is wanted or none is: no picture is kept, in memory either."""
    for frame in frames:
        try:
            yield frame
        finally:
            if frame.flags.writeable:
                frame.fill(0)


def _claim(visit: Visit) -> dict[str, str] | None:
    """Who the visitor says to be, by card or by pass. Raises `NotAsked` for what no reader reads."""
    again = "Hold the card to the reader again."
    if visit.card and (len(visit.card) > LONGEST_CARD or not visit.card.isprintable()):
        raise NotAsked("The card was not read.", "Its number is not 1 to 64 characters.", again)
    if visit.token and (len(visit.token) > LONGEST_PASS or not visit.token.isascii() or not visit.token.isprintable()):
        raise NotAsked("The pass was not read.", "Its text is not 1 to 400 characters.", "Hold it up again.")
    if visit.card and visit.token:
        raise NotAsked("Nothing was asked.", "A card and a pass were shown at once.", "Show one of them.")
    if visit.card:
        return {"kind": "card", "value": visit.card}
    return {"kind": "pass", "value": visit.token} if visit.token else None


def _claim_alone(claim: dict[str, str], pin: str | None, ms: Mapping[str, float] | None = None) -> Seen:
    facts: dict[str, Any] = {"credential": claim["kind"], "claim": claim, "faces": 0}
    if pin:
        facts["pin"] = pin
    return Seen(facts, {**NOTHING_MEASURED, **(ms or {})}, 0, None, lambda: None)
