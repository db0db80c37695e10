"""The keeper: wires the hot path's five steps, the acts and the log. The only place that knows them all.

Promise: an answer leaves after its record is durable, or it is *busy* and nothing moves.
"""

import asyncio
import dataclasses
import logging
import math
import os
import secrets
import signal
import time
from collections import OrderedDict, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ostiary.controller import site as settings
from ostiary.controller.access import answer, record
from ostiary.controller.access.closing import MARK, MARK_EVERY, UNKNOWN, Closing, outcomes_in, unknown
from ostiary.controller.access.identify import Identity, Matcher, identify
from ostiary.controller.access.intake import Ask, Intake, Note, Refusal, Repeat, Standing
from ostiary.controller.access.judge import Judgement, judge, refused
from ostiary.controller.access.known import Known
from ostiary.controller.access.outage import Outage
from ostiary.controller.access.presence import remembered
from ostiary.controller.acts import server
from ostiary.controller.acts.contest_lapsed import record_lapsed
from ostiary.controller.fleet.link import BrokerAddress, Link
from ostiary.controller.fleet.nodes import fleet_nodes
from ostiary.controller.people.erasable import contesting
from ostiary.controller.people.protect import TemplateShield
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.policy.facts import Live
from ostiary.controller.policy.memo import Memo
from ostiary.controller.record import reviewing
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
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

if TYPE_CHECKING:
    import numpy as np

BATCH = 256
TERM = 1  # one controller owns an embedded site, so its lease never rises
DEADLINES_S = 60.0  # the longest time for which a contest's passed deadline stays unrecorded
CLOSE_EVERY_S = 5.0
DAY_S = 86_400.0
FOLLOW_S = 1.0  # the longest time for which a change that nobody announced stays unseen
RECENT = 10_000  # decisions whose outcome is still expected; an older one is looked up in the log
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
        self.policy: Policy | None = None
        self._memo: Memo | None = None
        self._shadow: Memo | None = None
        self.policy_version = 0
        self.publishing = asyncio.Lock()
        self.locking = asyncio.Lock()
        self._published: dict[str, Any] | None = None
        self._places = places
        self._learn = site.learn
        self._retention = site.retention
        self._card_key = store.get_or_create("site/card")
        self._shields: dict[int, TemplateShield] = {}
        self._people = follow_people(places.people_db)
        self._known = Known(self._people, store)
        self._standings = {
            node.node: Standing(node.node, node.door, node.virtual, self._keys_of(node.node))
            for node in fleet_nodes(places)
        }
        self._statuses: dict[str, dict[str, Any]] = {}
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
        )
        self._presence = remembered(log, self.now_ms())
        self._journal = log.journal()
        self._closing = Closing(self._journal.pop(MARK, 0))
        self._outage = Outage()
        self._desired = 0
        self._take_up_open_decisions()
        self._recent: OrderedDict[str, tuple[str, int, tuple[str, ...]]] = OrderedDict()
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._wake = asyncio.Event()
        address = BrokerAddress(
            "127.0.0.1",
            site.broker_port,
            places.tls / "ca.pem",
            places.tls / "keeper.pem",
            places.tls / "keeper.key",
        )
        self._link = Link(self.site, address, self._heard)
        self._rule_published_policy()
        self._go_on_shadowing()

    # --- the hot path ------------------------------------------------------------------------------------------

    def _heard(self, topic: str, payload: bytes) -> None:
        self._waiting.append((topic, payload))
        self._wake.set()

    async def _decide(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                await self._handle(batch)

    async def _handle(self, batch: list[tuple[str, bytes]]) -> None:
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
                    self._link.tell(standing.node, "answer", sealed)
        at_ms = self.now_ms()
        # One policy for the whole way: another may be published while the records of this batch are being written.
        policy, memo, shadow = self.policy, self._memo, self._shadow
        decided = self._judged(asks, policy, memo, shadow, at_ms)
        codes = [receipt_code() for _ in range(len(asks) + len(refusals))]
        drafts = [
            record.decision(self.site, ask, identity, judgement, policy, self._known.gallery, code, at_ms, hidden)
            for (ask, identity, judgement), code in zip(decided, codes[: len(asks)], strict=True)
            for hidden in [self._hidden(identity, code, at_ms)]
        ]
        drafts += [
            record.refusal(self.site, refusal, code, at_ms)
            for refusal, code in zip(refusals, codes[len(asks) :], strict=True)
        ]
        told, journal = self._noted(notes, drafts, at_ms)
        if drafts:
            freshness = {ask.standing.node: self._intake.freshness[ask.standing.node] for ask in asks}
            try:
                receipts = await self.log.append(drafts, freshness=freshness, journal=journal)
            except ThreePartError as error:  # RecordFailed, or a draft that is none: nothing of this batch is recorded
                self._outage.failed(error, len(asks), at_ms)
                self._closing.failed(outcomes_in(drafts))
                for ask in asks:
                    self._intake.abandoned(ask)
                    self._tell(ask.standing, "answer", answer.busy(ask.message["nonce"], TERM, self._learn))
                return
            for draft, receipt in zip(drafts, receipts, strict=True):
                self.recorded(receipt.position, draft)
            self._answer(decided, policy, refusals, codes, receipts)
            self._journal.update(journal)
            self._closing.settled(outcomes_in(drafts))
            await self._works_again(at_ms)
        for node in told:
            self._desire(self._standings[node])

    def _judged(
        self, asks: list[Ask], policy: Policy | None, memo: Memo | None, shadow: Memo | None, at_ms: int
    ) -> list[tuple[Ask, Identity, Judgement]]:
        """Steps 2 and 3 for everybody who waits. A mistake of ours denies; it never grants and never stops the door."""
        if not asks:
            return []
        rules = [policy.doors.get(ask.standing.door) if policy else None for ask in asks]
        nobody = [Identity(None, ask.message["credential"], None) for ask in asks]
        try:
            known = [(ask, rule) for ask, rule in zip(asks, rules, strict=True) if rule is not None]
            found = iter(identify(known, self._known.gallery, self._matcher))
            identities = [next(found) if rule is not None else none for rule, none in zip(rules, nobody, strict=True)]
            return [
                (
                    ask,
                    identity,
                    judge(identity, ask.standing.door, memo, self._known.gallery, self._presence, at_ms, shadow),
                )
                if rule is not None or policy is None
                else (ask, identity, refused("unknown-door"))
                for ask, identity, rule in zip(asks, identities, rules, strict=True)
            ]
        except Exception:  # noqa: BLE001
            # The blanket net of the hot path: whatever broke, the door answers *no* and the record says so.
            _log.exception("A decision failed; everybody in this batch is denied.")
            return [(ask, none, refused("internal")) for ask, none in zip(asks, nobody, strict=True)]

    def _answer(
        self,
        decided: list[tuple[Ask, Identity, Judgement]],
        policy: Policy | None,
        refusals: list[Refusal],
        codes: list[str],
        receipts: list[Any],
    ) -> None:
        now_ms = time.monotonic_ns() // 1_000_000
        for (ask, identity, judgement), code, receipt in zip(decided, codes, receipts, strict=False):
            pulse_ms, held_ms = 0, 0
            if policy and judgement.granted:
                more_time = self._known.gallery.has_more_time(identity.person)
                pulse_ms, held_ms = answer.times(policy.doors[ask.standing.door], more_time)
            message = answer.decided(
                ask.message["nonce"], judgement.granted, pulse_ms, held_ms, TERM, code, receipt, self._learn
            )
            sealed = answer.seal_for(ask.standing, "answer", message, os.urandom(answer.IV_BYTES))
            self._link.tell(ask.standing.node, "answer", sealed)
            self._intake.answered(ask, sealed, now_ms)
            persons = (identity.person,) if identity.person else ()
            self._closing.decided(receipt.position, ask.standing.door, now_ms)
            self._recent[code] = (ask.standing.door, receipt.position, persons)
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        for refusal, code, receipt in zip(refusals, codes[len(decided) :], receipts[len(decided) :], strict=False):
            _log.warning("Refused a message of %s: %s (%s)", refusal.node, refusal.code, refusal.detail)
            if refusal.answerable and refusal.node:
                message = answer.decided(refusal.answerable, False, 0, 0, TERM, code, receipt, self._learn)
                self._tell(self._standings[refusal.node], "answer", message)

    def _tell(self, standing: Standing, purpose: str, message: dict[str, Any], *, retain: bool = False) -> None:
        sealed = answer.seal_for(standing, purpose, message, os.urandom(answer.IV_BYTES))
        self._link.tell(standing.node, purpose, sealed, retain=retain)

    def _desire(self, standing: Standing) -> None:
        """Tell a node how far its journal is kept, and what its door asks to speak for a face of flesh."""
        door = self.policy.doors.get(standing.door) if self.policy else None
        # Above every number of an earlier keeper, whose count nobody kept.
        self._desired = max(self._desired + 1, self.now_ms())
        desired = {
            "v": 1,
            "term": TERM,
            "number": self._desired,
            "journal_upto": self._journal.get(standing.node, 0),
            "liveness": "none" if door is None else door.liveness,
            "lockdown": None in self._presence.locked or standing.door in self._presence.locked,
            "face": door is None or door.face != "off",
            "offline": "deny",
        }
        self._tell(standing, "desired", desired, retain=True)

    # --- what nodes report -------------------------------------------------------------------------------------

    def _noted(self, notes: list[Note], drafts: list[Draft], at_ms: int) -> tuple[set[str], dict[str, int]]:
        """Adds the journal entries that continue a node's sequence to `drafts`; says which nodes to tell how far
        their journal is kept. An entry out of turn is not taken: the node sends it again, in order."""
        told: set[str] = set()
        upto: dict[str, int] = {}
        for note in notes:
            node = note.standing.node
            if note.purpose == "status":
                self._statuses[node] = {**note.message, "at_ms": at_ms}
            if note.purpose in ("status", "event"):
                told.add(node)
            if note.purpose != "event":
                continue
            known = upto.get(node, self._journal.get(node))
            # A log that never heard of this node begins where the node's journal does: a new site, or a new log.
            if known is not None and note.message["seq"] != known + 1:
                continue
            upto[node] = note.message["seq"]
            about, persons = self._about(note.message.get("receipt"), note.standing.door)
            corrects = self._corrected(about) if note.message["kind"] in record.OUTCOMES else None
            drafts.append(record.door_event(self.site, note.standing, note.message, about, persons, at_ms, corrects))
        return told, upto

    def _about(self, code: str | None, door: str) -> tuple[int | None, tuple[str, ...]]:
        """Which decision at this door a receipt code names, and whom it concerns. Another door's is none of its own:
        a display shows the code, and whoever read it must not close that decision from elsewhere."""
        if code is None:
            return None, ()
        if code in self._recent:
            of, position, persons = self._recent[code]
            return (position, persons) if of == door else (None, ())
        row = self.log.reading().by_receipt(code)
        if row is None or row.door != door:
            return None, ()
        return row.position, self._persons_of(row.position)

    # --- what nobody reports -----------------------------------------------------------------------------------

    def _take_up_open_decisions(self) -> None:
        now_ms, reading, last = time.monotonic_ns() // 1_000_000, self.log.reading(), self._closing.marked - 1
        while rows := reading.since(last):
            self._closing.follow(rows, now_ms)
            last = rows[-1].position

    def _corrected(self, about: int | None) -> int | None:
        """The record by which the keeper had closed this decision, if it had."""
        if about is None or self._closing.told(about):
            return None
        row = self.log.reading().outcome_of(about)
        return row.position if row and row.code == UNKNOWN else None

    async def _close_late(self) -> None:
        while True:
            await asyncio.sleep(CLOSE_EVERY_S)
            await self.close_due(time.monotonic_ns() // 1_000_000)

    async def close_due(self, now_ms: int) -> None:
        """Close what no journal told in time, and say how far all is closed. Finds out too that a store works again."""
        at_ms, due = self.now_ms(), self._closing.due(now_ms)
        positions = [held.position for held in due]
        upto = self._closing.upto(positions)
        if not due and not self._outage.alarm and upto - self._closing.marked < MARK_EVERY:
            return
        try:
            drafts = [unknown(self.site, held, self._persons_of(held.position), at_ms) for held in due]
            await self.log.append(drafts, journal={MARK: upto})
            self._closing.settled(positions)
            self._closing.marked = upto
        except ThreePartError as error:
            self._closing.failed(positions)
            self._outage.failed(error, 0, at_ms)
        else:
            await self._works_again(at_ms)

    async def _works_again(self, at_ms: int) -> None:
        if over := self._outage.over(self.site, at_ms):
            try:
                await self.log.append([over])
            except ThreePartError as error:
                self._outage.failed(error, 0, at_ms)

    def _persons_of(self, position: int) -> tuple[str, ...]:
        try:
            opened = self.log.open(position)
        except Broken as error:
            _log.error("A decision cannot be opened, so its outcome is filed under nobody: %s", error)
            return ()
        person = None if isinstance(opened, Erased) else opened.get("person")
        return (person,) if person else ()

    def _hidden(self, identity: Identity, code: str, at_ms: int) -> str | None:
        similarity = identity.similarity
        if similarity is None or not math.isfinite(similarity):
            return None
        return reviewing.hide({"similarity": similarity}, code, at_ms, self.keys, os.urandom)

    async def _record_fleet(self) -> None:
        """Which nodes there are, whenever that has changed: who could speak for a door, and since when."""
        nodes = [dataclasses.asdict(node) for node in fleet_nodes(self._places)]
        for node in nodes:
            node["roles"] = list(node["roles"])
        row = self.log.reading().last_of("fleet")
        held = None if row is None else self.log.open(row.position)
        known = held["nodes"] if isinstance(held, dict) else []
        if nodes != known:
            at_ms = self.now_ms()
            body = {"at_ms": at_ms, "site": self.site, "nodes": nodes}
            await self.log.append([Draft("fleet", at_ms, body, (), code="fleet")])

    # --- the house, as acts see it -----------------------------------------------------------------------------

    @property
    def people(self) -> Engine:
        return self._people

    def publisher(self) -> str | None:
        return None if self._published is None else self._published["operator"]

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def card_tag(self, number: str) -> str:
        return keys.hmac_sha256(self._card_key, number.encode()).hex()

    def shield(self, vector: bytes, scale: float) -> "np.ndarray":
        import numpy as np  # a site without faces needs none

        shield = self._shields.get(len(vector))
        if shield is None:
            secret = self.keys.get_or_create("site/transform")
            shield = self._shields[len(vector)] = TemplateShield(secret, len(vector))
        return shield.shield(np.frombuffer(vector, np.int8), scale)

    def largest_gallery(self, fpir: float) -> int:
        return operating.largest_gallery_of_all(fpir)

    def publish(self, policy: Policy, body: dict[str, Any], published_at_ms: int) -> None:
        self.policy, self._memo, self.policy_version = policy, Memo(policy), body.get("version", 0)
        self._published = {
            "text": body["text"],
            "sha256": policy.sha256,
            "published_at_ms": published_at_ms,
            "version": self.policy_version,
            "operator": body.get("operator"),
            "note": body.get("note"),
        }
        for standing in self._standings.values():
            self._desire(standing)

    def published(self) -> dict[str, Any] | None:
        return self._published

    def shadow(self, policy: Policy | None) -> None:
        self._shadow = None if policy is None else Memo(policy)

    def shadowed(self) -> Policy | None:
        return None if self._shadow is None else self._shadow.policy

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "node": standing.node,
                "door": standing.door,
                "virtual": standing.virtual,
                "state": self._statuses.get(standing.node, {}).get("state", "unknown"),
                "at_ms": self._statuses.get(standing.node, {}).get("at_ms"),
            }
            for standing in self._standings.values()
        ]

    def recorded(self, position: int, draft: Draft) -> None:
        self._presence.recorded(position, draft)

    def live(self, person: str, door: str, at_ms: int) -> Live:
        policy = self.policy
        return Live() if policy is None else self._presence.seen(person, policy, door, at_ms, self._known.gallery.facts)

    def locked(self) -> dict[str | None, int]:
        return dict(self._presence.locked)

    def outage(self) -> dict[str, Any] | None:
        return self._outage.alarm

    def forget_face(self, person: str) -> None:
        self._known.forget_face(person)

    async def refresh(self) -> None:
        for person in await self._known.refresh():
            for memo in (self._memo, self._shadow):
                if memo is not None:
                    memo.forget(person)

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

    def _rule_published_policy(self) -> None:
        row = self.log.reading().last_of("publish")
        body = None if row is None else self.log.open(row.position)
        if row is None or not isinstance(body, dict):
            return
        try:
            self.policy_version = body.get("version", 0)
            self.publish(load(body["text"], body["name"]), body, row.at_ms)
        except PolicyError as error:
            # A later version may refuse what an earlier one took. Doors stay shut, and a better one can be published.
            _log.error("The published policy is not valid any more, so no door opens: %s", error)

    def _go_on_shadowing(self) -> None:
        row = self.log.reading().last_of("shadow")
        body = None if row is None else self.log.open(row.position)
        if not isinstance(body, dict) or body["text"] is None:
            return
        try:
            self.shadow(load(body["text"], body["name"]))
        except PolicyError as error:
            _log.error("The policy in the shadow is not valid any more, so it judges nothing: %s", error)

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
        await self._record_fleet()
        deciding = asyncio.create_task(self._decide())
        await self._link.open()
        listening = await server.serve(self, self._places.keeper_socket)
        following_people = asyncio.create_task(self._follow())
        minding = asyncio.create_task(self._mind_deadlines())
        closing = asyncio.create_task(self._close_late())
        keeping = asyncio.create_task(self._keep_no_longer())
        print("READY", flush=True)
        stopping = asyncio.create_task(stop.wait())
        tasks = {deciding, following_people, minding, closing, keeping}
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
