"""Ruling: the policy that decides, the one that runs in its shadow, and where a start finds both again: in the log."""

import logging
from typing import Any

from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.policy.memo import Memo
from ostiary.controller.record.log import Log

_log = logging.getLogger("ostiary.keeper")


class Ruling:
    """`memo` answers by the policy in force, `shadow` by the one beside it; None where there is none."""

    def __init__(self, log: Log) -> None:
        self.memo: Memo | None = None
        self.shadow: Memo | None = None
        self.version = 0  # of the newest publication, valid still or not; 0: there was none
        self.published: dict[str, Any] | None = None
        self._take_up_published(log)
        self._take_up_shadow(log)

    @property
    def policy(self) -> Policy | None:
        return None if self.memo is None else self.memo.policy

    def publish(self, policy: Policy, body: dict[str, Any], at_ms: int) -> None:
        """From now on, this policy decides; `body` is that of the record that published it."""
        self.memo, self.version = Memo(policy), body.get("version", 0)
        self.published = {
            "text": body["text"],
            "sha256": policy.sha256,
            "published_at_ms": at_ms,
            "version": self.version,
            "operator": body.get("operator"),
            "note": body.get("note"),
        }

    def forget(self, person: str) -> None:
        """Something about this person changed: what was worked out of it is worked out anew."""
        for memo in (self.memo, self.shadow):
            if memo is not None:
                memo.forget(person)

    def _take_up_published(self, log: Log) -> None:
        row = log.reading().last_of("publish")
        body = None if row is None else log.open(row.position)
        if row is None or not isinstance(body, dict):
            return
        try:
            self.version = body.get("version", 0)
            self.publish(load(body["text"], body["name"]), body, row.at_ms)
        except PolicyError as error:
            # A later version may refuse what an earlier one took. Doors stay shut, and a better one can be published.
            _log.error("The published policy is not valid any more, so no door opens: %s", error)

    def _take_up_shadow(self, log: Log) -> None:
        row = log.reading().last_of("shadow")
        body = None if row is None else log.open(row.position)
        if not isinstance(body, dict) or body["text"] is None:
            return
        try:
            self.shadow = Memo(load(body["text"], body["name"]))
        except PolicyError as error:
            _log.error("The policy in the shadow is not valid any more, so it judges nothing: %s", error)
