"""Packing: who may pass a door when, and by what, becomes the content of a pack for the node that decides there alone.

A pack is never wider than what the keeper decides with the facts of its making. Whoever may not pass is not in it; only
where a door searches, their face is, named by nothing, so that it can cast doubt on others as it does here. A template
is turned by the node's own secret and kept in steps of int8, which moves its cosine with a probe a little; the pack's
thresholds are raised by as much as it can move, and whoever comes as near to a second person is not let in, so that a
search alone names nobody whom a search here would not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import VERIFY_FMR
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.door import Door
from ostiary.controller.policy.facts import Live
from ostiary.controller.policy.pack import Interval, make_pack
from ostiary.controller.store.errors import ThreePartError
from ostiary.models.operating import NoOperatingPoint, fmr_for
from ostiary.protocol import base64url, packs

if TYPE_CHECKING:
    import numpy as np

ROUNDING = 1e-5  # float32 sums of a thousand products, added in another order


class PackTooLarge(ThreePartError, ValueError):
    """The people of a door do not fit into one pack; none is left out silently, so there is no pack."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A visitor's pass that opens for its person from `from_ms` until before `until_ms`."""

    id: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Whereto:
    """What belongs to the node alone: `tag(kind, value)` is its slow hash, with these rounds and salt; `turn` takes a
    template out of the site's space (float32 unit vector) into the node's."""

    rounds: int
    salt: bytes
    tag: Callable[[str, str], bytes]
    turn: "Callable[[np.ndarray], np.ndarray]"


@dataclass(frozen=True, slots=True)
class Known:
    """What the keeper knows of people beyond `gallery`: the numbers of their live cards and their passes, by person,
    and `threshold(model, fmr)` of a face model. `unreadable` cards were added before their numbers were kept."""

    gallery: Gallery
    numbers: Mapping[str, Sequence[str]]
    passes: Mapping[str, Sequence[Pass]]
    threshold: Callable[[str, float], float]
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack's content, and what of it the keeper remembers: `holds` leads from each person in it to what opens for
    them, such as ("card", number) or ("face", model), and `grants` to when."""

    content: bytes = field(repr=False)
    made_ms: int
    policy: str
    grants: Mapping[str, tuple[Interval, ...]]
    holds: Mapping[str, frozenset[tuple[str, str]]] = field(repr=False)
    doubts: frozenset[str] = frozenset()  # whose faces are there to cast doubt alone


def packed(
    policy: Policy,
    name: str,
    known: Known,
    live: Live | None,
    whereto: Whereto,
    version: int,
    made_ms: int,
    subject: Callable[[str], bytes],
) -> Packed:
    """The pack of the door `name`, made at `made_ms`; `subject(person)` is how it names a person (12 bytes).

    Raises `PackTooLarge`, and `TimeOutOfRange` for a clock that cannot be right.
    """
    door = policy.doors[name]
    until_ms = made_ms + door.pack_age_ms
    facts = [followed.facts for followed in known.gallery.known.people.values()]
    planned = make_pack(policy, name, facts, made_ms, until_ms, live)
    persons = sorted(person for person in planned.grants if _useful(door, known, person))
    numbers = {person: number for number, person in enumerate(persons)}
    schedules: dict[tuple[Interval, ...], int] = {}

    def schedule(intervals: tuple[Interval, ...]) -> int:
        return schedules.setdefault(intervals, len(schedules))

    people = [(subject(person), schedule(planned.grants[person]), _flags(known.gallery, person)) for person in persons]
    holds: dict[str, set[tuple[str, str]]] = {person: set() for person in persons}
    ways: list[tuple[bytes, int, int, str]] = []
    for person in persons:
        for number in known.numbers.get(person, ()):
            holds[person].add(("card", number))
            ways.append((whereto.tag("card", number), numbers[person], people[numbers[person]][1], "card"))
        for one in known.passes.get(person, ()):
            begin, end = max(one.from_ms, made_ms), min(one.until_ms, until_ms)
            if begin < end:
                holds[person].add(("pass", one.id))
                ways.append((whereto.tag("pass", one.id), numbers[person], schedule(((begin, end),)), "pass"))
    galleries = [] if door.face == "off" else list(_galleries(door, known, numbers, whereto, holds))
    header: dict[str, Any] = {
        "door": name,
        "policy": policy.sha256,
        "version": version,
        "made_ms": made_ms,
        "from_ms": made_ms,
        "until_ms": until_ms,
        "age_limit_ms": door.pack_age_ms,
        "pulse_ms": door.pulse_ms,
        "more_pulse_ms": door.more_time.pulse_ms,
        "more_held_ms": door.more_time.held_ms,
        "face": door.face,
        # With a PIN beside it they are another way in, and no pack knows a PIN.
        "card": "card" in door.alternatives,
        "pass": "pass" in door.alternatives,
        "liveness": door.liveness,
        "rounds": whereto.rounds,
        "salt": base64url.encode(whereto.salt),
    }
    size = _size(schedules, people, ways, galleries)
    if size > packs.MAX_BYTES or len(schedules) > packs.MOST_SCHEDULES or len(people) > packs.MOST_PEOPLE:
        raise PackTooLarge(
            f"The door {name} has no pack.",
            f"{len(people)} people may pass there, and what they need takes {size} bytes; a pack has at most "
            f"{packs.MAX_BYTES}, and leaves nobody out silently.",
            "Let fewer people pass there, or take the face away from the door: a card needs a tenth of the room.",
        )
    content = packs.write(header, list(schedules), people, ways, galleries)
    held = {person: frozenset(some) for person, some in holds.items() if person in numbers}
    doubts = frozenset(holds.keys() - numbers.keys())
    grants = {person: planned.grants[person] for person in persons}
    return Packed(content, made_ms, policy.sha256, grants, held, doubts)


def narrower(before: Packed, after: Packed) -> bool:
    """Whether the newer pack refuses anything that the older one would still grant: then the older one must go."""
    if before.policy != after.policy:
        return True
    for person, intervals in before.grants.items():
        if not before.holds[person] <= after.holds.get(person, frozenset()):
            return True
        left = [(max(begin, after.made_ms), end) for begin, end in intervals if end > after.made_ms]
        if not all(any(b <= begin and end <= e for b, e in after.grants.get(person, ())) for begin, end in left):
            return True
    # A face that was enrolled since ends that a card alone stands for it.
    return any(
        any(kind == "face" for kind, _ in after.holds[person] - before.holds[person])
        for person in before.holds.keys() & after.holds.keys()
    )


def _useful(door: Door, known: Known, person: str) -> bool:
    """Whether this person has anything to present here; a face alone is of use to a door that searches."""
    claims = person in known.numbers or person in known.passes
    return claims or (door.face == "identify" and known.gallery.has_face(person))


def _flags(gallery: Gallery, person: str) -> int:
    more = packs.MORE_TIME if gallery.has_more_time(person) else 0
    return more | (packs.HAS_FACE if gallery.has_face(person) else 0)


def _galleries(
    door: Door,
    known: Known,
    numbers: Mapping[str, int],
    whereto: Whereto,
    holds: dict[str, set[tuple[str, str]]],
):
    """One for each face model: its thresholds, whose each row is, and the rows."""
    import numpy as np  # a site without faces has no templates, and needs none

    compared = sorted(known.gallery.by_person) if door.face == "identify" else list(numbers)
    models = {held.model for person in numbers for held in known.gallery.by_person.get(person, ())}
    for model in sorted(models):
        rows = [
            held
            for person in compared
            for held in known.gallery.by_person.get(person, ())
            if held.model == model
        ]  # fmt: skip
        turned = np.stack([whereto.turn(held.vector) for held in rows])
        steps = np.rint(turned * (127 / np.abs(turned).max(axis=1, keepdims=True))).astype(np.int8)
        kept = steps.astype(np.float64)
        kept /= np.sqrt((kept * kept).sum(axis=1, keepdims=True))
        # |cos(q, a) − cos(q, b)| ≤ |a − b| for unit vectors.
        moved = float(np.sqrt(((kept - turned) ** 2).sum(axis=1)).max()) + ROUNDING
        said = {"model": model, "dimensions": turned.shape[1], **_thresholds(door, known, model, moved)}
        if "verify" not in said:
            continue
        for held in rows:
            holds.setdefault(held.person, set()).add(("face", model))
        yield said, [numbers.get(held.person, packs.NOBODY) for held in rows], steps.tobytes()


def _thresholds(door: Door, known: Known, model: str, moved: float) -> dict[str, float]:
    try:
        said = {"verify": known.threshold(model, VERIFY_FMR) + moved}
    except NoOperatingPoint:
        return {}
    # As many as a search here compares with, whoever of them may pass: a smaller pack is no laxer.
    size = len(known.gallery.of(model).persons)
    if door.face == "identify" and door.budget is not None and size <= door.budget.gallery:
        try:
            threshold = known.threshold(model, fmr_for(door.budget.fpir, max(size, 1)))
        except NoOperatingPoint:
            return said
        said |= {"identify": threshold + moved, "rival": threshold - moved}
    return said


def _size(
    schedules: Mapping[tuple[Interval, ...], int],
    people: Sequence[Any],
    ways: Sequence[Any],
    galleries: Sequence[tuple[Any, Sequence[int], bytes]],
) -> int:
    tables = sum(2 + 8 * len(intervals) for intervals in schedules) + 16 * len(people) + 24 * len(ways)
    return 4096 + tables + sum(4 * len(persons) + len(vectors) for _, persons, vectors in galleries)
