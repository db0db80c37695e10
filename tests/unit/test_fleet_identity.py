"""A node's identity: whole or absent, private, its own; made again it changes only what must change."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller.fleet.ca import Leaf, site_authority, still_good
from ostiary.controller.fleet.holder import BadId, node_holder
from ostiary.controller.fleet.identity import make_node
from ostiary.controller.fleet.nodes import FleetNode, fleet_nodes
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.places import Places
from ostiary.protocol import base64url

AT_MS = 1_790_000_000_000
DAY_MS = 86_400_000
FRONT = FleetNode("front-1", "front", ("reader", "strike"), "virtual", True)
STUDIO = FleetNode("studio-1", "studio", ("reader",), "pi-4", False)
FILES = {"node.json", "ca.pem", "node.pem", "node.key", "secret"}


class Site:
    def __init__(self, data: Path) -> None:
        self.places = Places(data)
        for directory in (data, self.places.tls):
            directory.mkdir(exist_ok=True)
        self.keys = KeyStore(self.places.keys_db, bytes(32))

    def make(self, node: FleetNode = FRONT, *, at_ms: int = AT_MS, port: int = 8883) -> Path:
        return make_node(self.places, self.keys, "northside", node, host="127.0.0.1", port=port, at_ms=at_ms)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "data")
    yield made
    made.keys.close()


def held(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_a_node_gets_what_it_needs_and_nobody_else_may_read_it(site: Site) -> None:
    directory = site.make()
    assert set(held(directory)) == FILES
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {0o600}
    card = json.loads((directory / "node.json").read_text())
    assert len(card.pop("client_id")) >= 27, "160 bits"
    assert card == {
        "v": 1,
        "site": "northside",
        "door": "front",
        "node": "front-1",
        "roles": ["reader", "strike"],
        "profile": "virtual",
        "broker": {"host": "127.0.0.1", "port": 8883},
        "virtual": True,
    }


def test_keeper_and_node_hold_the_same_secret(site: Site) -> None:
    secret = base64url.decode((site.make() / "secret").read_text())
    assert len(secret) == 32
    assert site.keys.get("node/front-1") == secret


def test_two_nodes_share_nothing_secret(site: Site) -> None:
    front, studio = held(site.make(FRONT)), held(site.make(STUDIO))
    assert {name for name in FILES if front[name] == studio[name]} == {"ca.pem"}
    ids = [json.loads(files["node.json"])["client_id"] for files in (front, studio)]
    assert ids[0] != ids[1]
    assert not any(word in client_id for client_id in ids for word in ("front", "studio", "northside"))
    assert [node.node for node in fleet_nodes(site.places)] == ["front-1", "studio-1"]


def test_made_again_it_is_the_same_and_the_node_s_own_files_stay(site: Site) -> None:
    directory = site.make()
    (directory / "boot").write_text("7")
    first = held(directory)
    assert held(site.make(at_ms=AT_MS + 300 * DAY_MS)) == first


@pytest.mark.parametrize("lost", sorted(FILES))
def test_whatever_is_lost_comes_back_and_the_secret_never_changes(site: Site, lost: str) -> None:
    directory = site.make()
    first = held(directory)
    (directory / lost).unlink()
    site.make()
    again = held(directory)
    assert set(again) == FILES
    assert again["secret"] == first["secret"]
    assert again["ca.pem"] == first["ca.pem"]
    assert good(site, directory, AT_MS)


def test_a_certificate_that_is_about_to_run_out_is_renewed_alone(site: Site) -> None:
    first = held(site.make())
    directory = site.make(at_ms=AT_MS + 340 * DAY_MS)
    changed = {name for name, data in held(directory).items() if data != first[name]}
    assert changed == {"node.pem", "node.key"}
    assert good(site, directory, AT_MS + 340 * DAY_MS)


def test_a_new_port_or_door_is_told_and_the_client_id_stays(site: Site) -> None:
    first = json.loads((site.make() / "node.json").read_text())
    second = json.loads((site.make(port=9999) / "node.json").read_text())
    assert second["broker"]["port"] == 9999
    assert second["client_id"] == first["client_id"]


@pytest.mark.parametrize("text", ["", "[]", '{"client_id": 7}', '{"client_id": "front-1"}', "\x00"])
def test_a_client_id_that_could_be_guessed_is_not_kept(site: Site, text: str) -> None:
    directory = site.make()
    (directory / "node.json").write_text(text)
    site.make()
    assert len(json.loads((directory / "node.json").read_text())["client_id"]) >= 27


def test_a_file_that_others_may_read_becomes_private_again(site: Site) -> None:
    directory = site.make()
    (directory / "secret").chmod(0o644)
    site.make()
    assert stat.S_IMODE((directory / "secret").stat().st_mode) == 0o600


def test_a_name_that_leaves_the_directory_makes_nothing(site: Site) -> None:
    with pytest.raises(BadId):
        site.make(FleetNode("../../etc", "front", ("reader",), "pi-4", False))
    assert not site.places.nodes.exists()
    assert fleet_nodes(site.places) == ()


def test_a_directory_that_cannot_appear_leaves_nothing_half_made(site: Site) -> None:
    site.places.nodes.mkdir()
    site.places.node("front-1").write_text("a file where the directory belongs")
    with pytest.raises(OSError):
        site.make()
    assert [file.name for file in site.places.nodes.iterdir()] == ["front-1"]
    assert fleet_nodes(site.places) == ()


def good(site: Site, directory: Path, at_ms: int) -> bool:
    authority = site_authority(site.places.tls / "ca.pem", site.keys, "northside", at_ms)
    leaf = Leaf((directory / "node.pem").read_bytes(), (directory / "node.key").read_bytes())
    return still_good(authority, node_holder("northside", "front-1", virtual=True), leaf, at_ms)
