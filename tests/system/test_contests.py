"""A contest from end to end: penalty, denial, contest, grant while it waits, and what the outcome does at the door."""

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Coroutine
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.acts.errors import ActError
from ostiary.controller.cli.demo_cases import policy as open_all_day
from ostiary.controller.people import contests, evidence, ledger
from ostiary.controller.people.past import history
from ostiary.controller.policy.document import load
from ostiary.controller.policy.score import ledger_head
from ostiary.controller.record.reading import Reading
from tests.system.bare_node import BareNode
from tests.system.command_line import OSTIARY, command
from tests.system.running_site import WHO, RunningSite, running_site

pytestmark = pytest.mark.system

CARD = "4711"
RULES = load(open_all_day(closed_today=False))
Story = Callable[[RunningSite], Coroutine[Any, Any, None]]


def at_site(tmp_path: Path, story: Story) -> None:
    async def told() -> None:
        async with running_site(tmp_path / "site") as site:
            await story(site)

    asyncio.run(told())


async def penalty(site: RunningSite, person: str, title: str = "Laser left running") -> int:
    """An entry of −8 by "test", told to the keeper; its number."""
    assert RULES.score is not None
    at_ms = time.time_ns() // 1_000_000
    kept = evidence.Evidence(title, sha256(title.encode()).hexdigest(), "incident-report", title)
    with site.people.begin() as conn:
        evidence.keep(conn, kept)
        kind = RULES.entries["machine-left-running"]
        entry = ledger.record(conn, person, kind, RULES.score.context, kept.id, "test", at_ms - 1000, at_ms)
    await site.keeper.act("refresh", {}, **WHO)
    return entry.id


def said(site: RunningSite, *words: str) -> str:
    """What `ostiary …` prints for people."""
    line = [*OSTIARY, *words, "--data", str(site.places.data)]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout


async def at_the_laser_room(node: BareNode) -> str:
    return (await node.asked(node.ask(claim={"kind": "card", "value": CARD})))["verdict"]


def test_a_contested_penalty_waits_and_counts_again_when_it_is_upheld(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        async with BareNode(site.places.node("laser-room-1")) as node:
            assert await at_the_laser_room(node) == "grant"
            entry = await penalty(site, person)
            assert await at_the_laser_room(node) == "deny"
            opened = await command(
                site, "contest", "open", "--person", person, "--entry", str(entry), "--words", "It was not me."
            )
            assert (opened["state"], opened["suspends"]) == ("open", True)
            assert await at_the_laser_room(node) == "grant"
            number = str(opened["id"])
            with pytest.raises(ValueError, match="wrote what is contested"):
                await command(site, "contest", "assign", number, "--reviewer", "Test")
            await site.keeper.act(
                "publish", {"text": open_all_day(closed_today=False), "name": "p.yaml"}, operator="Pat"
            )
            with pytest.raises(ValueError, match="published the policy in force"):
                await command(site, "contest", "assign", number, "--reviewer", "Pat")
            with pytest.raises(ValueError, match="has no reviewer yet"):
                await command(site, "contest", "uphold", number, "--reasons", "It was.", operator="Rae")
            assert (await command(site, "contest", "assign", number, "--reviewer", "Rae"))["reviewer"] == "Rae"
            listed = await asyncio.to_thread(said, site, "contest", "list")
            assert re.fullmatch(rf" +{number}  assigned    entry {entry}  due \d+ \w+ \d+  Rae\n", listed)
            shown = await asyncio.to_thread(said, site, "contest", "show", number)
            assert f"Contest {number}: assigned. Entry {entry} of {person}." in shown
            assert "The person says: It was not me." in shown
            with pytest.raises(ValueError, match="assigned to Rae"):
                await command(site, "contest", "uphold", number, "--reasons", "It was.", operator="Sam")
            upheld = await command(
                site, "contest", "uphold", number, "--reasons", "The camera shows it.", operator="Rae"
            )
            assert upheld["state"] == "upheld"
            assert await at_the_laser_room(node) == "deny"
            with pytest.raises(ValueError, match="An outcome stays"):
                await command(site, "contest", "overturn", number, "--reasons", "No.", operator="Rae")
            again = await command(
                site, "contest", "open", "--person", person, "--entry", str(entry), "--words", "Look again."
            )
            assert not again["suspends"]
            assert await at_the_laser_room(node) == "deny"

        reading = Reading(site.places.log_db)
        acts = [row for row in reading.since(-1) if row.kind.startswith("contest-")]
        reading.close()
        assert [row.kind for row in acts] == ["contest-open", "contest-assign", "contest-uphold", "contest-open"]
        for row in acts:
            found = await site.keeper.act("look-up", {"index": row.position}, purpose="a test", **WHO)
            assert found["body"]["person"] == person

    at_site(tmp_path, story)


def test_an_overturned_penalty_is_cancelled_and_names_the_decisions_it_changed(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        async with BareNode(site.places.node("laser-room-1")) as node, BareNode(site.places.node("front-1")) as front:
            assert await at_the_laser_room(node) == "grant"
            entry = await penalty(site, person)
            denied = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
            assert denied["verdict"] == "deny"
            assert await at_the_laser_room(front) == "grant"  # it reads no score
            code = {"receipt": denied["receipt"]["code"]}
            decision = await site.keeper.act("look-up", code, purpose="a test", **WHO)
            opened = await command(
                site, "contest", "open", "--person", person, "--entry", str(entry), "--words", "It was not me."
            )
            number = str(opened["id"])
            await command(site, "contest", "assign", number, "--reviewer", "Rae")
            overturned = await command(
                site, "contest", "overturn", number, "--reasons", "It was another machine.", operator="Rae"
            )
            assert [(one["index"], one["verdict"]) for one in overturned["differing"]] == [(decision["index"], "deny")]
            assert overturned["differing_all_named"]
            assert await at_the_laser_room(node) == "grant"
            with site.people.begin() as conn:
                cancelled = ledger.entry_of(conn, entry)
                assert cancelled.cancelled_why == "Overturned: It was another machine."
                told = history(conn, person)
            # The ledger as it stood then can still be told, and is the one that the decision recorded.
            at_ms, head = decision["body"]["at_ms"], decision["body"]["score"]["head"]
            [then] = told.as_known(at_ms, 0)
            assert ledger_head(then.entries, "workshop-safety", at_ms) == head
            assert then.entries[0].cancelled_ms is None
            # And so can the decision itself be contested, by its receipt.
            about = await command(site, "contest", "open", "--receipt", code["receipt"], "--words", "I stood outside.")
            assert (about["kind"], about["number"]) == ("decision", decision["index"])

    at_site(tmp_path, story)


def test_a_deadline_that_passes_is_recorded_and_cancels(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        entry = await penalty(site, person)
        at_ms = time.time_ns() // 1_000_000
        with site.people.begin() as conn:
            contests.open_contest(conn, person, "entry", entry, "No.", "test", at_ms, within_ms=1)
        again = site.hears("The keeper runs again.")
        os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
        async with asyncio.timeout(20):
            await again.wait()
            reading = Reading(site.places.log_db)
            while True:
                if (row := reading.last_of("contest-lapsed")) is not None:
                    break
                await asyncio.sleep(0)
            reading.close()
        found = await site.keeper.act("look-up", {"index": row.position}, purpose="a test", **WHO)
        assert (found["body"]["person"], found["body"]["number"]) == (person, entry)
        with pytest.raises(ValueError, match="deadline has passed"):
            await command(site, "contest", "assign", str(found["body"]["contest"]), "--reviewer", "Rae")
        async with BareNode(site.places.node("laser-room-1")) as node:
            assert await at_the_laser_room(node) == "grant"

    at_site(tmp_path, story)


def test_immediate_danger_keeps_a_person_out_for_at_most_72_hours(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as node:
            assert await at_the_laser_room(node) == "grant"
            with pytest.raises(ValueError, match="at most 72 hours"):
                await command(site, "standing", "suspend", person, "--hours", "73", "--why", "Threatened somebody.")
            assert await at_the_laser_room(node) == "grant"
            await command(site, "standing", "suspend", person, "--hours", "72", "--why", "Threatened somebody.")
            assert await at_the_laser_room(node) == "deny"
            await command(site, "standing", "lift", person)
            assert await at_the_laser_room(node) == "grant"
        reading = Reading(site.places.log_db)
        assert [row.kind for row in reading.since(-1) if "susp" in row.kind] == ["suspend-danger", "lift-suspension"]
        reading.close()

    at_site(tmp_path, story)


def test_what_the_keeper_does_not_record_is_not_written(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        entry = await penalty(site, person)
        with pytest.raises(ActError, match="may not do it"):
            await site.keeper.act("contest-uphold", {"contest": 1, "reasons": "No."}, operator="only-admin")
        with pytest.raises(ActError, match="no contest 9"):
            await site.keeper.act("contest-uphold", {"contest": 9, "reasons": "No."}, operator="Rae")
        with pytest.raises(ActError, match="needs contest and reviewer"):
            await site.keeper.act("contest-assign", {"contest": "1"}, **WHO)
        await site.supervisor.stop()
        with pytest.raises(ValueError, match="keeper does not answer"):
            await command(site, "contest", "open", "--person", person, "--entry", str(entry), "--words", "Not me.")
        with site.people.begin() as conn:
            assert contests.contests(conn, person) == ()
            assert ledger.entry_of(conn, entry).contested_at_ms is None

    at_site(tmp_path, story)
