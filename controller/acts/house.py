"""What an act may touch: the keeper's rooms, handed over by `controller/app.py`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Engine

from ostiary.controller.fleet.alarms import Alarms
from ostiary.controller.fleet.heard import Heard
from ostiary.controller.people.doubts import Doubts
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Live
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.store.keys import KeyStore

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Asked:
    """One act as it arrived; `permit.py` has already said that this operator may, with this purpose."""

    args: dict[str, Any]
    operator: str
    roles: frozenset[str]
    purpose: str | None
    progress: Callable[[int, int], None] = lambda done, of: None  # from any thread: so much is done of so much


class House(Protocol):
    """The keeper as acts see it."""

    site: str
    log: Log
    keys: KeyStore
    heard: Heard  # what nodes have said of themselves
    alarms: Alarms
    doubts: Doubts  # faces that wait for a human, for they look like somebody who is enrolled
    publishing: asyncio.Lock
    second_person: bool  # whoever writes a policy does not publish it alone
    locking: asyncio.Lock  # held from reading what is locked down until a change of it is folded in

    @property
    def policy(self) -> Policy | None:
        """The policy that rules."""
        ...

    @property
    def policy_version(self) -> int:
        """Of the newest publication, valid still or not; 0: there was none."""
        ...

    @property
    def people(self) -> Engine:
        """people.db, to read."""
        ...

    def publisher(self) -> str | None:
        """Who published the policy in force; None before the first."""
        ...

    def now_ms(self) -> int:
        """Wall clock, Unix milliseconds."""
        ...

    def card_tag(self, number: str) -> str: ...

    def pass_text(self, pass_id: bytes, doors: Sequence[str], from_s: int, until_s: int) -> str:
        """The signed text of a visitor's pass (Unix seconds). Raises `Refused` for what no pass can say."""
        ...

    def pins_forgiven(self, person: str) -> list[Draft]:
        """The person may type a PIN again at every door; the records that say so."""
        ...

    def shield(self, vector: bytes, scale: float) -> "np.ndarray":
        """A probe's int8 bytes in the site's secret space (float32 unit vector). Raises `VectorUnfit`."""
        ...

    def alike(self, vector: "np.ndarray", model: str, but: str | None) -> tuple[str, ...]:
        """Who but `but` may be enrolled with this shielded face already, the likest first."""
        ...

    def card_kept(self, number: str) -> tuple[str, bytes]:
        """A card's tag, and its number sealed for the keeper."""
        ...

    def take_unknown_card(self, door: str) -> tuple[str, bytes] | None:
        """What `card_kept` says of the last unknown card at this door, once; None where none was just shown."""
        ...

    def forget_face(self, person: str) -> None:
        """Compare nobody with this person's templates any more, from the next ask on."""
        ...

    def forgotten(self, person: str) -> list[dict[str, Any]]:
        """Each node that was asked to forget this person's face, and when it acknowledged that (None: not yet)."""
        ...

    async def refresh(self) -> None:
        """Read what the web wrote about people, now."""
        ...

    def largest_gallery(self, fpir: float) -> int:
        """How many templates a search may compare at most within this error budget, by measured points; 0: none."""
        ...

    def publish(self, policy: Policy, body: dict[str, Any], published_at_ms: int) -> None:
        """From the next ask on, this policy decides; `body` is that of the record that published it."""
        ...

    def published(self) -> dict[str, Any] | None:
        """text, sha256, version, note and published_at_ms of the policy that rules; None without one."""
        ...

    def shadow(self, policy: Policy | None) -> None:
        """From the next ask on, this policy is asked as well (None: none is), and only recorded."""
        ...

    def shadowed(self) -> Policy | None:
        """The policy in the shadow."""
        ...

    def nodes(self) -> list[dict[str, Any]]:
        """Every node of the fleet: node, door, roles, virtual, its state, when that was heard (at_ms, None: never), and
        whether it has acknowledged that it is locked down or not, and looks at faces or not, as it shall be."""
        ...

    def strike_at(self, door: str) -> str | None:
        """The node that moves this door's strike; None where there is none, or more than one."""
        ...

    def away(self, node: str) -> str | None:
        """Why nothing can be ordered of this node now, in words; None while it can."""
        ...

    def order(self, node: str, **command: Any) -> None:
        """Send a `command` (its `do` and what belongs to it) to a node that is not away."""
        ...

    def faceless(self) -> dict[str, int]:
        """The doors at which no face is looked at for now, and since when (Unix ms)."""
        ...

    def strikeless(self) -> dict[str, str]:
        """The doors with nodes at which a grant could move nothing, each with the reason."""
        ...

    def recorded(self, position: int, draft: Draft) -> None:
        """From the next ask on, the live state is what this record, which is durable, makes of it."""
        ...

    def live(self, person: str, door: str, at_ms: int) -> Live:
        """The live state as this person's request at this door would see it."""
        ...

    def locked(self) -> dict[str | None, int]:
        """What is locked down: doors, or None for the whole site, and since when (Unix ms)."""
        ...

    def outage(self) -> dict[str, Any] | None:
        """Since when and why nothing can be recorded; None while the store works."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its name, the deed that it is (`people/roles.py`), whether a purpose is needed, and what is done.
    `own`: a person may ask it too, without a purpose, about themselves; its argument `person` then is who asks."""

    name: str
    deed: str
    needs_purpose: bool
    do: Callable[[House, Asked], Awaitable[dict[str, Any]]]
    own: bool = False


def act_record(
    asked: Asked,
    kind: str,
    at_ms: int,
    body: dict[str, Any],
    persons: tuple[str, ...] = (),
    door: str | None = None,
    receipt_code: str | None = None,
) -> Draft:
    """The record of an act: who did it, in which roles, for which purpose, and to what."""
    said = {"at_ms": at_ms, "operator": asked.operator, "roles": sorted(asked.roles), "purpose": asked.purpose, **body}
    return Draft(kind=kind, at_ms=at_ms, body=said, persons=persons, door=door, code=kind, receipt_code=receipt_code)
