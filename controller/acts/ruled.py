"""The policies that ruled: what the log still has of what was published, and which of it ruled when."""

from collections.abc import Iterable, Mapping
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.house import House
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.errors import PolicyError


def policies_by_sha256(house: House, wanted: Iterable[str]) -> Mapping[str, Policy]:
    """Those of the policies that the log still has and that this version can read."""
    missing, found = set(wanted), dict[str, Policy]()
    for row in house.log.reading().all_of("publish"):
        if not missing:
            break
        body = house.log.open(row.position)
        if isinstance(body, dict) and body["policy"] in missing:
            missing.discard(body["policy"])
            policy = _readable(body)
            if policy is not None:
                found[policy.sha256] = policy
    return found


def policy_at(house: House, at_ms: int) -> Policy | None:
    """The policy that ruled at this time; None before the first, and where it cannot be read any more."""
    for row in house.log.reading().all_of("publish"):
        if row.at_ms <= at_ms:
            body = house.log.open(row.position)
            return _readable(body) if isinstance(body, dict) else None
    return None


def stated(text: str, name: str) -> Policy:
    """The policy that an act brings. Raises `ActError` with the mistake's place."""
    try:
        return load(text, name)
    except PolicyError as error:
        raise ActError("policy", f"{name} is no policy.", str(error), "Correct that line and ask again.") from error


def in_force(house: House) -> Policy:
    """The policy that rules now. Raises `ActError` before the first."""
    if house.policy is None:
        raise malformed("Nothing was asked of the policy.", "None is published yet.")
    return house.policy


def _readable(body: Mapping[str, Any]) -> Policy | None:
    try:
        return load(body["text"], body["name"])
    except PolicyError:
        return None
