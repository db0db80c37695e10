"""Erasing a person at a running site, by two operators, from the command line."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from ostiary.controller.acts.errors import ActError
from ostiary.controller.people import evidence, ledger
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.title import Title
from ostiary.controller.store import people_tables as tables
from tests.system.running_site import WHO, running_site
from tests.system.test_log_commands import CARD, answers, command

pytestmark = pytest.mark.system


def test_a_person_is_erased_when_two_agree_and_no_contest_is_open(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            data = site.places.data
            ada = await site.member("Ada", CARD)
            [answer, _] = await answers(site, 2)
            code = answer["receipt"]["code"]

            ask = ("person", "ask-erase", ada, "--reason", "asked in writing", "--data", data)
            with site.people.begin() as conn:
                evidence.keep(conn, evidence.Evidence("sheet", "ab" * 32, "round-sheet", "Round"))
                kind = EntryKind(Title("safety-round"), 6, ("round-sheet",), 365 * 86_400_000)
                entry = ledger.record(conn, ada, kind, "workshop-safety", "sheet", "test", 1, 1)
                ledger.contest(conn, entry.id, 2)
            assert "A contest of this person is open" in await command(*ask, "--operator", "anna", expect=1)
            with site.people.begin() as conn:
                ledger.uphold(conn, entry.id, 3)

            said = await command(*ask, "--operator", "anna")
            number = said.split()[1]
            agree = ("person", "erase", number, "--data", data)
            assert "cannot agree" in await command(*agree, "--operator", " Anna", expect=1)
            assert "names no record" in await command(
                "person", "erase", "0", "--operator", "ben", "--data", data, expect=1
            )
            said = await command(*agree, "--operator", "ben")
            assert "The person is erased" in said and "has left the house" in said
            assert "erased already" in await command(*agree, "--operator", "ben", expect=1)

            shown = await site.keeper.act("look-up", {"receipt": code}, purpose="a test looks", **WHO)
            assert shown["erased"] and shown["body"] is None
            with pytest.raises(ActError, match="was erased"):
                await site.keeper.act("receipt", {"receipt": code}, purpose="a test looks", **WHO)
            with site.people.begin() as conn:
                assert conn.execute(select(tables.person.c.name).where(tables.person.c.id == ada)).scalar() is None
            assert ada not in (data / "log" / "erasures").read_text()
            [denied] = await answers(site, 1)
            assert denied["verdict"] == "deny"
            said = await command("log", "fsck", "--data", data)
            assert "The log is whole" in said and " 0 erased" not in said

    asyncio.run(story())
