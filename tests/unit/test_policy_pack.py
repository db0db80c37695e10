"""A pack never grants what the controller would not, and grants all of it where nothing but the person is read."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.policy.document import load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import Facts, Holding, Live, Membership, PersonFacts, TimeOutOfRange
from ostiary.controller.policy.pack import make_pack, revocation_window
from tests.unit.policy_world import DAY_MS, HOUR_MS, NOW, lives, persons, policies, site

WORKSHOP = load(samples.policy_text("workshop"))
MEMBER = PersonFacts("p", (Membership("active"),), (Holding("laser-induction"),))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_pack_is_never_wider_than_the_controller_and_exact_without_live_clauses(data: st.DataObject) -> None:
    policy = data.draw(policies(offline=data.draw(st.sampled_from(["pack", "pack", "pack", "deny"]))))
    person, other = data.draw(persons()), replace(data.draw(persons()), id="p-3")
    from_ms = NOW + data.draw(st.integers(-5 * 24 * 60, 15 * 24 * 60)) * 60_000
    until_ms = from_ms + data.draw(st.sampled_from([0, 1, HOUR_MS, 7 * DAY_MS, 40 * DAY_MS]))
    live = data.draw(lives(from_ms))
    pack = make_pack(policy, "door", [person, other], from_ms, until_ms, live)
    whole = pack.unknown == () and policy.doors["door"].offline == "pack"
    for one in (person, other):
        mine = pack.grants.get(one.id, ())
        edges = [edge + by for span in mine for edge in span for by in (-1, 0)]
        assert edges == sorted(edges)
        assert all(from_ms <= begin < end <= until_ms for begin, end in mine)
        assert all(before[1] < after[0] for before, after in pairwise(mine))
        anywhere = data.draw(st.lists(st.integers(from_ms, max(from_ms, until_ms - 1)), max_size=6))
        dates = [end for span in (*one.member, *one.holds) for end in (span.from_ms, span.until_ms) if end is not None]
        for at_ms in (*edges[:24], *anywhere, *dates):
            granted = pack.grants_at(one.id, at_ms)
            assert not granted or from_ms <= at_ms < until_ms
            if from_ms <= at_ms < until_ms:
                online = evaluate(policy, Facts(one, "door", at_ms, live)).granted
                assert online or not granted, "wider"
                assert granted == online or not whole, "not exact"


def test_a_week_at_the_laser_room_is_its_staffed_hours() -> None:
    """From Thursday 26 March 2026, 14:00, over the Sunday on which clocks go forward."""
    pack = make_pack(WORKSHOP, "laser-room", [MEMBER], NOW, NOW + 7 * DAY_MS)
    assert pack.unknown == ()
    assert pack.grants == {}  # the sample says `offline: deny`
    open_door = replace(WORKSHOP, doors={"laser-room": replace(WORKSHOP.doors["laser-room"], offline="pack")})
    spans = make_pack(open_door, "laser-room", [MEMBER], NOW, NOW + 7 * DAY_MS).grants["p"]
    hours = [(begin - NOW) / HOUR_MS for begin, _ in spans], [(end - begin) / HOUR_MS for begin, end in spans]
    assert hours == ([0, 20, 44, 91, 115, 139, 163], [6, 10, 10, 10, 10, 10, 5])


def test_a_grant_begins_and_ends_with_the_persons_own_dates() -> None:
    policy = site(("member: active", "score: {at_least: 600}"), 600)
    person = PersonFacts("p", (Membership("active", NOW + 10, NOW + 20), Membership("active", NOW + 30)))
    late = replace(person, id="late", suspended_until_ms=NOW + 35)
    pack = make_pack(policy, "door", [person, late, PersonFacts("nobody")], NOW, NOW + 50)
    assert pack.grants == {"p": ((NOW + 10, NOW + 20), (NOW + 30, NOW + 50)), "late": ((NOW + 35, NOW + 50),)}


def test_what_a_node_cannot_know_it_does_not_grant() -> None:
    alone = site(("member: active", "not_inside: {forgiven: 4h}"), 600)
    either = site(("any_of: [holds: a, not_inside: {forgiven: 4h}]",), 600)
    keyholder = PersonFacts("k", (Membership("active"),), (Holding("a"),))
    for live in (None, Live()):
        assert make_pack(alone, "door", [keyholder], NOW, NOW + DAY_MS, live).grants == {}
        pack = make_pack(either, "door", [keyholder, MEMBER], NOW, NOW + DAY_MS, live)
        assert pack.grants == {"k": ((NOW, NOW + DAY_MS),)}
        assert pack.unknown == ("any_of",)
    locked = make_pack(site(("member: active",), 600), "door", [MEMBER], NOW, NOW + DAY_MS, Live(lockdown_ms=NOW))
    assert locked.grants == {}


def test_an_unknown_door_an_empty_span_and_no_time_at_all() -> None:
    assert make_pack(WORKSHOP, "cellar", [MEMBER], NOW, NOW + DAY_MS).grants == {}
    assert make_pack(WORKSHOP, "front", [MEMBER], NOW, NOW).grants == {}
    with pytest.raises(TimeOutOfRange):
        make_pack(WORKSHOP, "front", [MEMBER], -1, NOW)


@given(st.integers(1, 1000), st.integers(0, 200), st.integers(0, 3000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_no_change_stays_unknown_for_longer_than_the_window(interval, delivery, spare, changed, cut) -> None:
    """Packs are made at 0, interval, 2·interval …; those that would arrive at `cut` or later never do."""
    limit = interval + delivery + spare
    window = revocation_window(limit, interval, delivery)
    makings = range(0, 20_000, interval)
    arrived = [made for made in makings if made + delivery < cut]
    newer = [made for made in arrived if made >= changed]
    if newer:
        assert newer[0] + delivery - changed <= window.connected_ms
    elif arrived:
        # The older pack decides until its age limit, and then nothing does.
        assert arrived[-1] + limit - changed <= window.cut_off_ms


@pytest.mark.parametrize(("limit", "interval", "delivery"), [(10, 11, 0), (10, 6, 5), (10, 0, 0), (-1, -5, 0)])
def test_packs_that_would_be_too_old_before_the_next_are_refused(limit: int, interval: int, delivery: int) -> None:
    with pytest.raises(ValueError, match="too old"):
        revocation_window(limit, interval, delivery)
