"""Judge: a door without a policy, without a rule or without an identified person stays shut."""

from dataclasses import replace

from ostiary.controller import samples
from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.judge import judge
from ostiary.controller.access.presence import Presence
from ostiary.controller.people.following import Followed, Snapshot
from ostiary.controller.policy.document import load
from ostiary.controller.policy.evaluate import Verdict
from ostiary.controller.policy.facts import Facts, Holding, Membership, PersonFacts
from ostiary.controller.policy.memo import Memo

MEMO = Memo(load(samples.policy_text("workshop"), "workshop.yaml"))
NOON_MS = 1_794_913_200_000  # Tuesday 17 November 2026, 12:00 in Berlin
ADA = PersonFacts("p-ada", member=(Membership("active"),))


def gallery(followed: Followed) -> Gallery:
    return Gallery(Snapshot(1, {followed.facts.id: followed}, {}))


def test_a_member_in_time_is_granted_with_every_clause() -> None:
    found = judge(Identity("p-ada", "card", "card"), "front", MEMO, gallery(Followed(ADA)), Presence(), NOON_MS)
    assert (found.granted, found.reason, found.counterfactual) == (True, "granted", None)
    assert [clause["clause"] for clause in found.clauses] == ["member", "within"]


def test_what_could_not_be_identified_reads_no_policy() -> None:
    nobody = Identity(None, "face", None, reason="face-unknown")
    found = judge(nobody, "front", MEMO, gallery(Followed(ADA)), Presence(), NOON_MS)
    assert (found.granted, found.reason, found.clauses) == (False, "face-unknown", ())
    assert "not recognised" in found.sentence


def test_no_policy_no_door_no_person() -> None:
    ada = Identity("p-ada", "card", "card")
    assert judge(ada, "front", None, gallery(Followed(ADA)), Presence(), NOON_MS).reason == "no-policy"
    assert judge(ada, "cellar", MEMO, gallery(Followed(ADA)), Presence(), NOON_MS).reason == "unknown-door"
    gone = Identity("p-gone", "card", "card")
    assert judge(gone, "front", MEMO, gallery(Followed(ADA)), Presence(), NOON_MS).reason == "withdrawn"


def test_a_suspension_denies_while_it_lasts_and_ends_by_itself() -> None:
    suspended = gallery(Followed(replace(ADA, suspended_until_ms=NOON_MS + 1000)))
    ada = Identity("p-ada", "card", "card")
    assert judge(ada, "front", MEMO, suspended, Presence(), NOON_MS).reason == "suspended"
    assert judge(ada, "front", MEMO, suspended, Presence(), NOON_MS + 1000).granted


def test_a_denial_says_what_would_change_it() -> None:
    late_ms = NOON_MS + 12 * 3_600_000
    inducted = Followed(replace(ADA, holds=(Holding("laser-induction"),)))
    found = judge(Identity("p-ada", "card", "card"), "laser-room", MEMO, gallery(inducted), Presence(), late_ms)
    assert (found.granted, found.reason) == (False, "outside-hours")
    assert found.counterfactual is not None
    assert "10:00" in found.counterfactual


def test_a_policy_in_the_shadow_is_asked_and_moves_nothing_even_where_it_breaks() -> None:
    class Broken(Memo):
        def verdict(self, facts: Facts) -> Verdict:
            raise ZeroDivisionError

    ada, here = Identity("p-ada", "card", "card"), gallery(Followed(ADA))
    alone = judge(ada, "front", MEMO, here, Presence(), NOON_MS)
    stricter = load(samples.policy_text("workshop").replace("grant: [member: active,", "grant: [member: guest,"))
    beside = judge(ada, "front", MEMO, here, Presence(), NOON_MS, Memo(stricter))
    assert beside.shadow is not None
    assert (beside.shadow.granted, beside.shadow.reason) == (False, "not-member")
    broken = judge(ada, "front", MEMO, here, Presence(), NOON_MS, Broken(stricter))
    assert broken.shadow is None
    assert replace(beside, shadow=None) == broken == alone
