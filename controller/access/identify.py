"""Step 2, identify: whose request is it? A claim is verified 1:1; without a claim, 1:N within the door's error budget.

Everybody who waits is matched in one product. What is said of a comparison is its band: *pass*, *near* or *fail*
against the operating point; the similarity itself is for reviewers alone (`record/reviewing.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ostiary.controller.access.gallery import Gallery, ModelGallery
from ostiary.controller.access.intake import Ask
from ostiary.controller.policy.document import Door
from ostiary.controller.policy.door import LIVENESS
from ostiary.models.operating import NoOperatingPoint, fmr_for
from ostiary.protocol import base64url

if TYPE_CHECKING:
    import numpy as np

    from ostiary.controller.access.passes import Read

VERIFY_FMR = 1e-4
NEAR_BAND = 0.05  # similarity below the threshold in which "once more, please" is honest advice


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, by what, and how sure. `reason` is set when nobody was identified; then no policy is read.

    `credential` is what counted ("face", "card" or "pass"), `match` the band of the face comparison or None without
    one, `pass_id` the id of a pass of ours and `single` whether it counts once, `pin` what came of a PIN.
    """

    person: str | None
    credential: str
    claim: str | None
    reason: str | None = None
    match: str | None = None
    fmr: float | None = None
    threshold: float | None = None
    compared: int = 0
    similarity: float | None = field(default=None, repr=False)
    pass_id: str | None = None
    single: bool = False
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a comparison needs. `shield` turns a probe's int8 bytes and scale into the gallery's space (float32 unit
    vector), `threshold(model, fmr)` gives the similarity of an operating point or raises `NoOperatingPoint`,
    `card_tag` the keyed hash under which a card number is stored, `pass_read(text, door)` what a pass is there."""

    shield: Callable[[bytes, float], "np.ndarray"]
    threshold: Callable[[str, float], float]
    card_tag: Callable[[str], str]
    pass_read: Callable[[str, str], "Read"]


def identify(
    asks: Sequence[tuple[Ask, Door]], gallery: Gallery, matcher: Matcher, pins: Mapping[bytes, str]
) -> list[Identity]:
    """One `Identity` for each ask with the rule of its door, in order. `pins` says what each typed PIN is, by the ask's
    digest: `access/pins.py`."""
    found = [_claimed(ask, door, gallery, matcher, pins.get(ask.digest)) for ask, door in asks]
    faces = [at for at, identity in enumerate(found) if identity.reason is None and identity.credential == "face"]
    if not faces:
        return found
    by_model: dict[str, list[int]] = {}
    for at in faces:
        by_model.setdefault(asks[at][0].message["probe"]["model"], []).append(at)
    for model, of_model in by_model.items():
        _compare(model, of_model, asks, found, gallery.of(model), matcher)
    return found


def _compare(
    model: str,
    positions: Sequence[int],
    asks: Sequence[tuple[Ask, Door]],
    found: list[Identity],
    gallery: ModelGallery,
    matcher: Matcher,
) -> None:
    """Replaces `found` at these positions by what the faces say, all of them in one product."""
    import numpy as np

    probes = [asks[at][0].message["probe"] for at in positions]
    shielded = np.stack([matcher.shield(base64url.decode(probe["vector"]), probe["scale"]) for probe in probes])
    for at, row in zip(positions, gallery.similarities(shielded), strict=True):
        if found[at].person is not None:
            found[at] = _verify(found[at], model, row, gallery, matcher)
        else:
            found[at] = _search(found[at], model, row, asks[at][1], gallery, matcher)
    shielded.fill(0)


def _claimed(ask: Ask, door: Door, gallery: Gallery, matcher: Matcher, pin: str | None) -> Identity:
    """What claim and PIN alone say, before any face is compared."""
    message = ask.message
    claim = message.get("claim")
    kind = claim["kind"] if claim else None
    nobody = Identity(None, message["credential"], kind)
    if claim is None:
        if message["credential"] != "face" or door.face != "identify":
            return replace(nobody, reason="claim-missing")
        return _seen(message, door, nobody)
    claimed = _presented(claim, ask.standing.door, gallery, matcher, nobody)
    if claimed.reason is not None:
        return claimed
    claimed = replace(claimed, pin=pin)
    if pin in ("wrong", "throttled"):
        # Also where the door would have asked for none: whoever types one is not allowed to try until it fits.
        return replace(claimed, reason=f"pin-{pin}")
    if message["credential"] != "face" or not gallery.has_face(claimed.person or "") or door.face == "off":
        return _alone(replace(claimed, credential=claim["kind"]), message["credential"], door)
    return _seen(message, door, claimed)


def person_claimed(ask: Ask, gallery: Gallery, matcher: Matcher) -> str | None:
    """Whose card or pass an ask brings, if it is anybody's; whether it opens anything is another question."""
    claim = ask.message.get("claim")
    nobody = Identity(None, "", None)
    return _presented(claim, ask.standing.door, gallery, matcher, nobody).person if claim else None


def _presented(claim: Mapping[str, str], door: str, gallery: Gallery, matcher: Matcher, nobody: Identity) -> Identity:
    """Whose card or pass it is."""
    if claim["kind"] == "pass":
        read = matcher.pass_read(claim["value"], door)
        return replace(nobody, person=read.person, reason=read.reason, pass_id=read.id, single=read.single)
    person = gallery.person_of_card(matcher.card_tag(claim["value"]))
    return replace(nobody, reason="card-unknown") if person is None else replace(nobody, person=person)


def _alone(claimed: Identity, presented: str, door: Door) -> Identity:
    """Opt-in: a person without an enrolled face is never compared; card or pass stands alone where the door takes it,
    or with a PIN."""
    if claimed.credential in door.alternatives:
        return claimed
    if f"{claimed.credential}+pin" in door.alternatives:
        if claimed.pin in ("right", "duress"):
            return claimed
        return replace(claimed, reason="pin-not-set" if claimed.pin == "not-set" else "pin-missing")
    if presented == "face" and door.face != "off":
        return replace(claimed, reason="not-enrolled")
    return replace(claimed, reason=f"{claimed.credential}-not-accepted")


def _seen(message: dict[str, Any], door: Door, identity: Identity) -> Identity:
    """Whether there is a face to compare, with as much speaking for its life as the door asks. A node that cannot give
    that, or a person who did not move, is told; `motion` gives nobody more attempts."""
    if "probe" not in message:
        return replace(identity, reason=message.get("no_probe", "face-missing"))
    given = message.get("liveness", {}).get("level", LIVENESS[0])
    if LIVENESS.index(given) < LIVENESS.index(door.liveness):
        return replace(identity, reason="liveness-missing")
    return identity


def _verify(identity: Identity, model: str, row: "np.ndarray", gallery: ModelGallery, matcher: Matcher) -> Identity:
    mine = gallery.rows(identity.person or "")
    if not mine:
        return replace(identity, reason="not-enrolled")
    threshold = matcher.threshold(model, VERIFY_FMR)
    best = float(row[mine].max())
    measured = replace(
        identity,
        match=_band(best, threshold),
        fmr=VERIFY_FMR,
        threshold=threshold,
        compared=len(mine),
        similarity=best,
    )
    if measured.match == "pass":
        return measured
    return replace(measured, reason="face-near" if measured.match == "near" else "face-mismatch")


def _search(
    identity: Identity, model: str, row: "np.ndarray", door: Door, gallery: ModelGallery, matcher: Matcher
) -> Identity:
    size = len(gallery.persons)
    if door.budget is None or size > door.budget.gallery:
        return replace(identity, reason="gallery-too-large", compared=size)
    fmr = fmr_for(door.budget.fpir, max(size, 1))
    try:
        threshold = matcher.threshold(model, fmr)
    except NoOperatingPoint:
        return replace(identity, reason="gallery-too-large", compared=size)
    best_of: dict[str, float] = {}
    for person, similarity in zip(gallery.persons, row, strict=True):
        best_of[person] = max(best_of.get(person, -1.0), float(similarity))
    passing = [person for person, best in best_of.items() if best >= threshold]
    best = max(best_of.values(), default=-1.0)
    measured = replace(
        identity, match=_band(best, threshold), fmr=fmr, threshold=threshold, compared=size, similarity=best
    )
    if len(passing) == 1:
        return replace(measured, person=passing[0])
    if passing:
        return replace(measured, reason="several-candidates")
    return replace(measured, reason="face-near" if measured.match == "near" else "face-unknown")


def _band(similarity: float, threshold: float) -> str:
    if similarity >= threshold:
        return "pass"
    return "near" if similarity >= threshold - NEAR_BAND else "fail"
