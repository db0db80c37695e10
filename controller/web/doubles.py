"""A face that may be somebody's who is enrolled already: put to a human before anything is enrolled, and settled."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import consent
from ostiary.controller.web import enrolling, roster
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.views import Named
from ostiary.protocol import base64url

if TYPE_CHECKING:
    from ostiary.models.embed import Probe


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who would be enrolled: somebody new by name and document, or with `person` somebody who is here."""

    name: str
    evidence: str
    card: bool
    person: str | None = None


async def held(desk: Desk, person: str | None, probe: "Probe") -> str | None:
    """Where the keeper holds this face, if it may be the face of somebody else than `person`; None if it is nobody's.

    The probe is wiped in the first case, for the keeper has it, and not in the second.
    """
    told = await desk.act("check-face", {"person": person, **enrolling.as_asked(probe)})
    if told["held"] is not None:
        probe.wipe()
    return told["held"]


async def looked_up(desk: Desk, face: str, purpose: str) -> tuple[Named, ...]:
    """Whom the held face looks like; a look-up, which they can read."""
    told = await desk.act("see-duplicate", {"held": face}, purpose)
    at_ms = enrolling.now_ms()
    return tuple([await run_in_threadpool(roster.named, desk.reading, one, at_ms) for one in told["persons"]])


async def same(desk: Desk, face: str, person: str) -> None:
    """It is this person, who is enrolled: the face becomes one more template of theirs. Raises `NoConsent`."""
    await desk.act("judge-duplicate", {"held": face, "same": person, "reason": ""})
    await _enrolled(desk, face, person)


async def another(desk: Desk, face: str, newcomer: Newcomer, reason: str, author: str) -> str:
    """It is somebody else, and how that is known: the enrolment goes on. Their id."""
    # What a human says comes first: an answer that the keeper refuses must leave nobody enrolled.
    await desk.act("judge-duplicate", {"held": face, "same": None, "reason": reason})
    person = newcomer.person
    if person is None:
        person = await enrolling.enrol(
            desk, newcomer.name, newcomer.evidence, author, with_card=newcomer.card, with_consent=True
        )
    else:
        await enrolling.agree(desk, person)
    await _enrolled(desk, face, person)
    return person


async def _enrolled(desk: Desk, face: str, person: str) -> None:
    def consented(engine: Engine) -> None:
        with engine.begin() as conn:
            consent.standing_consent(conn, person)

    await run_in_threadpool(consented, desk.people)
    made = await desk.act("enrol-held", {"held": face, "person": person})
    await enrolling.keep_template(desk, person, base64url.decode(made["sealed"]), made["model"], made["runtime"])
