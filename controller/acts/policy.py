"""Publish and read the policy: the published text lives in the log, so what ruled when is never in doubt."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.policy.around import PRESENTABLE, Around
from ostiary.controller.policy.lint import lint
from ostiary.controller.record import publication
from ostiary.controller.record.publication import Publication

TOLD = 5  # so many findings fit into a sentence; `ostiary policy lint` tells all


async def _publish(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"text": str(text), "name": str(name)}:
            pass
        case _:
            raise malformed("The policy was not published.", "It needs a text and the name of its file.")
    at_ms = house.now_ms()
    around = Around(datetime.fromtimestamp(at_ms // 1000, UTC).date(), house.largest_gallery, PRESENTABLE)
    reading = await asyncio.to_thread(lint, text, name, around)  # doors go on being answered meanwhile
    if refused := reading.findings.sorted():
        listed = "\n".join(str(error) for error in refused[:TOLD])
        more = f"\n… and {len(refused) - TOLD} more." if len(refused) > TOLD else ""
        cure = "Correct that and publish again; `ostiary policy lint` tells everything at once."
        raise ActError("policy", "The policy was not published.", listed + more, cure)
    policy = reading.policy
    for door, why in house.strikeless().items():
        if policy is not None and door in policy.doors:
            raise ActError(
                "policy",
                "The policy was not published.",
                f"A grant could not open the door {door}. {why}",
                "Give the door one node with the role strike: ostiary node add --help",
            )
    assert policy is not None, "what cannot be read is refused"  # noqa: S101
    signer = publication.publisher(house.site, house.keys.get_or_create(publication.KEY))
    async with house.publishing:  # two at once would be the same version
        said = Publication(policy.sha256, house.policy_version + 1, asked.operator, at_ms)
        note = publication.sign(signer, said)
        body = {"policy": policy.sha256, "name": name, "text": text, "version": said.version, "note": note}
        published = act_record(asked, "publish", at_ms, body)
        await house.log.append([published])
        house.publish(policy, published.body, at_ms)
    return {"sha256": policy.sha256, "version": said.version}


async def _read(house: House, asked: Asked) -> dict[str, Any]:
    signer = publication.publisher(house.site, house.keys.get_or_create(publication.KEY))
    nothing = {"text": None, "sha256": None, "published_at_ms": None, "version": None, "note": None}
    return (house.published() or nothing) | {"key": signer.verifier_key}


PUBLISH = Act("publish", frozenset({"admin"}), False, _publish)
POLICY = Act("policy", frozenset({"admin", "enroller", "reviewer", "auditor", "installer"}), False, _read)
