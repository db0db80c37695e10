"""The keeper: wires the hot path's five steps, the acts and the log. The only place that knows them all.

Promise: an answer leaves after its record is durable, or it is *busy* and nothing moves.
"""

import asyncio
import logging
import math
import os
import secrets
import signal
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ostiary.controller import site as settings
from ostiary.controller.access import alarming, answer, record
from ostiary.controller.access.alike import alike
from ostiary.controller.access.alone import DecidedAlone
from ostiary.controller.access.closer import Closer
from ostiary.controller.access.closing import MARK, Closing, outcomes_in
from ostiary.controller.access.fleet_record import record_fleet
from ostiary.controller.access.identify import Identity, Matcher, person_claimed
from ostiary.controller.access.intake import Ask, Intake, Note, Refusal, Repeat, Standing
from ostiary.controller.access.journals import Decided, Journals
from ostiary.controller.access.judging import Moment, judged
from ostiary.controller.access.known import Known
from ostiary.controller.access.offline import PACKS, Offline, Post, Sources
from ostiary.controller.access.outage import Outage
from ostiary.controller.access.passes import Passes, packable
from ostiary.controller.access.pins import Pins, duress
from ostiary.controller.access.presence import FACE_OFF, FACE_ON, LOCKDOWN, RESUME, remembered
from ostiary.controller.access.reaching import Reached, Reaching
from ostiary.controller.access.ruling import Ruling
from ostiary.controller.access.telling import Telling
from ostiary.controller.access.unknown_cards import UnknownCards
from ostiary.controller.acts import server
from ostiary.controller.acts.contest_lapsed import record_lapsed
from ostiary.controller.acts.ruled import policies_by_sha256
from ostiary.controller.fleet.heard import Heard
from ostiary.controller.fleet.lease import TERM
from ostiary.controller.fleet.link import BrokerAddress, Link
from ostiary.controller.fleet.nodes import fleet_nodes, strike_for, strikeless
from ostiary.controller.fleet.numbers import Numbers
from ostiary.controller.fleet.packs import Book
from ostiary.controller.people.card_number import CARD_NUMBERS, seal_number
from ostiary.controller.people.doubts import Doubts
from ostiary.controller.people.erasable import contesting
from ostiary.controller.people.protect import TemplateShield
from ostiary.controller.people.registry import ever_here
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Live
from ostiary.controller.policy.memo import Memo
from ostiary.controller.record import reviewing
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.record.retention import expire
from ostiary.controller.site import Site
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.people_db import follow_people
from ostiary.controller.store.places import Places
from ostiary.models import operating
from ostiary.models.catalog import embedders
from ostiary.protocol import keys, topics
from ostiary.protocol.codes import EXPIRED

if TYPE_CHECKING:
    import numpy as np

BATCH = 256
MOVES_DESIRED = (LOCKDOWN, RESUME, FACE_OFF, FACE_ON)
DEADLINES_S = 60.0  # the longest time for which a contest's passed deadline stays unrecorded
CLOSE_EVERY_S = 5.0
DAY_S = 86_400.0
FOLLOW_S = 1.0  # the longest time for which a change that nobody announced stays unseen
RECEIPT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: none that are read as another

_log = logging.getLogger("ostiary.keeper")


def receipt_code() -> str:
    """80 random bits in 16 letters that can be read aloud."""
    return "".join(secrets.choice(RECEIPT_LETTERS) for _ in range(16))


class NodeWithoutSecret(ThreePartError):
    """A node of the fleet has no key, so nothing that it says could be believed."""


class Keeper:
    """The decision process of one site; to acts it is the house (`acts/house.py`). `open_keeper` makes it."""

    def __init__(self, places: Places, site: Site, store: KeyStore, log: Log) -> None:
        self.site = site.name
        self.keys = store
        self.log = log
        self.publishing = asyncio.Lock()
        self.locking = asyncio.Lock()
        self._places = places
        self._learn = site.learn
        self._retention = site.retention
        self.second_person = site.second_person
        self._card_key = store.get_or_create("site/card")
        self._shields: dict[int, TemplateShield] = {}
        self._people = follow_people(places.people_db)
        self._known = Known(self._people, store)
        nodes = fleet_nodes(places)
        self._standings = {
            node.node: Standing(node.node, node.door, node.virtual, self._keys_of(node.node), node.roles)
            for node in nodes
        }
        self._strikes = {node.node: strike_for(nodes, node) for node in nodes}
        self.heard = Heard()
        models = {model.sha256: model for model in embedders()}
        self._intake = Intake(
            self.site,
            self._standings,
            {sha: model.dimensions for sha, model in models.items()},
            log.freshness(),
        )
        self._matcher = Matcher(
            self.shield,
            lambda model, fmr: operating.threshold(models[model], fmr),
            self.card_tag,
            lambda text, door: self._passes.read(text, door, self._known.gallery, self.now_ms()),
        )
        self._passes = Passes(self.site, store, log, self.now_ms())
        self._pins = Pins(self.site, store, log)
        self.doubts, self._unknown_cards = Doubts(), UnknownCards(self.card_kept)
        self._presence = remembered(log, self.now_ms())
        self.alarms = alarming.remembered_alarms(log)
        kept = log.journal()
        self._closing = Closing(kept.pop(MARK, 0))
        alone = DecidedAlone(
            self.site,
            self._people,
            lambda node, version: self.offline.made(node, version),
            lambda *named: self.offline.person(*named),
            self._policy_of,
        )
        self._journals = Journals(self.site, log, self._closing, kept, alone.draft)
        self._ruling = Ruling(log)
        self._outage = Outage()
        self.closer = Closer(self.site, log, self._closing, self._journals, self._outage, self.now_ms)
        self.closer.take_up()
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._wake = asyncio.Event()
        self._numbers = Numbers(self.now_ms)
        self._look_around = False
        address = BrokerAddress(
            "127.0.0.1",
            site.broker_port,
            places.tls / "ca.pem",
            places.tls / "keeper.pem",
            places.tls / "keeper.key",
        )
        self._link = Link(self.site, address, self._hear)
        self._telling = Telling(
            *(self._link, self._standings, self._ruling, self._journals, self._presence, self.heard, self._numbers),
            pass_key=self._passes.public_key,
            alone=lambda node: self.offline.desired(node),
        )
        self._reaching = Reaching(self._strikes, self._telling, self._passes)
        sources = Sources(
            policy=lambda: self._ruling.policy,
            gallery=lambda: self._known.gallery,
            live=lambda door: self.live("", door, self.now_ms()),
            threshold=self._matcher.threshold,
            passes=lambda: packable(self._known.gallery),
            persons=self._ever_here,
            online=lambda node: self.heard.of(node).state == "online",
            now_ms=self.now_ms,
        )
        self.offline = Offline(
            self.site,
            [
                Post(node.node, node.door, node.profile, store.get(f"node/{node.node}") or b"")
                for node in nodes
                if "strike" in node.roles
            ],
            Book(places.packs, store.get_or_create(PACKS)),
            store,
            sources,
            self._telling.tell,
            self._telling.desire,
            self.log.append,
        )

    # --- the hot path ------------------------------------------------------------------------------------------

    def _hear(self, topic: str, payload: bytes) -> None:
        self._waiting.append((topic, payload))
        self._wake.set()

    async def _decide(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._look_around or self._journals.waiting:
                look_around, self._look_around = self._look_around, False
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                await self._handle(batch, look_around)

    async def _handle(self, batch: list[tuple[str, bytes]], look_around: bool) -> None:
        """One batch, from intake to answer. `look_around`: hold the last words of every node against the alarms."""
        now_ms = time.monotonic_ns() // 1_000_000
        asks: list[Ask] = []
        refusals: list[Refusal] = []
        notes: list[Note] = []
        for topic, payload in batch:
            match self._intake.take(topic, payload, now_ms):
                case Ask() as ask:
                    asks.append(ask)
                case Refusal() as refusal:
                    refusals.append(refusal)
                case Note() as note:
                    notes.append(note)
                case Repeat(standing, sealed):
                    self._telling.again(standing.node, "answer", sealed)
        at_ms = self.now_ms()
        changed = {note.standing.node for note in notes if self._listened(note, at_ms, now_ms)}
        claimant = partial(person_claimed, gallery=self._known.gallery, matcher=self._matcher)
        pins, tries = await self._pins.checked(asks, claimant, self._known.gallery, at_ms)
        # One policy for the whole way: another may be published while the records of this batch are being written.
        policy, moment = self._ruling.policy, Moment(self._known.gallery, self._presence, at_ms)
        judged_now = judged(asks, self._ruling, moment, self._matcher, pins)
        self._unknown_cards.shown(((ask, identity) for ask, identity, _ in judged_now), at_ms)
        decided = [self._reaching.reached(*one) for one in judged_now]
        codes = [receipt_code() for _ in range(len(asks) + len(refusals))]
        drafts = [
            record.decision(
                *(self.site, ask, identity, judgement, policy, self._known.gallery, code, at_ms),
                for_reviewers=self._hidden(identity, code, at_ms),
                strike=strike,
            )
            for (ask, identity, judgement, strike), code in zip(decided, codes[: len(asks)], strict=True)
        ]
        drafts += [
            record.refusal(self.site, refusal, code, at_ms)
            for refusal, code in zip(refusals, codes[len(asks) :], strict=True)
        ]
        taken = self._journals.taken([note for note in notes if note.purpose == "event"], at_ms)
        drafts += taken.drafts + tries
        drafts += self._passes.uses(decided, codes[: len(asks)], at_ms)
        drafts += self._pins.beside(decided, codes[: len(asks)], at_ms)
        happened = alarming.by_events(taken.entries, at_ms) + duress(decided, at_ms)
        for node in self._standings if look_around else changed:
            happened += alarming.by_words(self._standings[node], self.heard.of(node), at_ms)
        drafts += [alarming.draft(self.site, change, at_ms) for change in self.alarms.changes(happened)]
        if drafts:
            freshness = {ask.standing.node: self._intake.freshness[ask.standing.node] for ask in asks}
            try:
                receipts = await self.log.append(drafts, freshness=freshness, journal=taken.upto)
            except ThreePartError as error:  # RecordFailed, or a draft that is none: nothing of this batch is recorded
                self._outage.failed(error, len(asks), at_ms)
                self._closing.failed(outcomes_in(drafts))
                self._passes.unspent(decided)
                for ask in asks:
                    self._intake.abandoned(ask)
                    busy = answer.busy(ask.message["nonce"], TERM, self._learn)
                    self._telling.tell(ask.standing.node, "answer", busy)
                return
            for draft, receipt in zip(drafts, receipts, strict=True):
                self.recorded(receipt.position, draft)
                self._journals.recorded(receipt.position, draft, now_ms)
            self._answer(decided, policy, refusals, codes, receipts)
            self._journals.upto.update(taken.upto)
            self._closing.settled(outcomes_in(drafts))
            await self.closer.works_again(at_ms)
        for node in changed | {note.standing.node for note in notes if note.purpose == "event"}:
            self._telling.desire(node)

    def _listened(self, note: Note, at_ms: int, now_ms: int) -> bool:
        """Keep what a node says of itself; whether it must be told again what it shall be."""
        node, message = note.standing.node, note.message
        match note.purpose:
            case "status":
                return self.heard.status(node, message, at_ms, now_ms)
            case "reported":
                self._numbers.heard(node, message["number"])
                self.offline.reported(node, message, now_ms)
                return self.heard.reported(node, message)
            case _:
                return False

    def _answer(
        self,
        decided: list[Reached],
        policy: Policy | None,
        refusals: list[Refusal],
        codes: list[str],
        receipts: list[Any],
    ) -> None:
        now_ms = time.monotonic_ns() // 1_000_000
        for (ask, identity, judgement, strike), code, receipt in zip(decided, codes, receipts, strict=False):
            pulse_ms, held_ms = 0, 0
            if policy and judgement.granted:
                more_time = self._known.gallery.has_more_time(identity.person)
                pulse_ms, held_ms = answer.times(policy.doors[ask.standing.door], more_time)
                if strike is not None:
                    release = {"pulse_ms": pulse_ms, "held_ms": held_ms, "receipt": code}
                    self._telling.order(strike["node"], "release", **release)
                    pulse_ms = held_ms = 0
            message = answer.decided(
                *(ask.message["nonce"], judgement.granted, pulse_ms, held_ms, TERM, code, receipt, self._learn),
                busy=strike is not None and "away" in strike,
            )
            if judgement.reason == "pass-expired":
                message["code"] = EXPIRED
            sealed = self._telling.tell(ask.standing.node, "answer", message)
            self._intake.answered(ask, sealed, now_ms)
            persons = (identity.person,) if identity.person else ()
            self._closing.decided(receipt.position, ask.standing.door, now_ms)
            decision = Decided(receipt.position, ask.standing.door, persons, judgement.granted)
            self._journals.decided(code, decision)
        for refusal, code, receipt in zip(refusals, codes[len(decided) :], receipts[len(decided) :], strict=False):
            _log.warning("Refused a message of %s: %s (%s)", refusal.node, refusal.code, refusal.detail)
            if refusal.answerable and refusal.node:
                message = answer.decided(refusal.answerable, False, 0, 0, TERM, code, receipt, self._learn)
                self._telling.tell(refusal.node, "answer", message)

    # --- what nobody reports -----------------------------------------------------------------------------------

    async def _close_late(self) -> None:
        while True:
            await asyncio.sleep(CLOSE_EVERY_S)
            await self.closer.close_due(time.monotonic_ns() // 1_000_000)

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CLOSE_EVERY_S)
            self._look_around = True
            self._wake.set()

    def _hidden(self, identity: Identity, code: str, at_ms: int) -> str | None:
        similarity = identity.similarity
        if similarity is None or not math.isfinite(similarity):
            return None
        return reviewing.hide({"similarity": similarity}, code, at_ms, self.keys, os.urandom)

    # --- the house, as acts see it -----------------------------------------------------------------------------

    @property
    def people(self) -> Engine:
        return self._people

    @property
    def policy(self) -> Policy | None:
        return self._ruling.policy

    @property
    def policy_version(self) -> int:
        return self._ruling.version

    def publisher(self) -> str | None:
        return None if self._ruling.published is None else self._ruling.published["operator"]

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def card_tag(self, number: str) -> str:
        return keys.hmac_sha256(self._card_key, number.encode()).hex()

    def card_kept(self, number: str) -> tuple[str, bytes]:
        tag = self.card_tag(number)
        return tag, seal_number(number, self.keys.get_or_create(CARD_NUMBERS), tag, os.urandom(12))

    def take_unknown_card(self, door: str) -> tuple[str, bytes] | None:
        card = self._unknown_cards.take(door, self.now_ms())
        return None if card is None else (card.tag, card.sealed)

    def pass_text(self, pass_id: bytes, doors: Sequence[str], from_s: int, until_s: int) -> str:
        return self._passes.text(pass_id, doors, from_s, until_s)

    def pins_forgiven(self, person: str) -> list[Draft]:
        return self._pins.forgiven(person, self.now_ms())

    def shield(self, vector: bytes, scale: float) -> "np.ndarray":
        import numpy as np  # a site without faces needs none

        shield = self._shields.get(len(vector))
        if shield is None:
            secret = self.keys.get_or_create("site/transform")
            shield = self._shields[len(vector)] = TemplateShield(secret, len(vector))
        return shield.shield(np.frombuffer(vector, np.int8), scale)

    def alike(self, vector: "np.ndarray", model: str, but: str | None) -> tuple[str, ...]:
        return alike(vector, model, but, self._known.gallery, self._matcher.threshold)

    def largest_gallery(self, fpir: float) -> int:
        return operating.largest_gallery_of_all(fpir)

    def publish(self, policy: Policy, body: dict[str, Any], published_at_ms: int) -> None:
        self._ruling.publish(policy, body, published_at_ms)
        self.offline.changed()
        self._telling.desire_all()

    def published(self) -> dict[str, Any] | None:
        return self._ruling.published

    def shadow(self, policy: Policy | None) -> None:
        self._ruling.shadow = None if policy is None else Memo(policy)

    def shadowed(self) -> Policy | None:
        return None if self._ruling.shadow is None else self._ruling.shadow.policy

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "node": standing.node,
                "door": standing.door,
                "roles": list(standing.roles),
                "virtual": standing.virtual,
                "state": self.heard.of(standing.node).state,
                "at_ms": self.heard.of(standing.node).at_ms,
                "acknowledged": self._telling.taken(standing.node),
                "pack": self.offline.standing(standing.node),
            }
            for standing in self._standings.values()
        ]

    def strike_at(self, door: str) -> str | None:
        found = {self._strikes[node] for node, standing in self._standings.items() if standing.door == door}
        return found.pop() if len(found) == 1 else None

    def away(self, node: str) -> str | None:
        return self._telling.away(node)

    def order(self, node: str, **command: Any) -> None:
        self._telling.order(node, "command", **command)

    def recorded(self, position: int, draft: Draft) -> None:
        self._presence.recorded(position, draft)
        if (change := alarming.change_in(position, draft.kind, draft.body)) is not None:
            self.alarms.recorded(change)
        if draft.kind in MOVES_DESIRED:
            self.offline.changed()
            self._telling.desire_all()

    def live(self, person: str, door: str, at_ms: int) -> Live:
        policy = self.policy
        return Live() if policy is None else self._presence.seen(person, policy, door, at_ms, self._known.gallery.facts)

    def locked(self) -> dict[str | None, int]:
        return dict(self._presence.locked)

    def strikeless(self) -> dict[str, str]:
        return strikeless(fleet_nodes(self._places))

    def faceless(self) -> dict[str, int]:
        return dict(self._presence.faceless)

    def outage(self) -> dict[str, Any] | None:
        return self._outage.alarm

    def forget_face(self, person: str) -> None:
        self._known.forget_face(person)
        self.doubts.forget_person(person)
        self.offline.withdrawn(person)

    def forgotten(self, person: str) -> list[dict[str, Any]]:
        return self.offline.forgotten(person)

    def _ever_here(self) -> tuple[str, ...]:
        with self._people.begin() as conn:
            return ever_here(conn)

    def _policy_of(self, sha256: str) -> Policy | None:
        """A policy that was published, by its hash."""
        ruling = self._ruling.policy
        return ruling if ruling and ruling.sha256 == sha256 else policies_by_sha256(self, {sha256}).get(sha256)

    async def refresh(self) -> None:
        changed = await self._known.refresh()
        for person in changed:
            self._ruling.forget(person)
        if changed:
            self.offline.changed()

    # --- life --------------------------------------------------------------------------------------------------

    def _keys_of(self, node: str) -> dict[str, bytes]:
        secret = self.keys.get(f"node/{node}")
        if secret is None:
            raise NodeWithoutSecret(
                "The keeper did not start.",
                f"The node {node} is in fleet.json, and keys.db has no secret for it: the two are of different times.",
                "Put both back from the same backup.",
            )
        return {purpose: keys.message_key(secret, self.site, node, purpose) for purpose in topics.PURPOSES}

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            try:
                await self.refresh()
            except DBAPIError as error:
                _log.error("people.db cannot be read (%s); deciding by what was known before.", error.orig)

    async def _mind_deadlines(self) -> None:
        while True:
            try:
                await record_lapsed(self)
            except (DBAPIError, ThreePartError) as error:
                _log.error("Passed deadlines of contests are not recorded yet: %s", error)
            await asyncio.sleep(DEADLINES_S)

    async def _keep_no_longer(self) -> None:
        while True:
            try:
                await expire(self.log, self.keys, self._retention, self.now_ms(), self._contesting)
            except (ThreePartError, DBAPIError) as error:
                _log.error("What is past its time is still kept, and is tried again tomorrow: %s", error)
            await asyncio.sleep(DAY_S)

    def _contesting(self) -> frozenset[str]:
        with self._people.begin() as conn:
            return contesting(conn)

    async def run(self) -> None:
        """Decide until SIGTERM."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await self.refresh()
        await record_fleet(self.site, self.log, fleet_nodes(self._places), self.now_ms())
        deciding = asyncio.create_task(self._decide())
        packing = asyncio.create_task(self.offline.run(lambda: time.monotonic_ns() // 1_000_000))
        await self._link.open()
        listening = await server.serve(self, self._places.keeper_socket)
        following_people = asyncio.create_task(self._follow())
        minding = asyncio.create_task(self._mind_deadlines())
        closing = asyncio.create_task(self._close_late())
        looking = asyncio.create_task(self._look_now_and_then())
        keeping = asyncio.create_task(self._keep_no_longer())
        print("READY", flush=True)
        stopping = asyncio.create_task(stop.wait())
        tasks = {deciding, packing, following_people, minding, closing, looking, keeping}
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        listening.close()
        for task in tasks:
            task.cancel()
        await self._link.close()
        await self.log.close()
        for task in done:
            task.result()  # a mistake of ours ends the process, seen; the supervisor starts it again


def open_keeper(data: Path) -> Keeper:
    """The keeper of the site in `data`. Raises what `mendable.py` lists."""
    places = Places(data)
    store = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    site = settings.read(places.site_toml)
    return Keeper(places, site, store, Log.start(LogPlace(places.log_db, site.log), store, site.name))
