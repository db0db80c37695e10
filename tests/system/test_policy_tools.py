"""The tools around a policy at a running site: explain, replay, compare, shadow; and proofs from a file alone."""

import asyncio
import time
from hashlib import sha256
from pathlib import Path

import pytest

from ostiary.controller.cli.demo_cases import policy as open_all_day
from ostiary.controller.people import evidence, leaving, ledger
from ostiary.controller.policy.document import load
from ostiary.controller.samples import policy_text
from tests.system.bare_node import BareNode
from tests.system.command_line import command, typed
from tests.system.running_site import WHO, RunningSite, running_site

pytestmark = pytest.mark.system

CARD = "4711"
WHY = ("--purpose", "a test")


async def asked_at(node: BareNode) -> dict:
    """The answer to the card at the node's door, with its receipt's code in `code`."""
    answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
    return {**answer, "code": answer["receipt"]["code"]}


async def penalty(site: RunningSite, person: str) -> None:
    """−8 now, so that the laser room's 600 is missed."""
    rules = load(open_all_day(closed_today=False))
    at_ms = time.time_ns() // 1_000_000
    with site.people.begin() as conn:
        kept = evidence.Evidence("report-1", sha256(b"report-1").hexdigest(), "incident-report", "Report 1")
        evidence.keep(conn, kept)
        kind = rules.entries["machine-left-running"]
        ledger.record(conn, person, kind, "workshop-safety", kept.id, "test", at_ms - 1000, at_ms)
    await site.keeper.act("refresh", {}, **WHO)


def test_a_decision_is_told_compared_shadowed_and_judged_again(tmp_path: Path) -> None:
    stricter = open_all_day(closed_today=False).replace("at_least: 600", "at_least: 610")
    new = tmp_path / "new.yaml"
    new.write_text(stricter)
    old = tmp_path / "old.yaml"
    old.write_text(open_all_day(closed_today=False))

    async def story() -> None:
        async with running_site(tmp_path / "site") as site, BareNode(site.places.node("laser-room-1")) as node:
            person = await site.member("Ada", CARD)
            granted = await asked_at(node)
            assert granted["verdict"] == "grant"

            # Explain: the same words as at the door, for now and for a time to come.
            who = ("--person", person, "--door", "laser-room", *WHY)
            said = await command(site, "policy", "explain", *who)
            assert (said["verdict"], said["live_known"], said["counterfactual"]) == ("grant", True, None)
            said = await command(site, "policy", "explain", *who, "--language", "de")
            assert said["sentence"].startswith("Sie können eintreten.")
            with pytest.raises(ValueError, match="no zone"):
                await command(site, "policy", "explain", *who, "--at", "2026-12-03T18:00")
            with pytest.raises(ValueError, match="p-nobody"):
                await command(site, "policy", "explain", "--person", "p-nobody", "--door", "front", *WHY)

            # Replay: byte for byte, also after what made the decision has changed.
            again = await command(site, "policy", "replay", granted["code"], *WHY)
            assert (again["outcome"], again["differing"]) == ("same", [])
            await penalty(site, person)
            denied = await asked_at(node)
            assert denied["verdict"] == "deny"
            for answer in (granted, denied):
                again = await command(site, "policy", "replay", answer["code"], *WHY)
                assert (again["outcome"], again["differing"]) == ("same", [])
            assert again["replayed"]["counterfactual"].startswith("592 of 600:")

            # Shadow: the stricter policy is asked too, and moves nothing.
            assert (await command(site, "policy", "shadow"))["sha256"] is None
            put = await command(site, "policy", "shadow", str(new))
            assert put["sha256"] == load(stricter).sha256
            assert (await asked_at(node))["verdict"] == "deny"
            report = await command(site, "policy", "shadow")
            assert (report["decisions"], report["same"], report["differing"]) == (1, 1, {})
            looked = await site.keeper.act("look-up", {"index": report_index(report, site)}, purpose="a test", **WHO)
            assert looked["body"]["shadow"]["verdict"] == "deny"
            assert (await command(site, "policy", "shadow", "--off"))["sha256"] is None

            # Compare: the one grant would have been none.
            found = await command(site, "policy", "compare", str(old), str(new), *WHY)
            assert (found["requests"], found["loses"], found["gains"]) == (3, 1, 0)
            [lost] = [one for one in found["differences"] if one["kind"] == "loses"]
            assert (lost["person"], lost["door"], lost["after"]) == (person, "laser-room", "score-below")

            # What cannot be answered is said, and every look is on the record.
            with pytest.raises(ValueError, match="no such record"):
                await command(site, "policy", "replay", "999999", *WHY)
            with pytest.raises(ValueError, match="is no decision"):
                await command(site, "policy", "replay", "0", *WHY)
            with site.people.begin() as conn:
                leaving.leave(conn, person, time.time_ns() // 1_000_000)
            with pytest.raises(ValueError, match='"outcome": "unknown"'):
                await command(site, "policy", "replay", denied["code"], *WHY)

    asyncio.run(story())


def report_index(report: dict, site: RunningSite) -> int:
    """The newest decision of the log."""
    from ostiary.controller.record.reading import Reading

    reading = Reading(site.places.log_db)
    try:
        row = next(row for row in reading.newest(100) if row.kind == "decision")
    finally:
        reading.close()
    return row.position


def test_proofs_need_no_site(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(policy_text("workshop"))
    new.write_text(policy_text("workshop").replace("at_least: 600", "at_least: 590"))

    async def story() -> None:
        proved = await typed("policy", "prove", str(old))
        assert (proved.returncode, "refuted" in proved.stdout) == (0, False)
        refuted = await typed("policy", "prove", str(old), "front needs holds: laser-induction")
        assert refuted.returncode == 1
        assert "does not hold laser-induction" in refuted.stdout
        unknown = await typed("policy", "prove", str(old), "opnes")
        assert (unknown.returncode, 'Did you mean "opens"?' in unknown.stderr) == (1, True)
        wider = await typed("policy", "compare", str(old), str(new), "--prove")
        assert wider.returncode == 1
        assert "laser-room lets nobody in whom it did not let in before." in wider.stdout
        narrower = await typed("policy", "compare", str(new), str(old), "--prove")
        assert narrower.returncode == 0
        away = await typed("policy", "compare", str(old), str(new), "--data", str(tmp_path / "nowhere"))
        assert (away.returncode, "Start it with: ostiary run" in away.stderr) == (1, True)
        broken = tmp_path / "broken.yaml"
        broken.write_text("policy: [")
        assert (await typed("policy", "prove", str(broken))).returncode == 1

    asyncio.run(story())
