"""Locate and reboot: an operator has one node show where it hangs, or start anew. Recorded first, then ordered."""

from typing import Any

from ostiary.controller.acts.at_door import answering, known_node
from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record

LONGEST_S = 600


async def _locate(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"node": str(node), "seconds": int(seconds)} if 1 <= seconds <= LONGEST_S:
            return await _ordered(house, asked, node, "locate", {"seconds": seconds}, "No node was located.")
        case _:
            raise malformed("No node was located.", f"It needs a node, and seconds from 1 to {LONGEST_S}.")


async def _reboot(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"node": str(node)}:
            return await _ordered(house, asked, node, "reboot", {}, "Nothing was rebooted.")
        case _:
            raise malformed("Nothing was rebooted.", "It needs a node.")


async def _ordered(house: House, asked: Asked, node: str, do: str, more: dict[str, Any], what: str) -> dict[str, Any]:
    answering(house, known_node(house, node, what), what)
    [door] = [one["door"] for one in house.nodes() if one["node"] == node]
    draft = act_record(asked, do, house.now_ms(), {"node": node, **more}, door=door)
    [receipt] = await house.log.append([draft])
    house.order(node, do=do, **more)
    return {"index": receipt.position, "node": node, "door": door}


LOCATE = Act("locate", frozenset({"admin", "installer"}), False, _locate)
REBOOT = Act("reboot", frozenset({"admin", "installer"}), True, _reboot)
