"""Played nodes that take every `desired`, and say a nonce as real ones do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, RunningSite


async def _status(node: BareNode) -> None:
    while True:
        node.status()
        await asyncio.sleep(3)  # as a real node: what it is told names one of its last two nonces


@contextlib.asynccontextmanager
async def obedient_nodes(site: RunningSite) -> AsyncIterator[dict[str, BareNode]]:
    """Every node of the site, online, by name."""
    async with contextlib.AsyncExitStack() as leaving, asyncio.TaskGroup() as together:
        names = [node["node"] for node in (await site.keeper.act("standing", {}, **WHO))["nodes"]]
        nodes = {name: await leaving.enter_async_context(BareNode(site.places.node(name))) for name in names}
        for node in nodes.values():
            node.obeys = True
        working = [together.create_task(_status(node)) for node in nodes.values()]
        yield nodes
        for task in working:
            task.cancel()
