"""What an act may touch: the keeper's rooms, handed over by `controller/app.py`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Engine

from ostiary.controller.policy.document import Policy
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.store.keys import KeyStore

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Asked:
    """One act as it arrived; `permit.py` has already said that this role may, with this purpose."""

    args: dict[str, Any]
    operator: str
    role: str
    purpose: str | None


class House(Protocol):
    """The keeper as acts see it."""

    site: str
    log: Log
    keys: KeyStore
    policy: Policy | None

    @property
    def people(self) -> Engine:
        """people.db, to read."""
        ...

    def now_ms(self) -> int:
        """Wall clock, Unix milliseconds."""
        ...

    def card_tag(self, number: str) -> str: ...

    def shield(self, vector: bytes, scale: float) -> "np.ndarray":
        """A probe's int8 bytes in the site's secret space (float32 unit vector). Raises `VectorUnfit`."""
        ...

    def forget_face(self, person: str) -> None:
        """Compare nobody with this person's templates any more, from the next ask on."""
        ...

    async def refresh(self) -> None:
        """Read what the web wrote about people, now."""
        ...

    def publish(self, policy: Policy, text: str, published_at_ms: int) -> None:
        """From the next ask on, this policy decides."""
        ...

    def published(self) -> dict[str, Any] | None: ...

    def nodes(self) -> list[dict[str, Any]]: ...

    def outage(self) -> dict[str, Any] | None:
        """Since when and why nothing can be recorded; None while the store works."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its name, the roles that may, whether a purpose is needed, and what is done."""

    name: str
    roles: frozenset[str]
    needs_purpose: bool
    do: Callable[[House, Asked], Awaitable[dict[str, Any]]]


def act_record(asked: Asked, kind: str, at_ms: int, body: dict[str, Any], persons: tuple[str, ...] = ()) -> Draft:
    """The record of an act: who did it, in which role, for which purpose, and to what."""
    said = {"at_ms": at_ms, "operator": asked.operator, "role": asked.role, "purpose": asked.purpose, **body}
    return Draft(kind=kind, at_ms=at_ms, body=said, persons=persons, code=kind)
