"""The keeper with its log in PostgreSQL: the same answers, and none that opens a door while the server is away."""

import asyncio
from pathlib import Path
from typing import Any

from tests.postgres_server import PostgresServer
from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, running_site

CARD = "04:a2:2b:9c"


def test_a_stopped_database_grants_nothing_and_heals_by_itself(tmp_path: Path, postgres: PostgresServer) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site", postgres.place()) as site:
            await site.member("Ada", CARD)
            assert not site.places.log_db.exists(), "nothing of the log is in a file of the site's"

            async def asked(node: BareNode) -> dict[str, Any]:
                return await node.asked(node.ask(claim={"kind": "card", "value": CARD}))

            async with BareNode(site.places.node("front-1")) as node:
                first = await asked(node)
                assert first["verdict"] == "grant"
                postgres.stop()
                try:
                    for _ in range(3):
                        answer = await asked(node)
                        assert (answer["verdict"], answer["show"]["say"]) == ("deny", "busy")
                        assert "receipt" not in answer
                    outage = (await site.keeper.act("standing", {}, **WHO))["log_outage"]
                    assert outage["unanswered"] == 3 and outage["why"]
                finally:
                    postgres.start()
                again = await asked(node)
                assert again["verdict"] == "grant"
                code = {"receipt": first["receipt"]["code"]}
                before = await site.keeper.act("look-up", code, purpose="a test", **WHO)
                code = {"receipt": again["receipt"]["code"]}
                after = await site.keeper.act("look-up", code, purpose="a test", **WHO)
                assert (before["verdict"], after["verdict"]) == ("grant", "grant")
                assert (await site.keeper.act("standing", {}, **WHO))["log_outage"] is None
                found = await site.keeper.act("look-up", {"index": after["index"] + 1}, purpose="a test", **WHO)
                assert (found["kind"], found["body"]["unanswered"]) == ("alarm", 3)

    asyncio.run(story())
