"""Visitors' passes at the keeper: signed with the site's key, read, held against their bounds, and spent.

A pass that counts once is spent by the grant that it brought, in the record that stands beside that decision; so a
restart forgets none, and of two asks with the same pass at the same moment one is let in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask
from ostiary.controller.access.judge import Judgement, refused
from ostiary.controller.access.packing import Pass as Packable
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.record import Draft
from ostiary.controller.store.credential_tables import LONGEST_MS
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import passes
from ostiary.protocol.errors import Refused

KEY = "site/pass"
USED = "pass-used"

Decision = tuple[Ask, Identity, Judgement, object]
"""An ask with who it is, what was judged, and what stands beside that."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a pass says of whoever presents it. `reason` is set where it opens nothing; `id` and `person` are known
    as soon as it is one of ours."""

    person: str | None = None
    id: str | None = None
    single: bool = False
    reason: str | None = None


class Passes:
    """The site's passes. `public_key` is what nodes are told (Ed25519, 32 bytes)."""

    def __init__(self, site: str, keys: KeyStore, log: Log, at_ms: int) -> None:
        self._site, self._log = site, log
        self._key = Ed25519PrivateKey.from_private_bytes(keys.get_or_create(KEY))
        self.public_key = self._key.public_key().public_bytes_raw()
        self._used = _used(log, at_ms)

    def text(self, pass_id: bytes, doors: Sequence[str], from_s: int, until_s: int) -> str:
        """The signed text of a pass. Raises `Refused` for what no pass can say."""
        data = passes.payload(self._site, pass_id, doors, from_s, until_s)
        return passes.text(data, self._key.sign(passes.signed(data)))

    def read(self, text: str, door: str, gallery: Gallery, at_ms: int) -> Read:
        """Whose pass this is, and whether it opens this door now. A revoked one stays somebody's, so that the person
        hears why."""
        try:
            said = passes.read(text, self._verify)
        except Refused:
            return Read(reason="pass-unknown")
        known = gallery.held_pass(said.id)
        if said.site != self._site or known is None:
            return Read(reason="pass-unknown")
        person, held = known
        reason = None
        if held.revoked:
            reason = "pass-revoked"
        elif at_ms >= min(held.until_ms, said.until_s * 1000):
            reason = "pass-expired"
        elif at_ms < max(held.from_ms, said.from_s * 1000):
            reason = "pass-not-yet"
        elif door not in held.doors or door not in said.doors:
            reason = "pass-not-valid-here"
        elif held.single and said.id in self._used:
            reason = "pass-used"
        return Read(person, said.id, held.single, reason)

    def spend(self, identity: Identity, judgement: Judgement) -> Judgement:
        """The grant, which spends a pass that counts once; a denial where an earlier one in this batch has spent it."""
        if not judgement.granted or not identity.single or identity.pass_id is None:
            return judgement
        if identity.pass_id in self._used:
            return refused("pass-used")
        self._used.add(identity.pass_id)
        return judgement

    def unspent(self, decided: Sequence[Decision]) -> None:
        """These decisions were not recorded, so nobody was let in by them."""
        self._used -= {identity.pass_id for _, identity, judgement, _ in decided if _spends(identity, judgement)}

    def uses(self, decided: Sequence[Decision], codes: Sequence[str], at_ms: int) -> list[Draft]:
        """The records that say which passes these decisions spent; `codes` are the decisions' receipt codes."""
        return [
            Draft(
                USED,
                at_ms,
                {"at_ms": at_ms, "site": self._site, "person": identity.person, "pass": identity.pass_id, "by": code},
                (identity.person,) if identity.person else (),
                door=ask.standing.door,
                code=USED,
            )
            for (ask, identity, judgement, _), code in zip(decided, codes, strict=True)
            if _spends(identity, judgement)
        ]

    def _verify(self, message: bytes, signature: bytes) -> bool:
        try:
            self._key.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True


def packable(gallery: Gallery) -> dict[str, tuple[Packable, ...]]:
    """The passes that a node may know of for when it decides alone. One that counts once is not among them: the node
    could not know that it was used."""
    return {
        person: tuple(
            Packable(held.code, held.from_ms, held.until_ms)
            for held in followed.passes
            if not held.revoked and not held.single
        )
        for person, followed in gallery.known.people.items()
        if followed.passes
    }


def _spends(identity: Identity, judgement: Judgement) -> bool:
    return judgement.granted and identity.single


def _used(log: Log, at_ms: int) -> set[str]:
    """The ids of passes that were spent and might still be valid otherwise."""
    found: set[str] = set()
    for row in log.reading().all_of(USED):
        if row.at_ms + LONGEST_MS < at_ms:
            break
        body = log.open(row.position)
        if not isinstance(body, Erased):
            found.add(body["pass"])
    return found
