"""A second person for a policy, where the site wants one: somebody proposes, and another who may approve publishes it.

`second_person` under `[policy]` in site.toml. The proposal is a record with the text, so what is approved is what was
proposed; it is good for the policy that ruled then, and for no other.
"""

from typing import Any

from ostiary.controller.acts.errors import ActError, malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.policy import checked, sign_and_publish
from ostiary.controller.people.contests import same_name

WHAT = "The policy was not published."
KIND = "policy-proposed"


async def _propose(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"text": str(text), "name": str(name)}:
            pass
        case _:
            raise malformed("The policy was not proposed.", "It needs a text and the name of its file.")
    policy = await checked(house, text, name)
    body = {"policy": policy.sha256, "name": name, "text": text, "after_version": house.policy_version}
    [receipt] = await house.log.append([act_record(asked, KIND, house.now_ms(), body)])
    return {"index": receipt.position, "sha256": policy.sha256}


async def _waiting(house: House, asked: Asked) -> dict[str, Any]:
    """The newest proposal, where it waits for somebody still."""
    proposed = _newest(house)
    return {"second_person": house.second_person, "proposed": None if proposed is None else proposed}


async def _approve(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"index": int(index)}:
            pass
        case _:
            raise malformed(WHAT, "It needs the index of the proposal.")
    proposed = _newest(house)
    if proposed is None or proposed["index"] != index:
        raise not_found(WHAT, "This proposal does not wait any more: another came after it, or a policy was published.")
    if same_name(proposed["operator"], asked.operator):
        raise ActError(
            "rule",
            WHAT,
            "Whoever proposed a policy does not approve it: this site wants a second person.",
            "Ask somebody else who may approve.",
        )
    policy = await checked(house, proposed["text"], proposed["name"])
    more = {"proposed": index, "proposed_by": proposed["operator"]}
    return await sign_and_publish(house, asked, policy, proposed["name"], proposed["text"], more)


def _newest(house: House) -> dict[str, Any] | None:
    row = house.log.reading().last_of(KIND)
    body = None if row is None else house.log.open(row.position)
    if row is None or not isinstance(body, dict) or body["after_version"] != house.policy_version:
        return None
    told = {name: body[name] for name in ("operator", "name", "text", "policy", "at_ms")}
    return {"index": row.position, **told}


PROPOSE_POLICY = Act("propose-policy", "publish-policy", False, _propose)
PROPOSED_POLICY = Act("proposed-policy", "read-policy", False, _waiting)
APPROVE_POLICY = Act("approve-policy", "approve-policy", False, _approve)
