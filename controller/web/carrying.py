"""The cards that a person carries: given by their number or by what a reader heard, lost, and replaced."""

from dataclasses import dataclass

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import cards
from ostiary.controller.people.errors import NoSuchCard
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.enrolling import now_ms
from ostiary.protocol import base64url


@dataclass(frozen=True, slots=True)
class Heard:
    """What people.db keeps of a card: its tag, and its number sealed for the keeper."""

    tag: str
    sealed: bytes


async def heard(desk: Desk, number: str) -> Heard:
    """The card of this number; the number itself is kept nowhere in clear."""
    told = await desk.act("card-tag", {"number": number})
    return Heard(told["tag"], base64url.decode(told["sealed"]))


async def learnt(desk: Desk, person: str, door: str) -> Heard:
    """The unknown card that was just shown at this door, for this person. Raises `ActRefused` where there was none."""
    told = await desk.act("learn-card", {"person": person, "door": door})
    return Heard(told["tag"], base64url.decode(told["sealed"]))


async def give(desk: Desk, person: str, card: Heard, label: str, *, instead_of: int | None = None) -> None:
    """A card from now on; with `instead_of` that one of the same person is revoked in the same change.

    Raises what `cards.add_card` raises, and `NoSuchCard`, also for a card of somebody else.
    """

    def write(engine: Engine) -> None:
        at_ms = now_ms()
        with engine.begin() as conn:
            if instead_of is not None:
                if instead_of not in {held.id for held in cards.cards(conn, person)}:
                    raise NoSuchCard(instead_of)
                cards.revoke_card(conn, instead_of, at_ms)
            cards.add_card(conn, person, card.tag, label, at_ms, sealed=card.sealed)
        if instead_of is not None:
            desk.pocket.drop(instead_of)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()
