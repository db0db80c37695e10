"""The demonstration's people and pictures: one member with several portraits, two strangers, and who comes when."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import yaml

from ostiary.controller import samples
from ostiary.controller.acts.client import Keeper
from ostiary.controller.store.places import Places

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPERATOR = "demonstration"
ENROLS = "member-1"


@dataclass(frozen=True, slots=True)
class Case:
    """Who walks up: a picture file's bytes (None: no face shown), with the member's card or without."""

    name: str
    door: str
    picture: bytes | None
    card: bool
    closed_today: bool = False


CHIP = "store"  # a door whose node is an ESP32, without a camera


def cases(*, chip: bool = False) -> list[Case]:
    """Every case that a visitor can meet, with `chip` one at an ESP32's door too. No picture here is the one that was
    enrolled."""
    two = side_by_side("member-2", "stranger-1")
    return [
        Case("member-2.jpg", "front", _bytes("member-2"), card=True),
        Case("member-3.jpg", "studio", _bytes("member-3"), card=False),
        Case("no picture, the card alone", "front", None, card=True),
        Case("member-2.jpg", "laser-room", _bytes("member-2"), card=True),
        Case("stranger-1.png", "studio", _bytes("stranger-1"), card=False),
        Case("stranger-2.jpg", "front", _bytes("stranger-2"), card=True),
        Case("member-2.jpg without a card", "front", _bytes("member-2"), card=False),
        Case("no-face.jpg", "front", _bytes("no-face"), card=True),
        Case("member-2.jpg + stranger-1.png", "front", two, card=True),
        Case("member-2.jpg on a closed day", "front", _bytes("member-2"), card=True, closed_today=True),
        *([Case("the card, at an ESP32", CHIP, None, card=True)] if chip else []),
    ]


def policy(*, closed_today: bool, chip: bool = False) -> str:
    """The sample policy with all hours around the clock, so that it shows the same at any time of day.

    With `closed_today` its opening hours leave out today, wherever the clock stands; else one day far away, because
    hours without any end would be a clause that can never matter, and no such policy is published.
    """
    document = yaml.safe_load(samples.policy_text("workshop"))
    today = datetime.now(UTC).date()
    for name, hours in document["hours"].items():
        hours |= {"days": "mon-sun", "from": "00:00", "to": "24:00"}
        hours["except"] = ["2099-12-31"]
        if closed_today and name == "opening-hours":
            hours["except"] = [str(today + timedelta(days=offset)) for offset in (-1, 0, 1)]
    if chip:
        document["doors"][CHIP] = {"face": "off", "or": ["card"], "grant": [{"member": "active"}]}
    return yaml.safe_dump(document, sort_keys=False)


def side_by_side(left: str, right: str) -> bytes:
    """Two portraits in one picture, as PNG; composed here, never shipped."""
    from PIL import Image

    from ostiary.controller.samples.compose import side_by_side as compose
    from ostiary.models.picture import decode

    together = BytesIO()
    Image.fromarray(compose(decode(_bytes(left)), decode(_bytes(right)))).save(together, "PNG", compress_level=1)
    return together.getvalue()


async def enrol_member(places: Places, keeper: Keeper, name: str, card: str, portrait: str = ENROLS) -> str:
    """Enrol the member as an operator would: consent, face, card, membership, induction, and one penalty."""
    from ostiary.controller.people import cards, consent, enrolment, holding, ledger, membership, registry
    from ostiary.controller.people.notice import notice
    from ostiary.controller.policy.document import load
    from ostiary.controller.store.people_db import open_people
    from ostiary.models.picture import decode
    from ostiary.models.pipeline import FacePipeline
    from ostiary.protocol import base64url

    at_ms = time.time_ns() // 1_000_000
    look = FacePipeline.load().look(decode(_bytes(portrait)))
    if look.nearest is None or look.nearest.probe is None:
        raise LookupError(f"The portrait {portrait} shows no face that can be enrolled ({look.no_probe}).")
    probe = look.nearest.probe
    vector = base64url.encode(probe.vector.tobytes())
    tag = await keeper.act("card-tag", {"number": card}, operator=OPERATOR)
    rules = load(policy(closed_today=False), "demo.yaml")
    assert rules.score is not None  # noqa: S101 - the sample policy has one
    engine = open_people(places.people_db)
    try:
        with engine.begin() as conn:
            person = registry.add(conn, registry.new_id(os.urandom(10)), name, at_ms).id
            consent.give(conn, person, notice("en"), at_ms)
            form = _document(conn, "enrolment-form", "Enrolment form of the demonstration")
            membership.add_membership(conn, person, "active", form, OPERATOR, at_ms, from_ms=at_ms - 1000)
            holding.add_holding(conn, person, "laser-induction", form, OPERATOR, at_ms, from_ms=at_ms - 1000)
            report = _document(conn, "incident-report", "Laser left running over lunch")
            ledger.record(
                conn,
                person,
                rules.entries["machine-left-running"],
                rules.score.context,
                report,
                OPERATOR,
                at_ms - 86_400_000,
                at_ms,
            )
            sealed = base64url.decode(tag["sealed"])
            cards.add_card(conn, person, tag["tag"], "demonstration card", at_ms, sealed=sealed)
        made = await keeper.act(
            "protect-template",
            {
                "person": person,
                "model": probe.model,
                "runtime": probe.runtime,
                "vector": vector,
                "scale": float(probe.scale),
            },
            operator=OPERATOR,
        )
        with engine.begin() as conn:
            sealed = base64url.decode(made["sealed"])
            enrolment.enrol_face(conn, person, sealed, probe.model, probe.runtime, at_ms)
    finally:
        look.wipe()
        engine.dispose()
    await keeper.act("refresh", {}, operator=OPERATOR)
    return person


def _document(conn: "Connection", kind: str, title: str) -> str:
    from ostiary.controller.people import evidence

    kept = evidence.Evidence(f"demo-{kind}", sha256(title.encode()).hexdigest(), kind, title)
    return evidence.keep(conn, kept).id


def _bytes(name: str) -> bytes:
    return samples.portrait(name).read_bytes()
