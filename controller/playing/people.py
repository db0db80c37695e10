"""A scenario's people become people of a site: registered, members or not, with card, PIN and face as the page says."""

import os
import time
from hashlib import sha256

from sqlalchemy import Connection

from ostiary.controller.acts.client import Keeper
from ostiary.controller.people import cards, evidence, membership, registry
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places
from ostiary.scenarios.play.language import Door, Person

OPERATOR, ROLE = "scenario", "admin"


def policy(doors: dict[str, Door]) -> str:
    """A rule for every door of a page: a member passes with what the door takes, at any time."""
    lines = ["policy: scenario", "doors:"]
    for door in doors.values():
        face = "verify" if "face" in door.takes else "off"
        ways = ", ".join(way for way in door.takes if way != "face") or "card"
        offline = "pack" if door.alone else "deny"
        lines.append(
            f"  {door.name}: {{face: {face}, or: [{ways}], offline: {offline}, "
            f"pulse: {door.pulse_ms}ms, grant: [member: active]}}"
        )
    return "\n".join(lines) + "\n"


async def settle(places: Places, keeper: Keeper, people: dict[str, Person]) -> dict[str, str]:
    """Register everybody; returns who is who, by name. A card from an earlier scenario is theirs now."""
    at_ms = time.time_ns() // 1_000_000
    ids: dict[str, str] = {}
    engine = open_people(places.people_db)
    try:
        for person in people.values():
            tag = None
            if person.card is not None:
                tag = (await keeper.act("card-tag", {"number": person.card}, operator=OPERATOR, role=ROLE))["tag"]
            with engine.begin() as conn:
                known = registry.add(conn, registry.new_id(os.urandom(10)), person.name.capitalize(), at_ms).id
                if person.member:
                    form = evidence.Evidence(
                        f"form-{known}", sha256(known.encode()).hexdigest(), "enrolment-form", "Enrolment form"
                    )
                    evidence.keep(conn, form)
                    membership.add_membership(conn, known, "active", form.id, OPERATOR, at_ms, from_ms=at_ms - 1000)
                if tag is not None:
                    _take_back(conn, tag, at_ms)
                    cards.add_card(conn, known, tag, "card of a scenario", at_ms)
            ids[person.name] = known
    finally:
        engine.dispose()
    await keeper.act("refresh", {}, operator=OPERATOR, role=ROLE)
    return ids


def _take_back(conn: Connection, tag: str, at_ms: int) -> None:
    """Whoever had this card in an earlier scenario has it no more."""
    for person in registry.everybody(conn):
        for card in cards.cards(conn, person.id):
            if card.tag == tag and card.revoked_at_ms is None:
                cards.revoke_card(conn, card.id, at_ms)
