"""One node has turned: with its whole certificate it attacks another node's messages, and gets nothing.

Every attack is also run once with the rights that it lacks, where it must succeed: an attack that could not work
anyway proves nothing.
"""

import contextlib
import datetime
import json
import re
import secrets
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ostiary.controller.fleet.ca import Authority, Leaf, issue, site_authority
from ostiary.controller.fleet.holder import Holder, broker_holder, keeper_holder, node_holder
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import topics
from tests.system.broker_site import PATIENCE_S, SITE, BrokerSite, Heard, Peer, Refused, broker_site, now_ms, topic

pytestmark = pytest.mark.system

HOSTILE, VICTIM = "front-1", "front-2"
UPS = [purpose for purpose in topics.PURPOSES if topics.DIRECTION[purpose] == "up"]
DOWNS = [purpose for purpose in topics.PURPOSES if topics.DIRECTION[purpose] == "down"]
DAY_MS = 86_400_000


def all_rights(text: str) -> str:
    """The same configuration, but the hostile node may do everything over every protocol."""
    user = re.escape(f'user: "{HOSTILE}.node.{SITE}.ostiary"')
    return re.sub(user + r".*?\}\n    \}\n", f'user: "{HOSTILE}.node.{SITE}.ostiary" }}\n', text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def strict_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerSite]:
    with broker_site(tmp_path_factory.mktemp("strict"), HOSTILE, VICTIM) as site:
        yield site


@pytest.fixture(scope="module")
def loose_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerSite]:
    with broker_site(tmp_path_factory.mktemp("loose"), HOSTILE, VICTIM, change=all_rights) as site:
        yield site


@pytest.fixture
def strict(strict_broker: BrokerSite) -> Iterator[BrokerSite]:
    yield strict_broker
    strict_broker.part()


@pytest.fixture
def loose(loose_broker: BrokerSite) -> Iterator[BrokerSite]:
    yield loose_broker
    loose_broker.part()


@dataclass
class Life:
    """A keeper and a victim that go about their work."""

    site: BrokerSite
    keeper: Peer
    victim: Peer

    def work(self) -> bytes:
        """One message on every topic of the victim, each way, all heard by whom they are for; returns their word."""
        word = secrets.token_hex(8).encode()
        for purpose in UPS:
            self.victim.publish(topic(VICTIM, purpose), word, retain=purpose == "status")
            self.keeper.wait_for(Heard(topic(VICTIM, purpose), word, 1, False))
        for purpose in DOWNS:
            self.keeper.publish(topic(VICTIM, purpose), word, retain=purpose == "desired")
            self.victim.wait_for(Heard(topic(VICTIM, purpose), word, 1, False))
        assert self.keeper.losses == self.victim.losses == 0
        return word

    def end_of(self, listener: Peer, node: str, purpose: str) -> list[Heard]:
        """What a listener has heard before a last message that was sent to it rightfully."""
        last = secrets.token_hex(8).encode()
        sender = self.keeper if topics.DIRECTION[purpose] == "down" else self.site.node(node)
        sender.publish(topic(node, purpose), last)
        return listener.until(last)


def life_at(site: BrokerSite) -> Life:
    keeper, victim = site.keeper(), site.node(VICTIM)
    assert all(keeper.subscribe([topic("+", purpose) for purpose in UPS]))
    assert all(victim.subscribe([topic(VICTIM, purpose) for purpose in DOWNS]))
    # What earlier tests left retained is heard and put aside.
    life = Life(site, keeper, victim)
    life.end_of(keeper, VICTIM, "live")
    life.end_of(victim, VICTIM, "answer")
    return life


@pytest.fixture
def life(strict: BrokerSite) -> Iterator[Life]:
    going = life_at(strict)
    yield going
    going.work()  # whatever was tried, the victim works on, on the same connection


# --- reading --------------------------------------------------------------------------------------------------------

WILDCARDS = [
    "#",
    "+/#",
    "ostiary/#",
    "ostiary/v1/+/+/answer",
    f"ostiary/v1/{SITE}/#",
    f"ostiary/v1/{SITE}/+/answer",
    f"ostiary/v1/{SITE}/{VICTIM}/#",
]
# Spelled for the broker's own language of subjects, in which * and > are wildcards and levels end with a dot.
FOREIGN = [f"ostiary/v1/{SITE}/*/answer", "ostiary/>", f"ostiary.v1.{SITE}.{VICTIM}.answer", ">"]
INTERNALS = [
    "$MQTT/#",
    "$MQTT/sub/#",
    "$MQTT/msgs/#",
    "$MQTT/rmsgs/#",
    "$MQTT/sess/#",
    "$MQTT/JSA/#",
    "$MQTT/deliver/#",
    "$JS/#",
    "$JS/API/#",
    "$SYS/#",
    "$G/#",
    "_INBOX/#",
]


def overheard(life: Life, filters: str, qos: int) -> tuple[bool, list[Heard]]:
    """Subscribe to this as the hostile node while the victim works: was it granted, and what of the victim's came?"""
    hostile = life.site.node(HOSTILE)
    assert hostile.subscribe(topic(HOSTILE, "answer")) == [True]
    granted = hostile.subscribe(filters, qos)[0]
    word = life.work()
    if hostile.losses:
        return granted, []
    heard = life.end_of(hostile, HOSTILE, "answer")
    hostile.leave()
    return granted, [one for one in heard if word in one.payload]


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("filters", [*(topic(VICTIM, purpose) for purpose in topics.PURPOSES), *WILDCARDS])
def test_it_cannot_listen_to_another_node(life: Life, filters: str, qos: int) -> None:
    assert overheard(life, filters, qos) == (False, [])


@pytest.mark.parametrize("filters", FOREIGN + INTERNALS)
def test_it_cannot_listen_to_what_the_broker_keeps_for_itself(life: Life, filters: str) -> None:
    granted, heard = overheard(life, filters, 1)
    assert not heard
    assert not granted or filters in FOREIGN  # such a word may pass for a topic of its own, where nobody speaks


@pytest.mark.parametrize("filters", [topic(VICTIM, "answer"), topic(VICTIM, "ask"), *WILDCARDS])
def test_with_the_right_to_listen_it_would_have_heard(loose: BrokerSite, filters: str) -> None:
    granted, heard = overheard(life_at(loose), filters, 1)
    assert granted and heard


# --- writing --------------------------------------------------------------------------------------------------------

FORGED = [topic(VICTIM, purpose) for purpose in topics.PURPOSES] + [topic(HOSTILE, purpose) for purpose in DOWNS]


def forged(life: Life, to: str, qos: int, *, retain: bool) -> list[Heard]:
    """Publish there as the hostile node; returns what of it anybody hears, now or when subscribing later."""
    evil = b"evil " + secrets.token_hex(8).encode()
    hostile = life.site.node(HOSTILE)
    hostile.subscribe([topic(HOSTILE, purpose) for purpose in DOWNS])
    hostile.publish(to, evil, qos, retain=retain)
    hostile.publish(topic(HOSTILE, "live"), b"end " + evil)  # the broker reads one client's packets in their order
    found = life.keeper.until(b"end " + evil)
    found += life.end_of(life.victim, VICTIM, "answer")
    if not hostile.losses:
        found += life.end_of(hostile, HOSTILE, "answer")
    hostile.leave()
    late = came_late(life.site)
    found += late
    return [one for one in found if one.payload == evil]


def came_late(site: BrokerSite) -> list[Heard]:
    """What a keeper and both nodes hear at once when they come now: the retained messages."""
    keeper, nodes = site.keeper(), {node: site.node(node) for node in (HOSTILE, VICTIM)}
    life = Life(site, keeper, nodes[VICTIM])
    keeper.subscribe([topic("+", purpose) for purpose in UPS])
    found = life.end_of(keeper, VICTIM, "live")
    for node, peer in nodes.items():
        peer.subscribe([topic(node, purpose) for purpose in DOWNS])
        found += life.end_of(peer, node, "answer")
    return found


@pytest.mark.parametrize("retain", [False, True], ids=["passing", "retained"])
@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("to", FORGED)
def test_it_cannot_speak_as_another_node_or_as_the_keeper(life: Life, to: str, qos: int, retain: bool) -> None:
    assert forged(life, to, qos, retain=retain) == []


@pytest.mark.parametrize("to", [topic(VICTIM, "ask"), topic(VICTIM, "answer"), topic(HOSTILE, "answer")])
@pytest.mark.parametrize("retain", [False, True], ids=["passing", "retained"])
def test_with_the_right_to_speak_it_would_have_been_heard(loose: BrokerSite, to: str, retain: bool) -> None:
    assert forged(life_at(loose), to, 1, retain=retain)


@pytest.mark.parametrize(
    "to", ["$MQTT/msgs/x", f"$MQTT/rmsgs/ostiary/v1/{SITE}/{VICTIM}/status", "$JS/API/STREAM/DELETE/$MQTT_msgs"]
)
def test_it_cannot_speak_to_the_broker_s_own_stores(life: Life, to: str) -> None:
    assert forged(life, to, 1, retain=False) == []
    life.site.wait_for_log(f'Publish Violation - Subject "{to.replace("/", ".")}"')


def test_no_retained_message_of_the_victim_can_be_wiped(life: Life) -> None:
    word = life.work()
    hostile = life.site.node(HOSTILE)
    hostile.publish(topic(VICTIM, "status"), b"", retain=True)
    hostile.publish(topic(VICTIM, "desired"), b"", retain=True)
    late = came_late(life.site)
    assert {one.topic for one in late if one.payload == word} == {topic(VICTIM, "status"), topic(VICTIM, "desired")}


def test_with_the_right_to_speak_it_would_have_wiped_it(loose: BrokerSite) -> None:
    life = life_at(loose)
    word = life.work()
    loose.node(HOSTILE).publish(topic(VICTIM, "status"), b"", retain=True)
    late = came_late(loose)
    assert topic(VICTIM, "status") not in {one.topic for one in late if one.payload == word}


@pytest.mark.parametrize("to", [topic(VICTIM, "status"), topic(VICTIM, "answer"), topic(HOSTILE, "answer")])
def test_its_last_will_reaches_nobody_else(life: Life, to: str) -> None:
    evil = secrets.token_hex(8).encode()
    name = secrets.token_hex(8)
    with contextlib.suppress(Refused):  # a broker may refuse it at once
        life.site.node(HOSTILE, client_id=name, will=(to, evil)).cut()
        life.site.wait_for_log(f'"{name}" - Publish Violation - Subject "{to.replace("/", ".")}"')
    heard = life.end_of(life.keeper, VICTIM, "live") + life.end_of(life.victim, VICTIM, "answer")
    late = came_late(life.site)
    assert evil not in {one.payload for one in heard + late}


def test_its_last_will_on_its_own_status_is_heard(life: Life) -> None:
    life.site.node(HOSTILE, will=(topic(HOSTILE, "status"), b"lost")).cut()
    assert (heard := life.keeper.next()).payload == b"lost" and heard.topic == topic(HOSTILE, "status")


# --- the broker's own protocol --------------------------------------------------------------------------------------


class Native:
    """A raw client of the broker's own protocol, with a certificate. Raises `Refused` when it is not let in."""

    def __init__(self, site: BrokerSite, files: tuple[Path, Path] | None, connect: dict[str, object]) -> None:
        context = ssl.create_default_context(cafile=str(site.places.tls / "ca.pem"))
        if files:
            context.load_cert_chain(*files)
        plain = socket.create_connection(("127.0.0.1", site.native_port()), PATIENCE_S)
        while plain.recv(1) != b"\n":  # the INFO line comes before TLS
            pass
        try:
            self._line = context.wrap_socket(plain, server_hostname="127.0.0.1")
            self._reader = self._line.makefile("rb")
            self.send(b"CONNECT " + json.dumps({"verbose": False, "headers": True, **connect}).encode())
            self.send(b"PING")
            answer = self._reader.readline()
        except OSError as error:
            raise Refused(str(error)) from error
        if not answer.startswith(b"PONG"):
            self._line.close()
            raise Refused(answer.decode() or "closed")

    def send(self, line: bytes) -> None:
        self._line.sendall(line + b"\r\n")

    def before(self, last: bytes) -> bytes:
        """Everything that came before the line `last`."""
        said = b""
        while not said.endswith(last + b"\r\n"):
            line = self._reader.readline()
            assert line, said
            said += line
        return said

    def close(self) -> None:
        self._reader.close()
        self._line.close()


@pytest.mark.parametrize("whose", [HOSTILE, VICTIM, "keeper", "nobody"])
@pytest.mark.parametrize(
    "connect", [{}, {"user": f"keeper.{SITE}.ostiary", "pass": "x"}, {"user": "sys"}], ids=["plain", "keeper", "sys"]
)
def test_no_certificate_opens_the_broker_s_own_protocol(life: Life, whose: str, connect: dict[str, object]) -> None:
    files = {
        HOSTILE: life.site.node_files(HOSTILE),
        VICTIM: life.site.node_files(VICTIM),
        "keeper": (life.site.places.tls / "keeper.pem", life.site.places.tls / "keeper.key"),
        "nobody": None,
    }
    with pytest.raises(Refused, match=r"(?i)authorization violation|certificate|closed|reset|broken pipe|EOF"):
        Native(life.site, files[whose], connect)


@pytest.mark.parametrize("subject", ["ostiary.>", "$MQTT.sub.>", ">"])
def test_with_the_right_to_that_protocol_it_would_have_read_along(loose: BrokerSite, subject: str) -> None:
    life = life_at(loose)
    native = Native(loose, loose.node_files(HOSTILE), {})
    native.send(b"SUB " + subject.encode() + b" 1")
    native.send(b"PING")
    native.before(b"PONG")
    word = life.work()
    native.send(b"SUB end 2")
    native.send(b"PUB end 3\r\nend")
    assert word in native.before(b"end")
    native.close()


def test_with_the_right_to_that_protocol_it_would_have_answered_the_victim(loose: BrokerSite) -> None:
    life = life_at(loose)
    native = Native(loose, loose.node_files(HOSTILE), {})
    native.send(b"PUB " + topic(VICTIM, "answer").replace("/", ".").encode() + b" 4\r\nevil")
    assert life.victim.next().payload == b"evil"
    native.close()


# --- being somebody else --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", [f"keeper.{SITE}.ostiary", f"{VICTIM}.node.{SITE}.ostiary", "keeper", ""])
def test_a_user_s_name_changes_nobody_s_rights(life: Life, user: str) -> None:
    try:
        hostile = life.site.node(HOSTILE, user=user)
    except Refused:
        return
    assert hostile.subscribe([topic(VICTIM, "answer"), topic(VICTIM, "ask")]) == [False, False]
    hostile.publish(topic(VICTIM, "answer"), b"evil")
    assert life.end_of(life.victim, VICTIM, "answer") == []


def guesses(site: BrokerSite) -> list[str]:
    known = [VICTIM, "front", "2", "node", SITE, f"{VICTIM}.node.{SITE}.ostiary", f"{SITE}/{VICTIM}", "paho", "client"]
    certificate = x509.load_pem_x509_certificate(site.node_files(VICTIM)[0].read_bytes())
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return [*known, str(certificate.serial_number), f"{certificate.serial_number:x}", public.hex()[:64]]


def test_no_guess_at_the_client_id_disturbs_the_victim(strict: BrokerSite) -> None:
    client_id = json.loads((strict.places.node(VICTIM) / "node.json").read_text())["client_id"]
    victim, keeper = strict.node(VICTIM, client_id=client_id), strict.keeper()
    victim.subscribe(topic(VICTIM, "answer"))
    for guess in guesses(strict):
        assert guess != client_id
        with contextlib.suppress(Refused):  # a dot or a slash is in no client id
            strict.node(HOSTILE, client_id=guess).leave()
    keeper.publish(topic(VICTIM, "answer"), b"still here")
    assert victim.next().payload == b"still here"
    assert victim.losses == 0


def test_a_known_client_id_throws_its_owner_off_but_reads_nothing(strict: BrokerSite) -> None:
    """What the broker cannot prevent, and what is left of it: the owner comes back under another client id."""
    known = secrets.token_urlsafe(20)
    victim, keeper = strict.node(VICTIM, client_id=known, clean=False), strict.keeper()
    victim.subscribe(topic(VICTIM, "answer"))
    hostile = strict.node(HOSTILE, client_id=known, clean=False)
    victim.wait_lost()
    assert hostile.subscribe([topic(HOSTILE, "answer"), topic(VICTIM, "answer")]) == [True, False]
    back = strict.node(VICTIM)
    back.subscribe(topic(VICTIM, "answer"))
    keeper.publish(topic(VICTIM, "answer"), b"for the victim")
    keeper.publish(topic(HOSTILE, "answer"), b"end")
    assert hostile.until(b"end") == []
    assert back.next().payload == b"for the victim"
    assert back.losses == 0


def test_messages_that_wait_for_a_known_client_id_are_not_handed_to_another_certificate(strict: BrokerSite) -> None:
    known = secrets.token_urlsafe(20)
    victim, keeper = strict.node(VICTIM, client_id=known, clean=False), strict.keeper()
    victim.subscribe(topic(VICTIM, "answer"))
    victim.leave()
    keeper.publish(topic(VICTIM, "answer"), b"waiting")
    with contextlib.suppress(Refused):
        hostile = strict.node(HOSTILE, client_id=known, clean=False)
        hostile.subscribe(topic(HOSTILE, "answer"))
        keeper.publish(topic(HOSTILE, "answer"), b"end")
        assert hostile.until(b"end") == []


def test_messages_that_wait_are_handed_to_the_owner(strict: BrokerSite) -> None:
    known = secrets.token_urlsafe(20)
    victim, keeper = strict.node(VICTIM, client_id=known, clean=False), strict.keeper()
    victim.subscribe(topic(VICTIM, "answer"))
    victim.leave()
    keeper.publish(topic(VICTIM, "answer"), b"waiting")
    assert strict.node(VICTIM, client_id=known, clean=False).next().payload == b"waiting"


# --- certificates ---------------------------------------------------------------------------------------------------


@pytest.fixture
def foreign(tmp_path: Path) -> Authority:
    """An authority of another site of the same name."""
    store = KeyStore(tmp_path / "foreign.db", bytes(32))
    try:
        return site_authority(tmp_path / "foreign.pem", store, SITE, now_ms())
    finally:
        store.close()


def own(site: BrokerSite) -> Authority:
    return site_authority(site.places.tls / "ca.pem", site.vault, SITE, now_ms())


def refused(site: BrokerSite, leaf: Leaf | None) -> None:
    with pytest.raises(Refused):
        site.peer(site.leaf_files(leaf) if leaf else None)


def test_a_certificate_of_ours_opens_and_the_others_below_differ_in_one_thing(life: Life) -> None:
    leaf = issue(own(life.site), node_holder(SITE, VICTIM, virtual=True), now_ms())
    assert life.site.peer(life.site.leaf_files(leaf)).subscribe(topic(VICTIM, "answer")) == [True]


def test_without_a_certificate_nobody_comes_in(life: Life) -> None:
    refused(life.site, None)


@pytest.mark.parametrize(
    "holder", [node_holder(SITE, VICTIM, virtual=True), keeper_holder(SITE)], ids=["node", "keeper"]
)
def test_a_certificate_of_a_foreign_authority_opens_nothing(life: Life, foreign: Authority, holder: Holder) -> None:
    refused(life.site, issue(foreign, holder, now_ms()))


@pytest.mark.parametrize("shift_ms", [-400 * DAY_MS, 2 * DAY_MS], ids=["expired", "not yet good"])
def test_a_certificate_out_of_its_time_opens_nothing(life: Life, shift_ms: int) -> None:
    refused(life.site, issue(own(life.site), node_holder(SITE, VICTIM, virtual=True), now_ms() + shift_ms))


def test_the_broker_s_own_certificate_opens_nothing(life: Life) -> None:
    refused(life.site, issue(own(life.site), broker_holder(SITE, (f"{VICTIM}.node.{SITE}.ostiary",)), now_ms()))


@pytest.mark.parametrize(
    "names", [(f"studio-9.node.{SITE}.ostiary",), (VICTIM,), ("keeper",), (f"*.node.{SITE}.ostiary",), ("localhost",)]
)
def test_a_certificate_that_names_nobody_of_the_fleet_opens_nothing(life: Life, names: tuple[str, ...]) -> None:
    refused(life.site, issue(own(life.site), Holder("node", VICTIM, names), now_ms()))


def test_a_node_cannot_sign_for_another(life: Life) -> None:
    """Its key is good for its own connection; as an authority it signs for the victim, and nobody believes it."""
    certificate, key = (path.read_bytes() for path in life.site.node_files(HOSTILE))
    parent = x509.load_pem_x509_certificate(certificate)
    signer = serialization.load_pem_private_key(key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    forged_key = ec.generate_private_key(ec.SECP256R1())
    at = datetime.datetime.now(datetime.UTC)
    child = (
        x509.CertificateBuilder()
        .subject_name(parent.subject)
        .issuer_name(parent.subject)
        .public_key(forged_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - datetime.timedelta(minutes=5))
        .not_valid_after(at + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(keeper_holder(SITE).names[0])]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem, key_format = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    chain = child.public_bytes(pem) + certificate
    refused(life.site, Leaf(chain, forged_key.private_bytes(pem, key_format, serialization.NoEncryption())))
