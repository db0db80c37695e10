"""Mail of a real site: news are told once, over restarts; mail that fails is an alarm until it works again."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller import programs
from ostiary.controller import site as settings
from ostiary.controller.acts.errors import ActError
from ostiary.controller.mail.account import Account
from ostiary.controller.people import contests
from tests.system.bare_node import BareNode
from tests.system.command_line import typed
from tests.system.running_site import WHO, RunningSite, running_site
from tests.unit.mail_server import PATIENCE_S, Mailbox, free_port, mail_server

pytestmark = pytest.mark.system

KEEPER, REVIEWER = "keeper@door.example", "reviewer@door.example"
WORDS = "Ada Lovelace was not there that day."


async def until(look: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - another process has no event of ours
            await asyncio.sleep(0.05)


def settle(site: RunningSite, port: int) -> None:
    account = Account("127.0.0.1", "ostiary@door.example", port, "none", alarms_to=(KEEPER,), contests_to=(REVIEWER,))
    settings.write(site.places.site_toml, replace(site.site, mail=account))


def open_contest(site: RunningSite, person: str, number: int) -> None:
    with site.people.begin() as conn:
        now_ms = time.time_ns() // 1_000_000
        contests.open_contest(conn, person, "decision", number, WORDS, "test", now_ms)


def kinds(site: RunningSite) -> list[tuple[str, bool]]:
    found = site.keeper.act_now("alarms", {}, **WHO)["alarms"]
    return [(alarm["kind"], alarm["over_ms"] is not None) for alarm in found]


def test_news_are_told_once_and_failing_mail_is_an_alarm(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            box, port = Mailbox(), free_port()
            settle(site, port)
            person = await site.member("Ada Lovelace")
            open_contest(site, person, 1)
            # Nobody listens yet: the contest that waits cannot be told, and that is an alarm.
            await site.supervisor.start(programs.mail_program(site.places))
            await until(lambda: kinds(site) == [("mail-failed", False)])
            said = await typed("alarms", "--data", str(site.places.data))
            assert "mail-failed  the site" in said.stdout
            refused = await typed("mail", "test", "--data", str(site.places.data))
            assert refused.returncode == 1
            assert "did not take the mail" in refused.stderr
            with mail_server(box, port=port):
                # It comes over a restart, and by itself.
                os.kill(site.supervisor.pid("mail"), signal.SIGKILL)
                [(to, mail)] = await asyncio.to_thread(box.wait, 1)
                assert to == REVIEWER
                assert "/contests/1" in mail.get_content()
                await until(lambda: kinds(site) == [])
                async with BareNode(site.places.node("front-1")) as node:
                    await node.tells("forced")
                    mails = await asyncio.to_thread(box.wait, 2)
                assert mails[1][0] == KEEPER
                assert mails[1][1]["Subject"] == "northside: alarm at front: forced"
                done = await typed("mail", "test", "--to", KEEPER, "--data", str(site.places.data), "--json")
                assert done.returncode == 0, done.stderr
                assert len(box.wait(3)) == 3
            for _, mail in box.taken:
                assert "Ada" not in str(mail) and person not in str(mail) and "that day" not in str(mail)

    asyncio.run(story())


def test_nobody_else_says_whether_mail_works(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            for name in ("test", "web", "console"):
                with pytest.raises(ActError, match="may not do it"):
                    await site.keeper.act("mail-state", {"works": False}, operator=name)
            with pytest.raises(ActError, match="true or false"):
                await site.keeper.act("mail-state", {"works": "no"}, operator="mail")
            with pytest.raises(ActError, match="may not do it"):
                await site.keeper.act("alarms", {}, operator="mail")
            assert kinds(site) == []

    asyncio.run(story())
