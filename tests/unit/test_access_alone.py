"""What a node decided alone, as a record: judged again where it can be, the node's own word where it cannot."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ostiary.controller.access.alone import OLDEST_MS, DecidedAlone
from ostiary.controller.access.intake import Standing
from ostiary.controller.fleet.packs import Made
from ostiary.controller.people import evidence, membership, registry
from ostiary.controller.people.past import history
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.replay import Outcome, replay
from ostiary.controller.store.people_db import open_people
from tests.unit.policy_world import NOW, site

ADA = registry.new_id(b"ada-------")
POLICY = site(("member: active", "within: always"), 600)
STANDING = Standing("door-1", "door", True, {})


@pytest.fixture
def people(tmp_path: Path) -> Engine:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", NOW - 100)
        form = evidence.keep(conn, evidence.Evidence("f", sha256(b"f").hexdigest(), "enrolment-form", "Form"))
        membership.add_membership(conn, ADA, "active", form.id, "op", NOW - 100, from_ms=NOW - 100)
    return engine


@dataclass
class Keeper:
    people: Engine
    policy: Policy | None = POLICY
    made: Made | None = field(default_factory=lambda: Made(7, NOW, POLICY.sha256))
    person: str | None = ADA

    def body(self, heard_ms: int = NOW + 60_000, **changed: Any) -> dict[str, Any]:
        maker = DecidedAlone(
            "northside", self.people, lambda *_: self.made, lambda *_: self.person, lambda sha: self.policy
        )
        decision = {
            "verdict": "grant", "credential": "card", "way": "card", "subject": "AAAAAAAAAAAAAAAA", "pack": 7,
            "pack_age_ms": 5_000, "code": "granted", **changed,
        }  # fmt: skip
        event = {
            "v": 1, "boot": 2, "seq": 9, "kind": "decided", "receipt": "A" * 16,
            "at": {"ms": NOW + 5_100, "clock": "set"}, "decision": {n: v for n, v in decision.items() if v is not None},
        }  # fmt: skip
        draft = maker.draft(STANDING, event, heard_ms)
        assert (draft.kind, draft.receipt_code, draft.door, draft.at_ms) == (
            "decision", "A" * 16, "door", draft.body["at_ms"],
        )  # fmt: skip
        assert draft.persons == ((draft.body["person"],) if draft.body["person"] else ())
        return draft.body


def test_a_grant_says_why_and_a_replay_gives_it_again(people: Engine) -> None:
    body = Keeper(people).body()
    assert (body["decided"], body["pack"], body["pack_age_s"], body["asked"]["clock"]) == ("offline", 7, 5, "set")
    assert (body["verdict"], body["reason"], body["person"], body["policy"]) == (
        "grant", "granted", ADA, POLICY.sha256,
    )  # fmt: skip
    assert body["at_ms"] == NOW + 5_000  # by the pack's age, which counts from the keeper's own clock
    with people.begin() as conn:
        known = history(conn, ADA).at(body["at_ms"], body["pack_made_ms"])
    assert replay(body, POLICY, [known]).outcome is Outcome.SAME


def test_not_now_becomes_the_clause_that_failed(people: Engine) -> None:
    policy = site(("member: active", "within: rare"), 600)
    keeper = Keeper(people, policy, Made(7, NOW, policy.sha256))
    body = keeper.body(verdict="deny", code="not-now")
    assert (body["verdict"], body["reason"]) == ("deny", "outside-hours")
    assert body["counterfactual"]


@pytest.mark.parametrize("code", ["not-in-pack", "face-mismatch", "pack-too-old", "quality-yaw-deg"])
def test_what_no_clause_decided_stays_the_nodes_word(people: Engine, code: str) -> None:
    body = Keeper(people).body(verdict="deny", code=code)
    assert (body["verdict"], body["reason"], body["clauses"]) == ("deny", code, [])
    assert len(body["sentence"]) > 20
    assert replay(body, POLICY, []).outcome is Outcome.SAME


def test_what_cannot_be_known_any_more_is_said_so(people: Engine) -> None:
    for keeper in (Keeper(people, made=None), Keeper(people, policy=None), Keeper(people, person=None)):
        body = keeper.body()
        assert (body["verdict"], body["reason"], body["clauses"]) == ("grant", "granted", [])
        assert replay(body, keeper.policy, []).outcome is Outcome.UNKNOWN
    assert Keeper(people, person="p-aaaaaaaaaaaaaaaa").body()["clauses"] == []


def test_a_node_that_grants_what_its_packs_policy_does_not_is_recorded_with_both(people: Engine) -> None:
    policy = site(("holds: a",), 600)
    body = Keeper(people, policy, Made(7, NOW, policy.sha256)).body()
    assert (body["verdict"], body["judged_again"]["verdict"], body["judged_again"]["reason"]) == (
        "grant", "deny", "missing-holding",
    )  # fmt: skip


def test_what_was_written_after_the_pack_was_made_does_not_count(people: Engine) -> None:
    keeper = Keeper(people, made=Made(7, NOW - 200, POLICY.sha256))  # before Ada was anybody
    assert keeper.body(pack_age_ms=5_200)["judged_again"]["reason"] == "not-member"


def test_a_time_that_cannot_be_is_when_it_was_heard(people: Engine) -> None:
    assert Keeper(people, made=None).body()["at_ms"] == NOW + 5_100
    assert Keeper(people, made=None).body(heard_ms=NOW)["at_ms"] == NOW
    assert Keeper(people).body(heard_ms=NOW + OLDEST_MS + 6_000)["at_ms"] == NOW + OLDEST_MS + 6_000
    assert Keeper(people).body(pack_age_ms=None)["pack_age_s"] is None
