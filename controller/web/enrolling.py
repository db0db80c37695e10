"""What the panel writes about a person: each function is one whole change, told to the keeper when it is durable."""

import hashlib
import logging
import os
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import cards, consent, enrolment, holding, membership, registry
from ostiary.controller.people.errors import NoSuchCard, NoSuchSpan
from ostiary.controller.people.evidence import Evidence, keep
from ostiary.controller.people.notice import notice
from ostiary.controller.people.reporting import Report, as_record, enter
from ostiary.controller.policy.document import Policy
from ostiary.controller.store.people_db import scrub
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.pocket import DemoCard, new_number
from ostiary.protocol import base64url

if TYPE_CHECKING:
    from ostiary.models.embed import Probe

_log = logging.getLogger("ostiary.web")

ENROLMENT = "enrolment-form"
CARD_LABEL = "card for virtual doors"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def document(kind: str, title: str) -> Evidence:
    """The document of this kind and title. Documents themselves are kept elsewhere, so what is hashed is the title, and
    the same title names the same document: a form that is sent twice writes nothing twice."""
    digest = hashlib.sha256(f"{kind}\n{title}".encode()).hexdigest()
    return Evidence(f"{kind}-{digest[:12]}", digest, kind, title)


async def enrol(desk: Desk, name: str, evidence: str, author: str, *, with_card: bool, with_consent: bool) -> str:
    """A new member, by the title of their enrolment form, with a card and a consent if wanted; their id."""
    person = registry.new_id(os.urandom(10))
    number = new_number()
    tag = await desk.act("card-tag", {"number": number}) if with_card else None

    def write(engine: Engine) -> None:
        at_ms = now_ms()
        with engine.begin() as conn:
            registry.add(conn, person, name, at_ms)
            form = keep(conn, document(ENROLMENT, evidence))
            membership.add_membership(conn, person, "active", form.id, author, at_ms, from_ms=at_ms)
            if tag is not None:
                card = _card(conn, person, tag, at_ms)
                desk.pocket.put(DemoCard(number, card.id, person))
            if with_consent:
                consent.give(conn, person, notice(), at_ms)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()
    return person


async def agree(desk: Desk, person: str) -> None:
    """The person agrees to the current notice, unless a consent stands already."""

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            registry.person_here(conn, person)
            if consent.live(conn, person) is None:
                consent.give(conn, person, notice(), now_ms())

    await run_in_threadpool(write, desk.people)


async def enrol_face(desk: Desk, person: str, probe: "Probe") -> None:
    """Add a template for a person whose consent stands, and wipe the probe. Raises `NoConsent`."""

    def consented(engine: Engine) -> None:
        with engine.begin() as conn:
            consent.standing_consent(conn, person)

    asked, model, runtime = {"person": person, **as_asked(probe)}, probe.model, probe.runtime
    probe.wipe()
    await run_in_threadpool(consented, desk.people)
    sealed = base64url.decode((await desk.act("protect-template", asked))["sealed"])
    await keep_template(desk, person, sealed, model, runtime)


def as_asked(probe: "Probe") -> dict[str, Any]:
    """A probe as the keeper's acts take it."""
    return {
        "model": probe.model,
        "runtime": probe.runtime,
        "vector": base64url.encode(probe.vector.tobytes()),
        "scale": float(probe.scale),
    }


async def keep_template(desk: Desk, person: str, sealed: bytes, model: str, runtime: str) -> None:
    """A template as the keeper sealed it, for a person whose consent stands. Raises `NoConsent`."""

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            replaced = bool(enrolment.templates(conn, person))
            enrolment.enrol_face(conn, person, sealed, model, runtime, now_ms())
        if replaced:
            _scrubbed(engine)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def withdraw_face(desk: Desk, person: str, *, asked_by: str | None = None) -> None:
    """End the consent, delete the templates and have the keeper destroy their key. May be repeated until it is done.

    `asked_by`: where no operator asks but the person. Raises `NoConsent` for a person who never gave one.
    """

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            registry.person_here(conn, person)
            given = consent.consents(conn, person)
            if not given or given[-1].withdrawn_at_ms is None:
                consent.withdraw(conn, person, now_ms())
        _scrubbed(engine)

    await run_in_threadpool(write, desk.people)
    # Rows first: should the keeper be away now, no template is left that its key could open, and asking again helps.
    await desk.act("withdraw-face", {"person": person}, operator=asked_by)
    await desk.refresh()


def _scrubbed(engine: Engine) -> None:
    if not scrub(engine):
        _log.warning(
            "Deleted templates may still stand in the files of people.db until the next scrub; a reader was busy."
        )


def _card(conn: Connection, person: str, tag: dict[str, Any], at_ms: int) -> cards.Card:
    """A card by what the act `card-tag` answered."""
    return cards.add_card(conn, person, tag["tag"], CARD_LABEL, at_ms, sealed=base64url.decode(tag["sealed"]))


async def give_card(desk: Desk, person: str) -> None:
    """A card with a random number, for virtual doors."""
    number = new_number()
    tag = await desk.act("card-tag", {"number": number})

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            card = _card(conn, person, tag, now_ms())
            desk.pocket.put(DemoCard(number, card.id, person))

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def revoke_card(desk: Desk, person: str, card: int) -> None:
    """One of this person's cards opens nothing any more. Raises `NoSuchCard`, also for a card of somebody else."""

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            if card not in {held.id for held in cards.cards(conn, person)}:
                raise NoSuchCard(card)
            cards.revoke_card(conn, card, now_ms())
        desk.pocket.drop(card)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def add_span(
    desk: Desk, person: str, kind: str, what: str, evidence: str, until_ms: int | None, author: str
) -> None:
    """A membership or a holding from now on, until before `until_ms` (None: open), by the title of its document."""
    begin = {"membership": membership.add_membership, "holding": holding.add_holding}[kind]

    def write(engine: Engine) -> None:
        at_ms = now_ms()
        with engine.begin() as conn:
            shown = keep(conn, document(f"{kind}-sheet", evidence))
            begin(conn, person, what, shown.id, author, at_ms, from_ms=at_ms, until_ms=until_ms)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def end_span(desk: Desk, person: str, kind: str, number: int, author: str) -> None:
    """One of this person's memberships or holdings ends now. Raises `NoSuchSpan`, also for one of somebody else."""
    spans_of, end = {
        "membership": (membership.memberships, membership.end_membership),
        "holding": (holding.holdings, holding.end_holding),
    }.get(kind, (lambda conn, person: (), membership.end_membership))

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            if number not in {span.id for span in spans_of(conn, person)}:
                raise NoSuchSpan(kind, number)
            end(conn, number, author, now_ms())

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def record_entry(
    desk: Desk, person: str, policy: Policy, kind: str, rests_on: Evidence, asks: Asks, occurred_ms: int | None = None
) -> None:
    """An entry of the policy's `kind` that happened then (None: now), committed once the keeper has recorded it.

    Raises what `reporting.enter` raises, and `KeeperAway`.
    """

    def write(engine: Engine) -> None:
        at_ms = now_ms()
        report = Report(person, kind, rests_on, at_ms if occurred_ms is None else occurred_ms)
        with engine.begin() as conn:
            entry, new = enter(conn, report, policy, asks["operator"], at_ms)
            if new:
                desk.act_now("ledger-entry", as_record(entry, report), **asks)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()
