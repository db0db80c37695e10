"""Packing and deciding alone, end to end: never wider than the keeper with the facts of the making, and rarely narrower
than it needs to be."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.access.gallery import Gallery, HeldTemplate
from ostiary.controller.access.identify import Matcher, identify
from ostiary.controller.access.intake import Ask, Standing
from ostiary.controller.access.packing import Known, PackTooLarge, Pass, Whereto, narrower, packed
from ostiary.controller.access.passes import Read
from ostiary.controller.people.following import Followed, Snapshot
from ostiary.controller.people.protect import TemplateShield
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import Facts, Live, Membership, PersonFacts
from ostiary.firmware.door.alone import GRANTED, Alone
from ostiary.firmware.door.offline import way
from ostiary.firmware.pi.match import Match
from ostiary.models.operating import NoOperatingPoint
from ostiary.protocol import base64url, packs, slow_hash
from tests.unit.policy_world import DAY_MS, HOUR_MS, NOW, persons, policies, site

MODEL, OTHER_MODEL, DIMENSIONS = "ab" * 32, "cd" * 32, 64
THRESHOLDS = {1e-3: 0.3, 1e-4: 0.4, 1e-5: 0.5}
SITE, OWN = TemplateShield(b"s" * 32, DIMENSIONS), TemplateShield(b"n" * 32, DIMENSIONS)
CARD_KEY, SALT, ROUNDS = b"k" * 32, b"\x05" * 16, 2
MATCH_KEY = b"n" * 32
FACES = ("off", "verify", "identify")


def threshold(model: str, fmr: float) -> float:
    reached = [rate for rate in THRESHOLDS if rate <= fmr * (1 + 1e-9)]
    if not reached:
        raise NoOperatingPoint("none", "none", "none")
    return THRESHOLDS[max(reached)]


def steps(vector: np.ndarray) -> np.ndarray:
    return np.rint(vector * (127 / np.abs(vector).max())).astype(np.int8)


def plain(seed: int) -> np.ndarray:
    return steps(np.random.default_rng(seed).standard_normal(DIMENSIONS))


def near(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Somebody between two faces: what makes rivals, and cosines around the thresholds."""
    return steps(one / np.linalg.norm(one) * share + other / np.linalg.norm(other) * (1 - share))


def probe_of(vector: np.ndarray, model: str = MODEL) -> dict[str, Any]:
    return {"model": model, "runtime": "r", "vector": base64url.encode(vector.tobytes()), "scale": 0.01}


class World:
    """People with cards `c-<n>` and faces, a policy, and a node at its door `door`."""

    def __init__(self, policy: Policy, people: Sequence[PersonFacts], faces: Mapping[int, np.ndarray]) -> None:
        self.policy = policy
        self.people = {f"p-{n}": replace(facts, id=f"p-{n}") for n, facts in enumerate(people)}
        held = {
            f"p-{n}": (HeldTemplate(f"p-{n}", MODEL, SITE.shield(vector, 1.0)),)
            for n, vector in faces.items()
            if n < len(people)
        }
        followed = {name: Followed(facts) for name, facts in self.people.items()}
        cards = {f"tag:c-{n}": name for n, name in enumerate(self.people)}
        self.gallery = Gallery(Snapshot(1, followed, cards), held)
        self.known = Known(self.gallery, {name: (f"c-{n}",) for n, name in enumerate(self.people)}, {}, threshold)
        self.matcher = Matcher(
            lambda data, scale: SITE.shield(np.frombuffer(data, np.int8), scale),
            threshold,
            lambda number: f"tag:{number}",
            lambda text, door: Read(reason="pass-unknown"),
        )

    def subject(self, person: str) -> bytes:
        return hashlib.sha256(person.encode()).digest()[:12]

    def pack(self, made_ms: int = NOW, live: Live | None = None, known: Known | None = None, version: int = 7) -> Any:
        whereto = Whereto(
            ROUNDS, SALT, lambda kind, value: slow_hash.tag(CARD_KEY, kind, value, SALT, ROUNDS),
            lambda vector: SITE.turn_on(vector, OWN),
        )  # fmt: skip
        return packed(self.policy, "door", known or self.known, live, whereto, version, made_ms, self.subject)

    def alone(self, content: bytes, pass_id: Any = None) -> Alone:
        pack, match = packs.read(content), Match(MATCH_KEY)
        match.prepare(pack.galleries)
        return Alone(pack, CARD_KEY, match, pass_id)

    def online(self, facts: dict[str, Any], at_ms: int, live: Live | None) -> str | None:
        """Whom the keeper lets in: identify and evaluate, as its hot path does."""
        ask = Ask(Standing("n", "door", True, {}), {**facts, "at": {"ms": at_ms, "clock": "set"}}, b"")
        (identity,) = identify([(ask, self.policy.doors["door"])], self.gallery, self.matcher, {})
        if identity.reason is not None or identity.person is None:
            return None
        verdict = evaluate(self.policy, Facts(self.people[identity.person], "door", at_ms, live))
        return identity.person if verdict.granted else None


def door(policy: Policy, **changed: Any) -> Policy:
    return replace(policy, doors={**policy.doors, "door": replace(policy.doors["door"], **changed)})


@st.composite
def worlds(draw: st.DrawFn) -> World:
    from ostiary.controller.policy.door import Budget

    policy = door(
        draw(policies(offline=draw(st.sampled_from(["pack"] * 5 + ["deny"])))),
        face=draw(st.sampled_from(FACES)),
        alternatives=draw(st.sampled_from([("card",), ("card",), ("card+pin",), ("pass", "card"), ("pass",)])),
        budget=Budget(draw(st.sampled_from([0.0001, 0.01, 0.05])), draw(st.sampled_from([2, 30]))),
        liveness=draw(st.sampled_from(["none", "none", "motion"])),
        pack_age_ms=draw(st.sampled_from([HOUR_MS, DAY_MS, 30 * DAY_MS])),
    )
    people = draw(st.lists(persons() | st.just(PersonFacts("p", (Membership("active"),))), min_size=1, max_size=4))
    first = plain(1)
    faces = {
        n: near(first, plain(n + 1), draw(st.sampled_from([0.0, 0.3, 0.5, 0.6]))) if n else first
        for n in range(len(people))
        if draw(st.integers(0, 3))
    }
    return World(policy, people, faces)


@st.composite
def visits(draw: st.DrawFn, faces: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"credential": draw(st.sampled_from(["card", "face", "face"])), "faces": 1}
    if facts["credential"] == "card" or draw(st.booleans()):
        facts["claim"] = {"kind": "card", "value": f"c-{draw(st.integers(0, faces))}"}
    if facts["credential"] == "face":
        if draw(st.integers(0, 9)):
            one, other = plain(draw(st.integers(1, faces + 1))), plain(draw(st.integers(1, faces + 2)))
            facts["probe"] = probe_of(
                near(one, other, draw(st.floats(0, 1))), draw(st.sampled_from([MODEL] * 9 + [OTHER_MODEL]))
            )
            facts["liveness"] = {"level": draw(st.sampled_from(["none", "motion"]))}
        else:
            facts["no_probe"] = "quality-face_size"
    return facts


@settings(max_examples=150)
@given(st.data())
def test_a_node_alone_never_lets_in_whom_the_keeper_would_not(data: st.DataObject) -> None:
    world = data.draw(worlds())
    live = data.draw(st.sampled_from([None, None, Live(lockdown_ms=NOW)]))
    pack = world.pack(live=live)
    alone = world.alone(pack.content)
    for _ in range(4):
        facts = data.draw(visits(len(world.people)))
        after = data.draw(st.one_of(st.integers(-5, 5), st.integers(0, 40 * 24).map(lambda hours: hours * HOUR_MS)))
        verdict = alone.decide(facts, NOW + after, "set")
        if verdict.code == GRANTED:
            person = world.online(facts, NOW + after, live)
            assert person is not None
            assert verdict.subject == base64url.encode(world.subject(person))
            assert 0 <= after < world.policy.doors["door"].pack_age_ms
        else:
            assert (verdict.verdict, verdict.pulse_ms, verdict.held_ms) == ("deny", 0, 0)
        if alone.decide(facts, NOW + after, "unset").code == GRANTED:
            times = range(NOW, NOW + world.policy.doors["door"].pack_age_ms, HOUR_MS)
            assert all(world.online(facts, at_ms, live) is not None for at_ms in times)


MEMBER, OTHER = PersonFacts("m", (Membership("active"),)), PersonFacts("o", (Membership("active"),))
STRANGER = PersonFacts("s")


def opening(**changed: Any) -> World:
    return World(door(site(("member: active",), 600), **changed), [MEMBER, OTHER, STRANGER], {0: plain(1), 2: plain(3)})


def card(number: int) -> dict[str, Any]:
    return {"credential": "card", "claim": {"kind": "card", "value": f"c-{number}"}, "faces": 0}


def face(seed: int, number: int | None = None) -> dict[str, Any]:
    facts: dict[str, Any] = {"credential": "face", "probe": probe_of(plain(seed)), "faces": 1}
    return facts if number is None else {**facts, "claim": {"kind": "card", "value": f"c-{number}"}}


def test_members_pass_alone_by_card_and_by_face_as_they_do_online() -> None:
    world = opening()
    alone = world.alone(world.pack().content)
    said = {
        "own card": alone.decide(card(0), NOW + 5, "set"),
        "own card and face": alone.decide(face(1, 0), NOW + 5, "set"),
        "own card, another's face": alone.decide(face(3, 0), NOW + 5, "set"),
        "card of one without a face": alone.decide(face(1, 1), NOW + 5, "set"),
        "card of no member": alone.decide(card(2), NOW + 5, "set"),
        "no card": alone.decide(face(1), NOW + 5, "set"),
        "too late": alone.decide(card(0), NOW + DAY_MS, "set"),
        "before it was made": alone.decide(card(0), NOW - 1, "set"),
        "clock unset": alone.decide(card(0), 0, "unset"),
    }
    assert {name: verdict.code for name, verdict in said.items()} == {
        "own card": "granted",
        "own card and face": "granted",
        "own card, another's face": "face-mismatch",
        "card of one without a face": "granted",
        "card of no member": "not-in-pack",
        "no card": "claim-missing",
        "too late": "pack-too-old",
        "before it was made": "clock-wrong",
        "clock unset": "granted",
    }
    assert (said["own card"].pulse_ms, said["own card"].pack_age_ms, said["own card"].pack_version) == (5_000, 5, 7)
    assert (said["clock unset"].pack_age_ms, alone.age_ms(NOW + 9), alone.made_ms) == (None, 9, NOW)
    assert said["own card, another's face"].subject == base64url.encode(world.subject("p-0"))
    assert [way(facts) for facts in (card(0), face(1), face(1, 0), {**card(0), "pin": True})] == [
        "card", "face", "card+face", "card+pin",
    ]  # fmt: skip


def test_a_search_alone_finds_whom_it_finds_online_and_gives_way_to_rivals() -> None:
    from ostiary.controller.policy.door import Budget

    world = opening(face="identify", budget=Budget(0.01, 30))
    alone = world.alone(world.pack().content)
    assert alone.decide(face(1), NOW, "set").code == "granted"
    assert alone.decide(face(3), NOW, "set").code == "not-in-pack"  # enrolled, and may not pass
    assert alone.decide(face(77), NOW, "set").code == "face-unknown"
    small = opening(face="identify", budget=Budget(0.01, 1))
    assert small.alone(small.pack().content).decide(face(1), NOW, "set").code == "gallery-too-large"


@pytest.mark.parametrize("other", [OTHER, STRANGER], ids=["who may pass", "who may not"])
@pytest.mark.parametrize("seed", range(8))
def test_at_the_very_threshold_the_node_is_the_stricter_one(seed: int, other: PersonFacts) -> None:
    """Probes whose cosine with one face, or with a second one, lies within a hair of the threshold."""
    from ostiary.controller.policy.door import Budget

    dice = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(dice.standard_normal((DIMENSIONS, 3)))
    faces = {n: steps(axes[:, n]) for n in (0, 1)}
    changed: dict[str, Any] = {"face": "identify", "budget": Budget(0.01, 30)}
    world = World(door(site(("member: active",), 600), **changed), [MEMBER, other], faces)
    pack = world.pack()
    alone = world.alone(pack.content)
    at = threshold(MODEL, 1e-3)
    both = [(at + by, 0.0) for by in np.linspace(-0.02, 0.02, 41)] + [
        (0.8, at + by) for by in np.linspace(-0.02, 0.02, 41)
    ]
    said: set[tuple[str, bool]] = set()
    for first, second in both:
        rest = np.sqrt(1 - first**2 - second**2)
        shown = steps(axes @ np.array([first, second, rest]))
        facts = {"credential": "face", "probe": probe_of(shown), "faces": 1}
        verdict, online = alone.decide(facts, NOW, "set"), world.online(facts, NOW, None)
        said.add((verdict.code, online is not None))
        assert verdict.code != GRANTED or verdict.subject == base64url.encode(world.subject(online or ""))
    assert {("granted", True), ("face-unknown", False), ("several-candidates", False)} <= said


def test_a_pack_names_nobody_and_holds_no_card_and_no_face_as_it_is_kept_elsewhere() -> None:
    world = opening()
    content = world.pack().content
    held = world.gallery.by_person["p-0"][0].vector
    for secret in (b"p-0", b"c-0", plain(1).tobytes(), steps(held).tobytes(), b"tag:"):
        assert secret not in content
    # A verifying door compares one face with one card's: a face without a card is of no use there, and stays away.
    bare = replace(world.known, numbers={})
    assert packs.read(world.pack(known=bare).content).header["people"] == 0


def test_a_pass_opens_in_its_own_time_and_only_where_its_signature_was_checked() -> None:
    world = opening(alternatives=("pass",))
    known = replace(world.known, passes={"p-1": (Pass("id-1", NOW, NOW + HOUR_MS), Pass("old", 0, NOW))})
    content = world.pack(known=known).content
    shown = {"credential": "pass", "claim": {"kind": "pass", "value": "OST1.x.y"}, "faces": 0}
    alone = world.alone(content, lambda text: "id-1" if text == "OST1.x.y" else None)
    assert alone.decide(shown, NOW, "set").code == "granted"
    assert alone.decide(shown, NOW + HOUR_MS, "set").code == "expired"
    assert alone.decide(card(1), NOW, "set").code == "card-not-accepted"
    assert world.alone(content).decide(shown, NOW, "set").code == "not-in-pack"
    assert packs.read(content).header["ways"] == 3


def test_more_time_is_theirs_alone_too() -> None:
    from ostiary.controller.policy.door import MoreTime

    world = opening(more_time=MoreTime(7_000, 20_000))
    people = {**world.gallery.known.people, "p-1": Followed(world.people["p-1"], more_time=True)}
    world.gallery = Gallery(replace(world.gallery.known, people=people), world.gallery.by_person)
    world.known = replace(world.known, gallery=world.gallery)
    alone = world.alone(world.pack().content)
    said = [alone.decide(card(n), NOW, "set") for n in (0, 1)]
    assert [(verdict.pulse_ms, verdict.held_ms) for verdict in said] == [(5_000, 0), (12_000, 20_000)]


@given(worlds(), worlds())
def test_a_newer_pack_that_is_not_narrower_grants_all_that_the_older_would(before: World, after: World) -> None:
    older, newer = before.pack(), after.pack(NOW + HOUR_MS)
    # These doors were changed behind their policy's back; a policy that says something else has another hash.
    if narrower(older, newer) or before.policy.doors["door"] != after.policy.doors["door"]:
        return
    one, other = before.alone(older.content), after.alone(newer.content)
    for n in range(len(before.people)):
        for hours in (1, 5, 23, 200):
            at_ms = NOW + hours * HOUR_MS
            if one.decide(card(n), at_ms, "set").code == GRANTED:
                assert other.decide(card(n), at_ms, "set").code == GRANTED


def test_what_makes_a_pack_narrower() -> None:
    world = opening()
    older = world.pack()
    assert not narrower(older, world.pack(NOW + 5))
    for numbers, expected in (({"p-0": ("c-0", "c-9"), "p-1": ("c-1",)}, False), ({"p-0": ("c-0",)}, True)):
        assert narrower(older, world.pack(known=replace(world.known, numbers=numbers))) is expected
    faceless = World(world.policy, [MEMBER, OTHER, STRANGER], {})
    assert narrower(older, faceless.pack())
    assert narrower(faceless.pack(), older)  # a card alone stands for a face no longer
    assert narrower(older, World(world.policy, [STRANGER, OTHER, STRANGER], {}).pack())
    assert narrower(older, opening(pulse_ms=6_000, pack_age_ms=HOUR_MS).pack())
    assert narrower(older, world.pack(live=Live(lockdown_ms=NOW)))


def test_a_pack_that_would_be_too_large_is_refused_and_leaves_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "MAX_BYTES", 4_200)
    with pytest.raises(PackTooLarge, match="leaves nobody out"):
        opening().pack()
