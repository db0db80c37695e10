"""Offline: the packs of all nodes that may decide alone; made when something changes and at an interval, sent, and
taken back.

What narrows a pack goes out at once and raises `packs_from`: older packs then decide nothing, and the node's word that
it has none is the acknowledgement that a person's face is forgotten there. It works in a thread of its own beside the
hot path and touches the loop only to read and to send.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.packing import Known, Packed, PackTooLarge, Pass, Whereto, narrower, packed
from ostiary.controller.fleet.nodes import runs_on
from ostiary.controller.fleet.packs import Book, Forgetting, Made, Transfer
from ostiary.controller.people.card_number import CARD_NUMBERS, open_number
from ostiary.controller.people.errors import CardUnreadable
from ostiary.controller.people.protect import TemplateShield
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Live, TimeOutOfRange
from ostiary.controller.policy.pack import RevocationWindow, revocation_window
from ostiary.controller.record.record import Draft
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import base64url, packs, slow_hash

PACKS = "site/packs"  # the key's name in keys.db: of the book, and of how packs name people
EVERY_MS = 15 * 60_000
DELIVERY_MS = 60_000  # what a pack may take to arrive before the printed window would be wrong: 4 MiB at 70 kB/s
SETTLE_MS = 300  # a burst of changes becomes one pack
TICK_S = 0.25
# One slow hash a presentation: few on a board that takes a thousand times as long for each.
ROUNDS, ROUNDS_SMALL = 20_000, 500

_log = logging.getLogger("ostiary.keeper")


@dataclass(frozen=True, slots=True)
class Post:
    """A node that may decide alone, where it hangs, and its secret (32 bytes)."""

    node: str
    door: str
    profile: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the keeper knows at this moment: each is asked anew for each pack. `live(door)` is what is locked down."""

    policy: Callable[[], Policy | None]
    gallery: Callable[[], Gallery]
    live: Callable[[str], Live]
    threshold: Callable[[str, float], float]
    passes: Callable[[], Mapping[str, Iterable[Pass]]]
    persons: Callable[[], Iterable[str]]
    online: Callable[[str], bool]
    now_ms: Callable[[], int]


@dataclass(slots=True)
class _Node:
    post: Post
    salt: bytes
    tags: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    pack: Packed | None = None
    transfer: Transfer | None = None
    problem: str | None = None
    in_use: int = 0
    usable_from: int = 0
    none_below: int = 0


class Offline:
    """`tell(node, purpose, message)` speaks to a node, `desire(node)` has its desired state sent, which `desired` is
    part of. Times are Unix ms, except for transfers."""

    def __init__(
        self,
        site: str,
        posts: Iterable[Post],
        book: Book,
        keys: KeyStore,
        sources: Sources,
        tell: Callable[[str, str, dict[str, Any]], object],
        desire: Callable[[str], None],
        record: Callable[[list[Draft]], Any],
    ) -> None:
        self._site, self._book, self._keys, self._sources = site, book, keys, sources
        self._tell, self._desire, self._record = tell, desire, record
        self._nodes = {post.node: _Node(post, os.urandom(packs.SALT_BYTES)) for post in posts}
        self._naming = keys.get_or_create(PACKS)
        self._numbers: dict[bytes, str] = {}
        self._shields: dict[tuple[str, int], TemplateShield] = {}
        self._changed_ms: int | None = 0  # a start makes every pack anew
        self._made_ms = 0
        self._wake = asyncio.Event()

    # --- what others ask ---------------------------------------------------------------------------------------

    def desired(self, node: str) -> dict[str, Any]:
        """The fields of this node's `desired` that are about deciding alone."""
        held = self._nodes.get(node)
        if held is None:
            return {"offline": "deny"}
        kept, rule = self._book.of(node), self._rule(held)
        said: dict[str, Any] = {"packs_from": kept.packs_from} if kept.packs_from else {}
        if rule is None or held.problem is not None:
            return {"offline": "deny", **said}
        said |= {"pack_version": kept.version} if kept.version else {}
        return {"offline": "pack", "offline_max_age_ms": rule.pack_age_ms, "unknown_clock": "deny", **said}

    def window(self, door: str) -> RevocationWindow | None:
        """For how long a change can stay unknown at this door; None where it decides nothing alone."""
        policy = self._sources.policy()
        rule = policy.doors.get(door) if policy else None
        if rule is None or rule.offline != "pack" or all(held.post.door != door for held in self._nodes.values()):
            return None
        return revocation_window(rule.pack_age_ms, EVERY_MS, DELIVERY_MS)

    def standing(self, node: str) -> dict[str, Any] | None:
        """How this node's pack stands, in JSON types; None for a node that never decides alone."""
        held = self._nodes.get(node)
        if held is None:
            return None
        kept, window = self._book.of(node), self.window(held.post.door)
        rule = self._rule(held)
        return {
            "offline": "deny" if rule is None or held.problem else "pack",
            "version": kept.version,
            "packs_from": kept.packs_from,
            "in_use": held.in_use,
            "made_ms": held.pack.made_ms if held.pack else None,
            "people": len(held.pack.grants) if held.pack else None,
            "bytes": held.transfer.size if held.transfer else None,
            "cards_without_number": self._unreadable(),
            "problem": held.problem,
            "window": None
            if window is None
            else {"connected_ms": window.connected_ms, "cut_off_ms": window.cut_off_ms},
        }

    def forgotten(self, person: str) -> list[dict[str, Any]]:
        """Each node that was asked to forget this person's face: since when, and when it acknowledged, or None."""
        doors = {name: held.post.door for name, held in self._nodes.items()}
        return [
            {"node": node, "door": doors.get(node), "since_ms": one.since_ms, "acknowledged_ms": one.acknowledged_ms}
            for node, one in self._book.forgetting(person)
        ]

    def made(self, node: str, version: int) -> Made | None:
        """What is remembered of a pack of this node."""
        return self._book.of(node).of(version)

    def person(self, node: str, version: int, subject: str) -> str | None:
        """Whom a pack's subject names; nothing is kept for it, so nothing of it can be stolen."""
        wanted = base64url.decode(subject)
        naming = self._subject(node, version)
        known = self._sources.gallery().known.people
        return next((person for person in known if hmac.compare_digest(naming(person), wanted)), None) or next(
            (person for person in self._sources.persons() if hmac.compare_digest(naming(person), wanted)), None
        )

    # --- what happens ------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """People, the policy or a lockdown changed: every pack is looked at again soon."""
        if self._changed_ms is None:
            self._changed_ms = self._sources.now_ms()
        self._wake.set()

    def withdrawn(self, person: str) -> None:
        """This person's face is to be forgotten by every node that may have it."""
        for node in self._nodes:
            kept = self._book.of(node)
            if kept.version and not any(
                one.person == person and one.acknowledged_ms is None for one in kept.forgetting
            ):
                kept.forgetting.append(Forgetting(person, self._sources.now_ms()))
        self._changed_ms = 0  # without waiting for more
        self._wake.set()

    def reported(self, node: str, message: dict[str, Any], mono_ms: int) -> None:
        """A decoded `reported` of this node."""
        held = self._nodes.get(node)
        if held is None:
            return
        held.in_use, held.usable_from = message["pack_version"], message.get("usable_from", 0)
        if held.transfer is not None:
            held.transfer.reported(message, mono_ms)
            self._send(node, held, mono_ms)
        held.none_below = _none_below(message)
        if max(held.in_use, held.usable_from) > self._book.of(node).version:
            # It has had a pack that is not remembered here, as after a restore: it needs one above that, at once.
            held.pack, self._changed_ms = None, 0
        self._wake.set()

    async def run(self, mono_ms: Callable[[], int]) -> None:
        """Make and send, for ever."""
        while True:
            now_ms = self._sources.now_ms()
            regular = not 0 <= now_ms - self._made_ms < EVERY_MS
            if regular or (self._changed_ms is not None and now_ms >= self._changed_ms + SETTLE_MS):
                self._changed_ms, self._made_ms = None, now_ms if regular else self._made_ms
                for node in self._nodes:
                    await self._make(node, regular=regular)
            for node, held in self._nodes.items():
                self._send(node, held, mono_ms())
                await self._acknowledged(node, held)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)
            self._wake.clear()

    async def _acknowledged(self, node: str, held: _Node) -> None:
        kept, at_ms = self._book.of(node), self._sources.now_ms()
        if done := kept.forgotten_by(held.none_below):
            try:
                await self._record([_forgotten(self._site, held.post, one, held.none_below, at_ms) for one in done])
            except ThreePartError:
                return  # nothing can be recorded now, which the keeper says elsewhere; it is tried again
            kept.acknowledge(done, at_ms)
            self._write()

    # --- making ------------------------------------------------------------------------------------------------

    async def _make(self, node: str, *, regular: bool) -> None:
        held, kept = self._nodes[node], self._book.of(node)
        rule, policy = self._rule(held), self._sources.policy()
        if policy is None or rule is None:
            self._take_back(node, held)
            return
        made_ms, gallery, live = self._sources.now_ms(), self._sources.gallery(), self._sources.live(held.post.door)
        passes = {person: tuple(some) for person, some in self._sources.passes().items()}
        version = max(kept.version, held.in_use, held.usable_from) + 1
        # Who withdraws while this is being made is owed the next one: this one may still have their face.
        owed = [one for one in kept.forgetting if not one.version]
        try:
            pack = await asyncio.to_thread(
                self._packed, held, policy, gallery, live, passes, version, made_ms
            )  # fmt: skip
        except (PackTooLarge, TimeOutOfRange) as error:
            if held.problem != str(error):
                _log.error("%s", error)
            held.problem = str(error)
            self._take_back(node, held)
            return
        except Exception:  # noqa: BLE001
            # What breaks here must not end the process that decides: the door takes its declared mode.
            _log.exception("The pack of %s could not be made, so nothing is decided alone there.", node)
            held.problem = "A mistake of ours kept the pack from being made; the keeper's own log has it."
            self._take_back(node, held)
            return
        held.problem = None
        digest = self._digest(pack, gallery, policy)
        before = held.pack
        same = before is not None and digest == kept.digest and not narrower(before, pack)
        if same and not regular and not owed:
            return
        # After a start nobody remembers the older pack itself, only a hash of what it was made of.
        narrows = bool(owed) or (narrower(before, pack) if before else digest != kept.digest)
        kept.make(Made(version, made_ms, policy.sha256), owed)
        kept.digest, held.pack = digest, pack
        if narrows:
            kept.packs_from = version
        self._write()
        key = packs.key(held.post.secret, self._site, node, "content")
        sealed = await asyncio.to_thread(
            packs.seal_content, key, node, version, pack.content, os.urandom(16)
        )  # fmt: skip
        held.transfer = Transfer(version, sealed)
        self._desire(node)

    def _take_back(self, node: str, held: _Node) -> None:
        """Nothing is decided alone here: whatever pack the node has is worth nothing from now on."""
        kept = self._book.of(node)
        newest = max(kept.version, held.in_use)
        if (
            held.pack is not None
            or newest >= max(kept.packs_from, 1)
            or any(not one.version for one in kept.forgetting)
        ):
            owed = [one for one in kept.forgetting if not one.version]
            kept.packs_from = newest + 1
            kept.make(Made(newest + 1, self._sources.now_ms(), ""), owed)
            held.pack, held.transfer, kept.digest = None, None, ""
            self._write()
            self._desire(node)

    def _packed(
        self,
        held: _Node,
        policy: Policy,
        gallery: Gallery,
        live: Live,
        passes: Mapping[str, tuple[Pass, ...]],
        version: int,
        made_ms: int,
    ) -> Packed:
        post = held.post
        card_key = packs.key(post.secret, self._site, post.node, "card")
        rounds = ROUNDS_SMALL if runs_on(post.profile) == "esp32" else ROUNDS
        numbers = {person: found for person in gallery.known.people if (found := self._numbers_of(gallery, person))}
        used: set[tuple[str, str]] = set()

        def tag(kind: str, value: str) -> bytes:
            used.add((kind, value))
            made = held.tags.get((kind, value))
            if made is None:
                made = held.tags[kind, value] = slow_hash.tag(card_key, kind, value, held.salt, rounds)
            return made

        def turn(vector: Any) -> Any:
            return self._shield("site", len(vector)).turn_on(vector, self._shield(post.node, len(vector)))

        known = Known(gallery, numbers, passes, self._sources.threshold)
        whereto = Whereto(rounds, held.salt, tag, turn)
        made = packed(policy, post.door, known, live, whereto, version, made_ms, self._subject(post.node, version))
        held.tags = {key: value for key, value in held.tags.items() if key in used}
        return made

    def _shield(self, of: str, dimensions: int) -> TemplateShield:
        shield = self._shields.get((of, dimensions))
        if shield is None:
            if of == "site":
                secret = self._keys.get_or_create("site/transform")
            else:
                secret = packs.key(self._nodes[of].post.secret, self._site, of, "face")
            shield = self._shields[of, dimensions] = TemplateShield(secret, dimensions)
        return shield

    def _numbers_of(self, gallery: Gallery, person: str) -> tuple[str, ...]:
        found: list[str] = []
        for tag, sealed in gallery.known.people[person].sealed_cards:
            if sealed is None:
                continue
            number = self._numbers.get(sealed)
            if number is None:
                key = self._keys.get(CARD_NUMBERS)
                try:
                    number = self._numbers[sealed] = open_number(sealed, key or b"", tag)
                except (CardUnreadable, ValueError):
                    _log.error("A card's number does not open, so it opens nothing where a door decides alone.")
                    continue
            found.append(number)
        return tuple(found)

    def _unreadable(self) -> int:
        people = self._sources.gallery().known.people.values()
        return sum(sealed is None for one in people for _, sealed in one.sealed_cards)

    def _subject(self, node: str, version: int) -> Callable[[str], bytes]:
        """How a pack names people: nobody else can tell two packs' names for one person together."""
        key = hmac.digest(self._naming, f"subject\n{node}\n{version}".encode(), "sha256")
        return lambda person: hmac.digest(key, person.encode(), "sha256")[: packs.SUBJECT_BYTES]

    def _digest(self, pack: Packed, gallery: Gallery, policy: Policy) -> str:
        """A keyed hash of what a pack was made of, its time aside."""
        digest = hmac.new(self._naming, policy.sha256.encode(), hashlib.sha256)
        for person in sorted(pack.doubts):
            digest.update(repr([held.vector.tobytes() for held in gallery.by_person.get(person, ())]).encode())
        for person, holds in sorted(pack.holds.items()):
            faces = [held.vector.tobytes().hex() for held in gallery.by_person.get(person, ())]
            digest.update(repr((gallery.known.people[person].facts, sorted(holds), faces)).encode())
        return digest.hexdigest()

    def _rule(self, held: _Node) -> Any:
        policy = self._sources.policy()
        rule = policy.doors.get(held.post.door) if policy else None
        return rule if rule is not None and rule.offline == "pack" else None

    def _send(self, node: str, held: _Node, mono_ms: int) -> None:
        # What nobody hears would wait in the broker, again and again.
        if held.transfer is not None and self._sources.online(node):
            for message in held.transfer.due(mono_ms):
                self._tell(node, "pack", message)

    def _write(self) -> None:
        try:
            self._book.write()
        except OSError as error:
            _log.error("What is remembered of packs could not be written: %s", error)


def _none_below(reported: dict[str, Any]) -> int:
    """Below which version this node has no pack any more, not even half of one; 0 where it does not say so clearly.
    Whoever uses a pack has written over the one before; whoever refuses a version has written over what it had."""
    in_use, usable_from = reported["pack_version"], reported.get("usable_from", 0)
    arriving = reported.get("pack")
    if 0 < in_use < usable_from:
        return 0
    least = in_use or usable_from
    return min(least, arriving["version"]) if arriving else least


def _forgotten(site: str, post: Post, one: Forgetting, version: int, at_ms: int) -> Draft:
    """The record that a node has nothing any more by which it could know this person's face."""
    body: dict[str, Any] = {
        "at_ms": at_ms,
        "site": site,
        "person": one.person,
        "door": post.door,
        "node": post.node,
        "since_ms": one.since_ms,
        "pack": version,
        "detail": "The node has acknowledged, under its own key, that no pack with this face is left on it.",
    }
    return Draft("face-forgotten", at_ms, body, (one.person,), door=post.door, code="face-forgotten")
