"""Standing: how the keeper and its nodes are, for the panel and for whoever waits for a start."""

from typing import Any

from ostiary.controller.acts.alarms import document
from ostiary.controller.acts.house import Act, Asked, House


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    return {
        "site": house.site,
        "nodes": [{**node, "pack_age_ms": house.heard.of(node["node"]).pack_age_ms} for node in house.nodes()],
        "locked": [{"door": door, "since_ms": since_ms} for door, since_ms in house.locked().items()],
        "faceless": [{"door": door, "since_ms": since_ms} for door, since_ms in house.faceless().items()],
        "alarms": [document(alarm) for alarm in house.alarms.all()],
        "policy_sha256": house.policy.sha256 if house.policy else None,
        "policy_publisher": house.publisher(),
        # What rules is known without the store, which may be what is being asked about.
        "ever_published": house.published() is not None or house.log.reading().last_of("publish") is not None,
        "log_size": house.log.size,
        "log_outage": house.outage(),
        "checkpoint": house.log.checkpoint,
        "log_key": house.log.verifier_key,
        "log_witnesses": [key.partition("+")[0] for key in house.log.witnesses],
        "log_alarms": house.log.alarms,
    }


STANDING = Act("standing", "see-now", False, _do)
