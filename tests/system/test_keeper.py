"""The keeper behind a real broker: it decides, refuses, remembers and recovers; nothing it answered is ever missing."""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller import samples
from ostiary.controller.acts.errors import ActError
from ostiary.controller.people import more_time
from ostiary.controller.record.reading import Reading
from ostiary.controller.record.receipt import verify
from ostiary.protocol import base64url, codes, keys, messages
from ostiary.protocol.seal import seal
from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, RunningSite, running_site

pytestmark = pytest.mark.system

CARD = "4711"
Story = Callable[[RunningSite], Coroutine[Any, Any, None]]


def at_site(tmp_path: Path, story: Story) -> None:
    async def told() -> None:
        async with running_site(tmp_path / "site") as site:
            await story(site)

    asyncio.run(told())


async def look_up(site: RunningSite, answer: dict[str, Any]) -> dict[str, Any]:
    return await site.keeper.act("look-up", {"receipt": answer["receipt"]["code"]}, purpose="a test", **WHO)


async def newest(site: RunningSite, kind: str, code: str | None = None) -> dict[str, Any]:
    """Waits for the newest record of a kind (and code) and returns its look-up."""
    reading = Reading(site.places.log_db)
    try:
        async with asyncio.timeout(10):
            while True:
                for row in reading.newest(200):
                    if row.kind == kind and code in (None, row.code):
                        return await site.keeper.act("look-up", {"index": row.position}, purpose="a test", **WHO)
                await asyncio.sleep(0)
    finally:
        reading.close()


def test_a_card_is_granted_and_the_record_says_why(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as node:
            answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
        assert answer["verdict"] == "grant"
        assert answer["show"] == {"say": "yes", "learn": site.site.learn}
        found = await look_up(site, answer)
        assert found["body"]["person"] == person
        assert [clause["clause"] for clause in found["body"]["clauses"]] == ["member", "within"]
        assert all(clause["held"] for clause in found["body"]["clauses"])

    at_site(tmp_path, story)


UNHURRIED = """
policy: northside-unhurried
doors:
  front: {face: off, pulse: 4s, more_time: {pulse: 10s, held: 60s}, grant: [member: active]}
"""


def test_whoever_has_more_time_gets_it_and_nothing_else_tells_them_apart(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.keeper.act("publish", {"text": UNHURRIED, "name": "unhurried.yaml"}, **WHO)
        people = [await site.member("Ada", "ada"), await site.member("Bob", "bob")]
        await site.member("Cy", "cy", membership_ended=True)
        with site.people.begin() as conn:
            more_time.give_more_time(conn, people[0], "test", 1)
        await site.keeper.act("refresh", {}, **WHO)
        async with BareNode(site.places.node("front-1")) as node:
            ada, bob, cy = [
                await node.asked(node.ask(claim={"kind": "card", "value": card})) for card in ("ada", "bob", "cy")
            ]
        assert [(one["pulse_ms"], one["held_ms"]) for one in (ada, bob, cy)] == [(14_000, 60_000), (4_000, 0), (0, 0)]
        assert ada["show"] == bob["show"]
        bodies = [(await look_up(site, answer))["body"] for answer in (ada, bob)]
        for body in bodies:
            for own in ("id", "at_ms", "claim", "person"):
                del body[own]
        assert bodies[0] == bodies[1]

    at_site(tmp_path, story)


def test_denials_say_why_to_the_operator_and_nothing_to_the_display(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        await site.member("Bob", "ended", membership_ended=True)
        expected = {
            "nobody's": "card-unknown",
            "ended": "membership-ended",
        }
        async with BareNode(site.places.node("front-1")) as node:
            for card, reason in expected.items():
                answer = await node.asked(node.ask(claim={"kind": "card", "value": card}))
                assert (answer["verdict"], answer["pulse_ms"]) == ("deny", 0)
                assert answer["show"]["say"] == "no"
                assert reason not in json.dumps(answer)
                assert (await look_up(site, answer))["code"] == reason
            face = node.ask(credential="face", claim=None, no_probe="face-missing")
            assert (await look_up(site, await node.asked(face)))["code"] == "claim-missing"
        async with BareNode(site.places.node("studio-1")) as node:
            answer = await node.asked(node.ask(credential="face", claim=None, no_probe="faces-unclear", faces=2))
            found = await look_up(site, answer)
            assert (found["code"], found["body"]["faces"]) == ("faces-unclear", 2)

    at_site(tmp_path, story)


def test_bad_messages_are_refused_recorded_and_never_answered_with_a_grant(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        card = {"kind": "card", "value": CARD}
        async with BareNode(site.places.node("front-1")) as node:
            good = node.sealed(node.ask(claim=card))
            probe = {"model": "ab" * 32, "runtime": "x", "vector": base64url.encode(bytes(192)), "scale": 0.1}
            event = {"v": 1, "boot": 1, "seq": 1, "at": {"ms": 1, "clock": "set"}, "kind": "boot"}
            data = messages.encode("ask", node.ask(claim=card))
            iv = os.urandom(16)
            other = keys.message_key(os.urandom(32), node.site, node.node, "ask")
            bad = {
                codes.MALFORMED: b"no seal at all",
                codes.OVERSIZED: b"x" * 12_000,
                codes.UNAUTHENTIC: seal(other, node.node, "ask", data, iv),
                codes.WRONG_KEY: seal(node.keys["ask"], "studio-1", "ask", data, iv),
                codes.WRONG_KIND: node.sealed(event, "event"),
                codes.VERSION: seal(node.keys["ask"], node.node, "ask", data.replace(b'"v":1', b'"v":9'), iv),
                codes.WRONG_DOOR: node.sealed(node.ask(claim=card, door="studio")),
                codes.WRONG_MODEL: node.sealed(node.ask(credential="face", claim=card, probe=probe, faces=1)),
            }
            for code, payload in bad.items():
                node.say(payload)
                found = await newest(site, "refusal", code)
                assert found["body"]["node"] == "front-1"
            # And the node's next honest ask is answered as if nothing had been.
            assert (await node.asked(node.ask(claim=card)))["verdict"] == "grant"
            node.say(good)  # sealed first, sent last: its number is below the highest
            await newest(site, "refusal", codes.STALE)
            while not node.answers.empty():
                message = node.answers.get_nowait()
                assert message["verdict"] == "deny" or message["show"]["say"] == "yes"

    at_site(tmp_path, story)


def test_the_same_bytes_get_the_same_answer_and_one_record(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as node:
            message = node.ask(claim={"kind": "card", "value": CARD})
            payload = node.sealed(message)
            node.say(payload)
            first = await asyncio.wait_for(node.answers.get(), 10)
            size = (await site.keeper.act("standing", {}, **WHO))["log_size"]
            node.say(payload)
            assert await asyncio.wait_for(node.answers.get(), 10) == first
            assert (await site.keeper.act("standing", {}, **WHO))["log_size"] == size

    at_site(tmp_path, story)


def test_a_killed_keeper_loses_no_answer_and_forgets_no_number(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        answered: list[dict[str, Any]] = []
        async with BareNode(site.places.node("front-1")) as node:
            replayed = b""
            for turn in range(3):
                again = site.hears("The keeper runs again.")
                for number in range(40):
                    message = node.ask(claim={"kind": "card", "value": CARD})
                    replayed = node.sealed(message)
                    if number == 20 + 5 * turn:
                        os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
                    node.say(replayed)
                async with asyncio.timeout(20):
                    await again.wait()
                # The new keeper answers once it has its line; until then asks go unanswered, as on any outage.
                while True:
                    try:
                        answered.append(await node.asked(node.ask(claim={"kind": "card", "value": CARD}), within_s=0.5))
                        break
                    except TimeoutError:
                        continue
                while not node.answers.empty():
                    answered.append(node.answers.get_nowait())
            codes_seen = {answer["receipt"]["code"] for answer in answered}
            for code in codes_seen:
                found = await site.keeper.act("look-up", {"receipt": code}, purpose="a test", **WHO)
                assert found["verdict"] == "grant"
            node.say(replayed)
            refused = await newest(site, "refusal")
            assert refused["code"] in (codes.STALE, codes.REPLAYED)

    at_site(tmp_path, story)


def test_a_web_that_hangs_inside_a_write_delays_no_answer(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        # Another process, as the web is, that holds the write lock of people.db and says nothing more.
        hung = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "db.execute('BEGIN IMMEDIATE'); db.execute('UPDATE person SET name = name');"
            "print('holding', flush=True); sys.stdin.read()",
            str(site.places.people_db),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert hung.stdout is not None
            assert await hung.stdout.readline() == b"holding\n"
            async with BareNode(site.places.node("front-1")) as node:
                for _ in range(10):
                    asks = [node.ask(claim={"kind": "card", "value": CARD}) for _ in range(100)]
                    answers = await asyncio.gather(*(node.asked(ask) for ask in asks))
                    assert all(answer["verdict"] == "grant" for answer in answers)
        finally:
            hung.kill()
            await hung.wait()

    at_site(tmp_path, story)


def test_a_full_disk_grants_nothing_and_heals_by_itself(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        keeper = site.supervisor.pid("keeper")
        async with BareNode(site.places.node("front-1")) as node:
            assert (await node.asked(node.ask(claim={"kind": "card", "value": CARD})))["verdict"] == "grant"
            size = (await site.keeper.act("standing", {}, **WHO))["log_size"]
            # No file of the keeper's may grow any more: to it, that is a full disk.
            resource.prlimit(keeper, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            for _ in range(3):
                answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
                assert answer["verdict"] == "deny"
                assert answer["show"]["say"] == "busy"
                assert "receipt" not in answer
            assert (await site.keeper.act("standing", {}, **WHO))["log_size"] == size
            resource.prlimit(keeper, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
            assert answer["verdict"] == "grant"
            # Behind the grant follows the record of the outage that it ended.
            async with asyncio.timeout(10):
                while (grown := (await site.keeper.act("standing", {}, **WHO))["log_size"]) < size + 2:
                    assert grown == size + 1
            assert grown == size + 2

    at_site(tmp_path, story)


def test_the_journal_closes_a_decision_once_and_in_order(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        person = await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as node:
            answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
            code = answer["receipt"]["code"]

            def entry(seq: int, kind: str, receipt: str | None = None) -> bytes:
                event = {"v": 1, "boot": 1, "seq": seq, "at": {"ms": 1, "clock": "set"}, "kind": kind}
                return node.sealed(event | ({"receipt": receipt} if receipt else {}), "event")

            async def upto(expected: int) -> None:
                async with asyncio.timeout(10):
                    while (await node.desired.get())["journal_upto"] != expected:
                        pass

            node.say(entry(1, "boot"), "event")
            await upto(1)
            node.say(entry(3, "closed"), "event")  # out of turn: not taken
            await upto(1)
            node.say(entry(2, "acted", code), "event")
            await upto(2)
            node.say(entry(2, "acted", code), "event")  # the upload once more
            await upto(2)
            found = await look_up(site, answer)
            assert found["outcome"]["kind"] == "acted"
            closing = await newest(site, "outcome")
            assert closing["body"]["about"] == found["index"]
            assert person not in json.dumps(closing["body"])  # it names the decision, not the person
            reading = Reading(site.places.log_db)
            assert [row.kind for row in reading.newest(100)].count("outcome") == 1
            reading.close()

    at_site(tmp_path, story)


def test_a_node_cannot_close_another_doors_decision(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as front:
            answer = await front.asked(front.ask(claim={"kind": "card", "value": CARD}))
        async with BareNode(site.places.node("studio-1")) as other:
            event = {"v": 1, "boot": 1, "seq": 1, "at": {"ms": 1, "clock": "set"}, "kind": "acted"}
            other.say(other.sealed(event | {"receipt": answer["receipt"]["code"]}, "event"), "event")
            async with asyncio.timeout(10):
                while (await other.desired.get())["journal_upto"] != 1:
                    pass
        assert (await look_up(site, answer))["outcome"] is None
        assert (await newest(site, "event", "acted"))["door"] == "studio"

    at_site(tmp_path, story)


def test_a_log_that_never_heard_of_a_node_begins_where_its_journal_does(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        async with BareNode(site.places.node("front-1")) as node:
            event = {"v": 1, "boot": 9, "seq": 41, "at": {"ms": 1, "clock": "set"}, "kind": "boot"}
            node.say(node.sealed(event, "event"), "event")
            async with asyncio.timeout(10):
                while (await node.desired.get())["journal_upto"] != 41:
                    pass

    at_site(tmp_path, story)


def test_a_receipt_verifies_without_us(tmp_path: Path) -> None:
    """What the answer carries and what the log keeps belong together: the leaf is the record's, under the salt."""

    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as node:
            answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
        standing = await site.keeper.act("standing", {}, **WHO)
        found = await look_up(site, answer)
        await site.supervisor.stop()
        from ostiary.controller.record.log import Log
        from ostiary.controller.store.keys import KeyStore, load_or_make_master

        store = KeyStore(site.places.keys_db, load_or_make_master(site.places.master_key))
        log = Log.start(site.places.log_db, store, site.site.name)
        opened = log.opened(found["index"])
        assert base64url.encode(opened.leaf) == answer["receipt"]["leaf"]
        assert base64url.encode(opened.salt) == answer["receipt"]["salt"]
        checked = verify(log.receipt_file(opened), standing["log_key"])
        assert checked.ok, checked.say
        await log.close()
        store.close()

    at_site(tmp_path, story)


def test_every_look_up_is_a_record_and_needs_a_purpose_and_a_role(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        async with BareNode(site.places.node("front-1")) as node:
            answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}))
        code = {"receipt": answer["receipt"]["code"]}
        with pytest.raises(ActError, match="needs a purpose"):
            await site.keeper.act("look-up", code, **WHO)
        with pytest.raises(ActError, match="may not do it"):
            await site.keeper.act("look-up", code, operator="x", role="installer", purpose="curious")
        with pytest.raises(ActError, match="no such record"):
            await site.keeper.act("look-up", {"index": 10_000}, purpose="a test", **WHO)
        with pytest.raises(ActError, match="There is no act"):
            await site.keeper.act("open-everything", {}, **WHO)
        found = await site.keeper.act("look-up", code, purpose="the member asked why", **WHO)
        looked = await newest(site, "look-up")
        assert looked["body"]["position"] == found["index"]
        assert looked["body"]["purpose"] == "the member asked why"

    at_site(tmp_path, story)


def test_a_wrong_policy_names_the_line_and_the_old_one_goes_on(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        before = await site.keeper.act("policy", {}, **WHO)
        wrong = before["text"].replace("member: active", "membr: active", 1)
        with pytest.raises(ActError, match=r"wrong.yaml:\d+:\d+: .*member"):
            await site.keeper.act("publish", {"text": wrong, "name": "wrong.yaml"}, **WHO)
        assert await site.keeper.act("policy", {}, **WHO) == before

    at_site(tmp_path, story)


def test_a_face_is_never_the_only_way_in(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        before = await site.keeper.act("policy", {}, **WHO)
        no_way = samples.policy_text("workshop").replace("or: [card, pass]", "or: []")
        with pytest.raises(ActError, match="no credential"):
            await site.keeper.act("publish", {"text": no_way, "name": "no-way.yaml"}, **WHO)
        assert await site.keeper.act("policy", {}, **WHO) == before

    at_site(tmp_path, story)


def test_the_policy_in_force_survives_a_restart(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        before = await site.keeper.act("policy", {}, **WHO)
        again = site.hears("The keeper runs again.")
        os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
        async with asyncio.timeout(20):
            await again.wait()
            while True:
                try:
                    after = await site.keeper.act("policy", {}, **WHO)
                    break
                except ActError:
                    continue
        assert after == before

    at_site(tmp_path, story)
