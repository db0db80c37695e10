"""Identify: a claim is verified 1:1, a face alone is searched within the budget, and nobody is compared unasked."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.access.gallery import Gallery, HeldTemplate
from ostiary.controller.access.identify import NEAR_BAND, Identity, Matcher, identify
from ostiary.controller.access.intake import Ask, Standing
from ostiary.controller.access.passes import Read
from ostiary.controller.people.following import Followed, Snapshot
from ostiary.controller.policy.document import load
from ostiary.controller.policy.door import LIVENESS
from ostiary.controller.policy.facts import PersonFacts
from ostiary.models import liveness
from ostiary.models.operating import NoOperatingPoint
from ostiary.protocol import base64url

MODEL, OTHER_MODEL, DIMENSIONS = "ab" * 32, "cd" * 32, 192
THRESHOLDS = {1e-3: 0.3, 1e-4: 0.4, 1e-5: 0.5}
POLICY = load(samples.policy_text("workshop"), "workshop.yaml")
FRONT, STUDIO = POLICY.doors["front"], POLICY.doors["studio"]
WITH_PIN = load(samples.policy_text("workshop").replace("or: [card, pass]", "or: [card+pin]"), "pin.yaml").doors[
    "front"
]


def unit(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def like(vector: np.ndarray, similarity: float, seed: int = 99) -> np.ndarray:
    """A unit vector of this cosine to `vector`."""
    other = unit(seed)
    beside = other - vector * float(other @ vector)
    beside /= np.linalg.norm(beside)
    return (vector * similarity + beside * np.sqrt(1 - similarity**2)).astype(np.float32)


def threshold(model: str, fmr: float) -> float:
    reached = [rate for rate in THRESHOLDS if rate <= fmr * (1 + 1e-9)]
    if not reached:
        raise NoOperatingPoint("none", "none", "none")
    return THRESHOLDS[max(reached)]


class Site:
    """People 0..n-1, each with a card "card-<n>" and, unless left out, one template."""

    def __init__(self, people: int, *, faceless: tuple[int, ...] = (), model: str = MODEL) -> None:
        names = [f"p-{number}" for number in range(people)]
        followed = {name: Followed(PersonFacts(name)) for name in names}
        cards = {f"tag:card-{number}": name for number, name in enumerate(names)}
        held = {
            name: (HeldTemplate(name, model, unit(number)),)
            for number, name in enumerate(names)
            if number not in faceless
        }
        self.gallery = Gallery(Snapshot(1, followed, cards), held)
        self.compared = 0
        self.passes: dict[str, Read] = {}

    def read_pass(self, text: str, door: str) -> Read:
        return self.passes.get(text, Read(reason="pass-unknown"))

    def identify(
        self, door: Any, *, face: np.ndarray | None, card: str | None, pin: str | None = None, **changed: Any
    ) -> Identity:
        def shield(vector: bytes, scale: float) -> np.ndarray:
            self.compared += 1
            plain = np.frombuffer(vector, np.int8) * scale
            return (plain / np.linalg.norm(plain)).astype(np.float32)

        message: dict[str, Any] = {"credential": "card" if face is None else "face", "faces": 0 if face is None else 1}
        if card:
            message["claim"] = {"kind": "card", "value": card}
        if face is not None:
            steps = np.rint(face / np.abs(face).max() * 127).astype(np.int8)
            message["probe"] = {
                "model": MODEL,
                "runtime": "test",
                "vector": base64url.encode(steps.tobytes()),
                "scale": 0.01,
            }
        message = {name: value for name, value in (message | changed).items() if value is not None}
        ask = Ask(Standing("n", "d", True, {}), message, b"")
        matcher = Matcher(shield, threshold, lambda number: f"tag:{number}", self.read_pass)
        [found] = identify([(ask, door)], self.gallery, matcher, {b"": pin} if pin else {})
        return found


def test_the_cards_owner_is_verified() -> None:
    found = Site(3).identify(FRONT, face=like(unit(1), 0.8), card="card-1")
    assert (found.person, found.reason, found.match, found.credential) == ("p-1", None, "pass", "face")
    assert (found.fmr, found.threshold, found.compared) == (1e-4, 0.4, 1)


def test_another_face_with_the_card_is_not() -> None:
    found = Site(3).identify(FRONT, face=unit(2), card="card-1")
    assert (found.reason, found.match) == ("face-mismatch", "fail")


def test_a_face_just_below_is_asked_to_try_again() -> None:
    found = Site(3).identify(FRONT, face=like(unit(1), 0.4 - NEAR_BAND / 2), card="card-1")
    assert (found.reason, found.match) == ("face-near", "near")


def test_the_card_alone_where_the_door_takes_it() -> None:
    site = Site(3)
    found = site.identify(FRONT, face=None, card="card-1")
    assert (found.person, found.reason, found.credential, found.match) == ("p-1", None, "card", None)
    assert site.identify(WITH_PIN, face=None, card="card-1").reason == "pin-missing"


def test_a_person_without_a_face_enrolled_is_never_compared() -> None:
    site = Site(3, faceless=(1,))
    found = site.identify(FRONT, face=unit(1), card="card-1")
    assert (found.person, found.reason, found.credential, found.match) == ("p-1", None, "card", None)
    assert site.identify(WITH_PIN, face=unit(1), card="card-1").reason == "pin-missing"
    assert site.compared == 0


def test_templates_of_another_model_are_never_compared() -> None:
    site = Site(3, model=OTHER_MODEL)
    assert site.identify(FRONT, face=unit(1), card="card-1").reason == "not-enrolled"
    assert site.identify(STUDIO, face=unit(1), card=None).reason == "face-unknown"


def test_templates_of_another_length_disturb_nobody() -> None:
    site = Site(3)
    short = HeldTemplate("p-2", OTHER_MODEL, unit(2)[:128])
    site.gallery = Gallery(site.gallery.known, site.gallery.by_person | {"p-2": (short,)})
    assert site.identify(FRONT, face=like(unit(1), 0.8), card="card-1").match == "pass"
    assert site.identify(FRONT, face=like(unit(2), 0.8), card="card-2").reason == "not-enrolled"


@pytest.mark.parametrize(
    ("asked", "given", "reason"),
    [
        ("none", None, None),
        ("motion", "motion", None),
        ("motion", "sensor", None),
        ("motion", "none", "liveness-missing"),
        ("motion", None, "liveness-missing"),
        ("sensor", "motion", "liveness-missing"),
    ],
)
def test_a_door_that_asks_for_a_moving_head_takes_no_face_without(asked: str, given: str | None, reason: Any) -> None:
    said = {"level": given} if given else None
    for door, card in ((FRONT, "card-1"), (STUDIO, None)):
        site = Site(3)
        strict = replace(door, liveness=asked)
        found = site.identify(strict, face=like(unit(1), 0.8), card=card, liveness=said)
        assert found.reason == reason
        assert site.compared == (reason is None)
        assert site.identify(strict, face=None, card=card, no_probe="face-missing").reason != "liveness-missing"


def test_the_doors_levels_are_those_of_the_models() -> None:
    assert LIVENESS == liveness.LEVELS


def test_unknown_card_and_missing_claim() -> None:
    assert Site(3).identify(FRONT, face=unit(1), card="found-in-the-street").reason == "card-unknown"
    assert Site(3).identify(FRONT, face=unit(1), card=None).reason == "claim-missing"


def test_a_face_alone_is_found_where_the_policy_allows_it() -> None:
    found = Site(10).identify(STUDIO, face=like(unit(4), 0.8), card=None)
    assert (found.person, found.reason, found.match, found.compared) == ("p-4", None, "pass", 10)
    assert found.fmr == pytest.approx(0.001 / (10 * 5), rel=0.01)  # ten templates, five attempts


def test_a_stranger_is_nobody() -> None:
    found = Site(10).identify(STUDIO, face=unit(1234), card=None)
    assert (found.person, found.reason) == (None, "face-unknown")


def test_two_who_look_alike_are_told_to_show_a_card() -> None:
    site = Site(2)
    twin = like(unit(0), 0.9)
    held = site.gallery.by_person | {"p-1": (HeldTemplate("p-1", MODEL, twin),)}
    site.gallery = Gallery(site.gallery.known, held)
    assert site.identify(STUDIO, face=like(unit(0), 0.97), card=None).reason == "several-candidates"


def test_a_gallery_beyond_the_budget_is_not_searched() -> None:
    assert Site(31).identify(STUDIO, face=like(unit(4), 0.8), card=None).reason == "gallery-too-large"


def test_a_rate_that_nobody_measured_is_not_claimed() -> None:
    strict = load(samples.policy_text("workshop").replace("fpir: 0.001", "fpir: 0.00001"), "strict.yaml")
    found = Site(10).identify(strict.doors["studio"], face=like(unit(4), 0.8), card=None)
    assert (found.person, found.reason) == (None, "gallery-too-large")


def test_an_empty_gallery_knows_nobody() -> None:
    assert Site(0).identify(STUDIO, face=unit(1), card=None).reason == "face-unknown"


@pytest.mark.parametrize("reason", ["face-missing", "faces-unclear", "quality-sharpness"])
def test_why_there_is_no_probe_is_the_reason(reason: str) -> None:
    for door, card in ((FRONT, "card-1"), (STUDIO, None)):
        found = Site(3).identify(door, face=None, card=card, credential="face", no_probe=reason)
        assert found.reason == reason


@given(st.integers(0, 9), st.integers(0, 9), st.floats(-0.2, 0.99))
def test_nobody_passes_below_the_threshold(claimed: int, shown: int, similarity: float) -> None:
    face = like(unit(shown), similarity)
    found = Site(10).identify(FRONT, face=face, card=f"card-{claimed}")
    true_similarity = float(face @ unit(claimed))
    if found.reason is None:
        assert true_similarity > 0.4 - 0.01  # a hundredth for the probe's int8 steps
    else:
        assert true_similarity < 0.4 + 0.01


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("right", None),
        ("duress", None),
        ("wrong", "pin-wrong"),
        ("throttled", "pin-throttled"),
        ("not-set", "pin-not-set"),
        (None, "pin-missing"),
    ],
)
def test_a_pin_beside_the_card_where_the_door_wants_it(pin: str | None, reason: str | None) -> None:
    found = Site(3).identify(WITH_PIN, face=None, card="card-1", pin=pin)
    assert (found.person, found.reason, found.credential, found.pin) == ("p-1", reason, "card", pin)


@pytest.mark.parametrize("pin", ["wrong", "throttled"])
def test_a_wrong_pin_denies_also_where_none_was_wanted(pin: str) -> None:
    for face in (None, unit(1)):
        found = Site(3).identify(FRONT, face=face, card="card-1", pin=pin)
        assert (found.person, found.reason) == ("p-1", f"pin-{pin}")
    assert Site(3).identify(FRONT, face=None, card="nobodys", pin=pin).reason == "card-unknown"


OFF = load("policy: p\ndoors:\n  side: {face: off, or: [pass+pin], grant: [member: active]}\n", "off.yaml").doors[
    "side"
]


def test_a_pass_stands_where_the_door_takes_it_and_a_card_does_not() -> None:
    site = Site(3)
    site.passes["OST1.good"] = Read("p-1", "code", single=True)
    site.passes["OST1.old"] = Read("p-1", "code", reason="pass-expired")

    def presented(door: Any, text: str, pin: str | None = None) -> Identity:
        claim = {"kind": "pass", "value": text}
        return site.identify(door, face=None, card=None, pin=pin, credential="pass", claim=claim)

    found = presented(FRONT, "OST1.good")
    assert (found.person, found.reason, found.credential) == ("p-1", None, "pass")
    assert (found.pass_id, found.single, found.claim) == ("code", True, "pass")
    assert presented(FRONT, "OST1.old").reason == "pass-expired"
    assert presented(FRONT, "OST1.old").person == "p-1"
    assert presented(FRONT, "card-1").reason == "pass-unknown", "a card's number is no pass"
    assert presented(OFF, "OST1.good").reason == "pin-missing"
    assert presented(OFF, "OST1.good", "right").reason is None
    assert site.identify(OFF, face=None, card="card-1", pin="right").reason == "card-not-accepted"
    assert presented(WITH_PIN, "OST1.good", "right").reason == "pass-not-accepted"
