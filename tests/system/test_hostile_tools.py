"""A node that has turned, with other people's tools: mosquitto_pub and mosquitto_sub, its whole certificate.

And one step further: a broker that lets everything through. Then the keeper itself must believe none of it.
"""

import asyncio
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.fleet import broker
from ostiary.controller.record.reading import Reading
from ostiary.protocol import base64url, codes, messages, seal, topics
from tests.system.bare_node import BareNode
from tests.system.broker_site import PATIENCE_S, SITE, BrokerSite, broker_site, topic
from tests.system.running_site import WHO, RunningSite, running_site
from tests.system.test_hostile_node import DOWNS, HOSTILE, UPS, VICTIM, Life, all_rights, came_late, life_at

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        shutil.which("mosquitto_pub") is None,
        reason="Debian's mosquitto-clients is not installed: apt-get install mosquitto-clients",
    ),
]

FORBIDDEN = [topic(VICTIM, purpose) for purpose in topics.PURPOSES] + [topic(HOSTILE, purpose) for purpose in DOWNS]
UNHEARD = [topic(VICTIM, purpose) for purpose in topics.PURPOSES] + [topic(HOSTILE, purpose) for purpose in UPS]
WIDE = [
    "#",
    "+/#",
    f"{topics.ROOT}/#",
    f"{topics.ROOT}/{SITE}/+/+",
    topic("+", "release"),
    topic("+", "pack"),
    "$SYS/#",
]


@pytest.fixture(scope="module")
def strict_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerSite]:
    with broker_site(tmp_path_factory.mktemp("tools"), HOSTILE, VICTIM) as site:
        yield site


@pytest.fixture
def life(strict_broker: BrokerSite) -> Iterator[Life]:
    going = life_at(strict_broker)
    yield going
    going.work()  # whatever was tried, the victim works on, on the same connection
    strict_broker.part()


def tool(name: str, site: BrokerSite, *words: str) -> list[str]:
    """A command line of mosquitto's client, with everything that the hostile node has."""
    certificate, key = site.node_files(HOSTILE)
    line = [name, "-h", "127.0.0.1", "-p", str(site.port), "-V", "mqttv311", "-i", secrets.token_urlsafe(16)]
    return [*line, "--cafile", str(site.places.tls / "ca.pem"), "--cert", str(certificate), "--key", str(key), *words]


def published(site: BrokerSite, to: str, payload: str, *words: str) -> None:
    """Comes back when the tool has ended; how it ended is the broker's affair."""
    line = tool("mosquitto_pub", site, "-t", to, "-m", payload, *words)
    subprocess.run(line, capture_output=True, timeout=PATIENCE_S, check=False)


def test_the_tool_is_let_in_and_heard_where_it_may_speak(life: Life) -> None:
    for purpose in UPS:
        word = secrets.token_hex(8)
        published(life.site, topic(HOSTILE, purpose), word, "-q", "1")
        assert word.encode() in [one.payload for one in [life.keeper.next()]]


@pytest.mark.parametrize("words", [("-q", "0"), ("-q", "1"), ("-q", "1", "-r")], ids=["qos 0", "qos 1", "retained"])
def test_it_is_heard_nowhere_else(life: Life, words: tuple[str, ...]) -> None:
    evil = "evil " + secrets.token_hex(8)
    for to in FORBIDDEN:
        published(life.site, to, evil, *words)
    published(life.site, topic(HOSTILE, "live"), "end " + evil, "-q", "1")
    heard = life.keeper.until(f"end {evil}".encode()) + life.end_of(life.victim, VICTIM, "answer")
    heard += came_late(life.site)
    assert [one for one in heard if one.payload == evil.encode()] == []


@pytest.mark.parametrize("filters", [UNHEARD, WIDE], ids=["each topic", "wildcards"])
def test_it_hears_nothing_that_is_not_its_own(life: Life, filters: list[str]) -> None:
    asked = [word for one in filters for word in ("-t", one)]
    line = tool("mosquitto_sub", life.site, "-q", "1", *asked)
    alone = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert alone.stderr == "All subscription requests were denied.\n" and not alone.stdout
    # The same beside a topic of its own, while the victim works: only its own comes. The victim has worked between the
    # first and the last of the three messages for which the tool waits.
    words = ("-q", "1", "-C", "3", "-W", str(round(PATIENCE_S)), "-t", topic(HOSTILE, "answer"), *asked)
    with subprocess.Popen(tool("mosquitto_sub", life.site, *words), stdout=subprocess.PIPE, text=True) as listening:
        while listening.poll() is None:
            life.work()
            life.keeper.publish(topic(HOSTILE, "answer"), b"its own")
        assert listening.stdout is not None
        assert listening.stdout.read().split("\n") == ["its own"] * 3 + [""]


# --- a broker that lets everything through -------------------------------------------------------------------------


def forged(hostile: BareNode, victim: str, purpose: str, message: dict[str, Any]) -> dict[str, bytes]:
    """What a node can make of its own keys for another's topic: under its own name, and under the other's."""
    data, key = messages.encode(purpose, message), hostile.keys[purpose]
    return {name: seal.seal(key, name, purpose, data, secrets.token_bytes(16)) for name in (hostile.node, victim)}


async def everything(site: RunningSite) -> tuple[Any, Any, Any]:
    """What the keeper takes for true of nodes, alarms and journals."""
    nodes = [
        (node["node"], node["state"], node["roles"], node["acknowledged"])
        for node in (await site.keeper.act("standing", {}, **WHO))["nodes"]
        if node["node"] != HOSTILE
    ]
    alarms = (await site.keeper.act("alarms", {}, **WHO))["alarms"]
    reading = Reading(site.places.log_db)
    try:
        journal = reading.ask(lambda db: db.execute("SELECT * FROM journal WHERE node NOT LIKE '/%'").fetchall())
    finally:
        reading.close()
    return nodes, alarms, journal


def test_the_keeper_believes_nothing_that_a_node_says_in_another_s_name(tmp_path: Path) -> None:
    victim = "studio-1"

    async def story(site: RunningSite) -> None:
        conf = broker.files(site.places).configuration
        loose = all_rights(conf.read_text())
        assert loose != conf.read_text()
        conf.write_text(loose)
        await asyncio.to_thread(broker.reload, site.places)
        async with BareNode(site.places.node(HOSTILE)) as hostile, BareNode(site.places.node(victim)) as other:
            other.status()
            async with asyncio.timeout(PATIENCE_S):
                while (before := await everything(site))[0][-1][:2] != (victim, "online"):
                    pass
            said = {"v": 1, "boot": 9, "seq": 1, "at": {"ms": 1, "clock": "set"}}
            status = {"v": 1, "state": "lost", "boot": 9, "firmware": "x", "roles": ["strike"], "virtual": True}
            taken = {"v": 1, "boot": 9, "term": 9, "number": 9, "lockdown": True, "face": False, "pack_version": 9}
            lies = {
                "ask": other.ask(),
                "event": said | {"kind": "forced"},
                "status": status | {"clock": "set", "safe_mode": True},
                "reported": taken,
            }
            refused = 0
            for purpose, message in lies.items():
                for payload in forged(hostile, victim, purpose, message).values():
                    hostile.publish_at(topics.topic(hostile.site, victim, purpose), payload)
                    refused += 1
            async with asyncio.timeout(PATIENCE_S):
                while len(found := await asyncio.to_thread(refusals, site)) < refused:
                    pass
            assert set(found) <= {codes.UNAUTHENTIC, codes.WRONG_KEY}
            assert await everything(site) == before
            # And its own word about another door's decision, sealed as it should be, is about none.
            answer = await other.asked(other.ask())
            await hostile.tells("acted", answer["receipt"]["code"])
            found = await site.keeper.act("look-up", {"receipt": answer["receipt"]["code"]}, purpose="a test", **WHO)
            assert found["outcome"] is None
            nonce = base64url.encode(secrets.token_bytes(16))
            hostile.status(nonce=nonce, roles=["strike"])
            assert (await site.keeper.act("door", {"door": "studio"}, **WHO))["strike"] == victim

    def refusals(site: RunningSite) -> list[str | None]:
        reading = Reading(site.places.log_db)
        try:
            return [row.code for row in reading.since(-1) if row.kind == "refusal"]
        finally:
            reading.close()

    async def told() -> None:
        async with running_site(tmp_path / "site") as site:
            await story(site)

    asyncio.run(told())
