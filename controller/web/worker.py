"""One piece of work on a policy in a process of its own: `python -m ostiary.controller.web.worker`.

Reads the job as one JSON text, writes one JSON text a line, and is killed by `work.py` when it takes too long: a
solver has no other end, and a page made for it keeps a linter busy too.
"""

import json
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ostiary.controller.policy.around import PRESENTABLE, Around
from ostiary.controller.policy.document import Policy, Reading
from ostiary.controller.policy.lint import lint
from ostiary.models.operating import largest_gallery_of_all
from ostiary.protocol import base64url

MEMORY_BYTES = 2 << 30
NICE = 10  # doors come first
TOLD = 5  # so many findings fit into a sentence; lint tells all


class Refusal(Exception):
    """The job cannot be done with what it brings: `kind` for `work.py`, `why` in words."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind, self.why = kind, why


def done(job: dict[str, Any], around: Around) -> Iterator[dict[str, Any]]:
    """What comes of a job, one answer after the other. Raises `Refusal`."""
    new = lint(base64url.decode(job["page"]), job["name"], around)
    match job["do"]:
        case "lint":
            yield _linted(new)
        case "prove":
            yield from _proved(job, _policy(new), around)
        case "no-wider":
            old = lint(base64url.decode(job["old_page"]), job["old_name"], around)
            yield from _no_wider(job, _policy(old), _policy(new), around)


def _linted(reading: Reading) -> dict[str, Any]:
    refused, policy = reading.findings.sorted(), reading.policy
    rules = policy is not None and not refused
    return {
        "sha256": policy.sha256 if policy and rules else None,
        "doors": list(policy.doors) if policy and rules else [],
        "refused": [error.as_document() for error in refused],
    }


def _policy(reading: Reading) -> Policy:
    refused, policy = reading.findings.sorted(), reading.policy
    if policy is None or refused:
        more = f" And {len(refused) - TOLD} more." if len(refused) > TOLD else ""
        raise Refusal("policy", " ".join(str(error) for error in refused[:TOLD]) + more)
    return policy


def _proved(job: dict[str, Any], policy: Policy, around: Around) -> Iterator[dict[str, Any]]:
    from ostiary.controller.policy.prove.claims import UnknownClaim, prove

    try:
        yield from _documents(prove(policy, job["statement"], around.today, job["timeout_ms"]))
    except UnknownClaim as error:
        raise Refusal("statement", str(error)) from error


def _no_wider(job: dict[str, Any], old: Policy, new: Policy, around: Around) -> Iterator[dict[str, Any]]:
    from ostiary.controller.policy.prove.no_wider import prove_no_wider

    yield from _documents(prove_no_wider(old, new, around.today, job["timeout_ms"]))


def _documents(proofs: Iterable[Any]) -> Iterator[dict[str, Any]]:
    from ostiary.controller.policy.prove.solver import SolverMissing

    try:
        for proof in proofs:
            yield proof.as_document()
    except SolverMissing as error:
        raise Refusal("solver", str(error)) from error


def main() -> None:
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    around = Around(datetime.now(UTC).date(), largest_gallery_of_all, PRESENTABLE)
    try:
        for answer in done(json.load(sys.stdin), around):
            print(json.dumps(answer), flush=True)
    except Refusal as refusal:
        print(json.dumps({"refusal": refusal.kind, "why": refusal.why}), flush=True)
    except MemoryError:
        sys.exit("The work needs more memory than it may have.")


if __name__ == "__main__":
    main()
