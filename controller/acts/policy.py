"""Publish and read the policy: the published text lives in the log, so what ruled when is never in doubt."""

from typing import Any

from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.errors import PolicyError

# What an ask can bring besides a face (`protocol/messages.py`); passes and PINs come with their readers.
PRESENTABLE = frozenset({"card"})


async def _publish(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"text": str(text), "name": str(name)}:
            pass
        case _:
            raise malformed("The policy was not published.", "It needs a text and the name of its file.")
    try:
        policy = load(text, name)
    except PolicyError as error:
        raise ActError(
            "policy", "The policy was not published.", str(error), "Correct that line and publish again."
        ) from error
    if refusal := _only_a_face(policy):
        raise refusal
    at_ms = house.now_ms()
    body = {"policy": policy.sha256, "name": name, "text": text}
    await house.log.append([act_record(asked, "publish", at_ms, body)])
    house.publish(policy, text, at_ms)
    return {"sha256": policy.sha256}


def _only_a_face(policy: Policy) -> ActError | None:
    """A face is never the only way in: an alternative counts when somebody can present it today."""
    for name, door in policy.doors.items():
        if door.face != "off" and not PRESENTABLE.intersection(door.alternatives):
            listed = ", ".join(door.alternatives)
            return ActError(
                "policy",
                "The policy was not published.",
                f"The door {name} would take nothing but a face, since no node can take {listed} yet.",
                "Add `card` to its `or:` and publish again.",
            )
    return None


async def _read(house: House, asked: Asked) -> dict[str, Any]:
    return house.published() or {"text": None, "sha256": None, "published_at_ms": None}


PUBLISH = Act("publish", frozenset({"admin"}), False, _publish)
POLICY = Act("policy", frozenset({"admin", "enroller", "reviewer", "auditor", "installer"}), False, _read)
