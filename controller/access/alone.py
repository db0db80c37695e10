"""What a node decided alone, as the log keeps it: marked offline, with the pack it decided by, and judged again here.

The node's word for the verdict and for whom it recognised stands. The clauses are worked out again by the pack's policy
from the facts as they were known at the pack's making, so that the person reads why, and a replay gives it again. Until
it is in the tree, the receipt that the door showed is a promise.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ostiary.controller.access.intake import Standing
from ostiary.controller.fleet.packs import Made
from ostiary.controller.people.errors import NoSuchPerson
from ostiary.controller.people.past import history
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import GRANTED, evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Facts, TimeOutOfRange
from ostiary.controller.policy.replay import parts_of
from ostiary.controller.policy.sentences import sentence
from ostiary.controller.record.record import Draft

# What a node cannot tell apart: the policy says which of its clauses it was.
OFFLINE = "offline"  # what a record's `decided` says then
BY_THE_POLICY = (GRANTED, "not-now")
OLDEST_MS = 30 * 86_400_000  # a record is not filed further back: keys of past months may be gone

_log = logging.getLogger("ostiary.keeper")


@dataclass(frozen=True, slots=True)
class DecidedAlone:
    """Makes the record of a `decided` event. `made(node, version)` is what is remembered of a pack, `person(node,
    version, subject)` whom its subject names, `policy(sha256)` a policy that was published; each None if unknown."""

    site: str
    people: Engine
    made: Callable[[str, int], Made | None]
    person: Callable[[str, int, str], str | None]
    policy: Callable[[str], Policy | None]

    def draft(self, standing: Standing, event: dict[str, Any], at_ms: int) -> Draft:
        """The record of one decoded event with a `decision`, heard at `at_ms`."""
        said = event["decision"]
        made = self.made(standing.node, said["pack"])
        subject = said.get("subject")
        person = self.person(standing.node, said["pack"], subject) if subject else None
        happened_ms = _happened_ms(event["at"], said.get("pack_age_ms"), made, at_ms)
        rule, found = self._judged(standing.door, said, made, person, happened_ms)
        body: dict[str, Any] = {
            "id": event["receipt"],
            "at_ms": happened_ms,
            "asked": event["at"],
            "heard_ms": at_ms,
            "site": self.site,
            "door": standing.door,
            "node": standing.node,
            "boot": event["boot"],
            "seq": event["seq"],
            "mode": rule.doors[standing.door].face if rule and standing.door in rule.doors else None,
            "decided": OFFLINE,
            "pack": said["pack"],
            "pack_made_ms": made.made_ms if made else None,
            "pack_age_s": None if said.get("pack_age_ms") is None else said["pack_age_ms"] // 1000,
            "operator": None,
            "credential": said["credential"],
            "way": said["way"],
            "claim": said["way"].partition("+")[0] if said["way"] != "face" else None,
            "person": person,
            "live": None,
            "policy": made.policy if made else None,
            **found,
        }
        return Draft(
            kind="decision",
            at_ms=happened_ms,
            body=body,
            persons=(person,) if person else (),
            door=standing.door,
            verdict=body["verdict"],
            code=body["reason"],
            receipt_code=event["receipt"],
            exact=True,  # the message was checked field by field, and everything else here is ours
        )

    def _judged(
        self, door: str, said: dict[str, Any], made: Made | None, person: str | None, happened_ms: int
    ) -> tuple[Policy | None, dict[str, Any]]:
        """The pack's policy, and what it says of the person; or the node's own word where no clause was read."""
        alone = {
            "verdict": said["verdict"],
            "reason": said["code"],
            "sentence": sentence(said["code"]),
            "counterfactual": None,
            "clauses": [],
            "factors": [],
            "score": None,
        }
        policy = self.policy(made.policy) if made else None
        if policy is None or made is None or person is None or said["code"] not in BY_THE_POLICY:
            return policy, alone
        try:
            with self.people.begin() as conn:
                known = history(conn, person).at(happened_ms, made.made_ms)
            facts = Facts(known, door, happened_ms, None)
            verdict = evaluate(policy, facts)
            why = explain(policy, facts, verdict)
        except NoSuchPerson:
            return policy, alone  # they have left since, and with them the facts about them
        except (DBAPIError, TimeOutOfRange) as error:
            _log.error("Why a door decided as it did alone could not be worked out again: %s", error)
            return policy, alone
        if verdict.granted != (said["verdict"] == "grant"):
            _log.error("The door %s decided alone what its pack's policy does not say; the record has both.", door)
            return policy, {**alone, "judged_again": parts_of(verdict, why)}
        return policy, parts_of(verdict, why)


def _happened_ms(at: dict[str, Any], age_ms: int | None, made: Made | None, at_ms: int) -> int:
    """When it was: by the pack's making and its age, which the keeper's own clock began; else by the node's clock, if
    that was set; else when it was heard."""
    if made is not None and age_ms is not None:
        told_ms = made.made_ms + age_ms
    elif at["clock"] == "set":
        told_ms = at["ms"]
    else:
        return at_ms
    return told_ms if at_ms - OLDEST_MS <= told_ms <= at_ms else at_ms
