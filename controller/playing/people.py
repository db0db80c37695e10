"""A scenario's people become people of a site: registered, members or not, with card, PIN and face as the page says."""

import os
import time
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from ostiary.controller.acts.client import Keeper
from ostiary.controller.people import cards, evidence, membership, passes, pins, registry
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places
from ostiary.protocol import base64url
from ostiary.scenarios.play.language import Door, Scenario

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


async def settle(places: Places, site: str, keeper: Keeper, scenario: Scenario) -> dict[str, str]:
    """Register everybody; returns the texts of their passes, by name. A card from an earlier scenario is theirs now."""
    at_ms = time.time_ns() // 1_000_000
    texts: dict[str, str] = {}
    engine = open_people(places.people_db)
    try:
        for person in scenario.people.values():
            card = await _asked(keeper, "card-tag", {"number": person.card}) if person.card else None
            with engine.begin() as conn:
                known = registry.add(conn, registry.new_id(os.urandom(10)), person.name.capitalize(), at_ms).id
                if person.member:
                    form = evidence.Evidence(
                        f"form-{known}", sha256(known.encode()).hexdigest(), "enrolment-form", "Enrolment form"
                    )
                    evidence.keep(conn, form)
                    membership.add_membership(conn, known, "active", form.id, OPERATOR, at_ms, from_ms=at_ms - 1000)
                if card is not None:
                    _take_back(conn, card["tag"], at_ms)
                    sealed = base64url.decode(card["sealed"])
                    cards.add_card(conn, known, card["tag"], "card of a scenario", at_ms, sealed=sealed)
            if person.pin is not None:
                said = {"person": known, "pin": person.pin, "duress": person.duress}
                pin = base64url.decode((await _asked(keeper, "pin-set", said))["sealed"])
                with engine.begin() as conn:
                    pins.set_pin(conn, known, pin, OPERATOR, at_ms)
            if person.pass_is is not None:
                # One that is over was over a minute ago.
                until_s = at_ms // 1000 + (3_600 if person.pass_is == "valid" else -60)  # noqa: S105 - a word of the page
                said = {"person": known, "pass": base64url.encode(os.urandom(16)), "doors": list(scenario.doors)}
                said |= {"from_s": until_s - 7_200, "until_s": until_s, "single": False}
                texts[person.name] = (await _asked(keeper, "pass-new", said))["text"]
                with engine.begin() as conn:
                    span = (said["from_s"], said["until_s"], OPERATOR, at_ms)
                    passes.add_pass(conn, site, known, said["pass"], said["doors"], *span, single=False)
    finally:
        engine.dispose()
    await _asked(keeper, "refresh", {})
    return texts


async def _asked(keeper: Keeper, act: str, args: dict[str, Any]) -> dict[str, Any]:
    return await keeper.act(act, args, operator=OPERATOR, role=ROLE)


def _take_back(conn: Connection, tag: str, at_ms: int) -> None:
    """Whoever had this card in an earlier scenario has it no more."""
    for person in registry.everybody(conn):
        for card in cards.cards(conn, person.id):
            if card.tag == tag and card.revoked_at_ms is None:
                cards.revoke_card(conn, card.id, at_ms)
