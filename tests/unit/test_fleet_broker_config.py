"""The broker's configuration: every right that it gives, and that no name can add one."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.fleet.broker_config import BrokerFiles, address_in, configuration
from ostiary.controller.fleet.holder import BadId
from ostiary.controller.fleet.nodes import FleetNode
from ostiary.protocol import topics

FILES = BrokerFiles(Path("/d/broker"), Path("/d/ca.pem"), Path("/d/broker.pem"), Path("/d/broker.key"))
ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)


def made(*nodes: str, site: str = "northside", host: str = "127.0.0.1", port: int = 8883) -> str:
    fleet = [FleetNode(node, "front", ("reader",), "virtual", True) for node in nodes]
    return configuration(FILES, site, fleet, host=host, port=port)


def rights(text: str) -> dict[str, tuple[list[str], list[str]]]:
    """user → (publish, subscribe), read from the text."""
    user = r'user: "([^"]+)".*?publish: \{ allow: (\[.*?\]) \}\s+subscribe: \{ allow: (\[.*?\]) \}'
    return {name: (json.loads(up), json.loads(down)) for name, up, down in re.findall(user, text, re.DOTALL)}


@settings(deadline=None)
@given(site=ids, nodes=st.lists(ids, unique=True, max_size=5))
def test_a_node_may_speak_up_and_hear_down_under_its_own_name_only(site: str, nodes: list[str]) -> None:
    found = rights(made(*nodes, site=site))
    assert set(found) == {f"keeper.{site}.ostiary", *(f"{node}.node.{site}.ostiary" for node in nodes)}
    for node in nodes:
        publish, subscribe = found[f"{node}.node.{site}.ostiary"]
        for direction, subjects in (("up", publish), ("down", subscribe)):
            assert {topics.parse(subject.replace(".", "/")) for subject in subjects} == {
                (site, node, purpose) for purpose, way in topics.DIRECTION.items() if way == direction
            }


def test_the_keeper_speaks_down_and_hears_up_for_every_node_of_its_site() -> None:
    publish, subscribe = rights(made("front-1"))["keeper.northside.ostiary"]
    assert sorted(publish) == sorted(
        f"ostiary.v1.northside.*.{purpose}" for purpose, way in topics.DIRECTION.items() if way == "down"
    )
    assert sorted(subscribe) == sorted(
        f"ostiary.v1.northside.*.{purpose}" for purpose, way in topics.DIRECTION.items() if way == "up"
    )


def test_every_user_is_bound_to_mqtt_and_every_listener_asks_for_a_certificate() -> None:
    settings = "\n".join(line for line in made("a", "b").splitlines() if not line.lstrip().startswith("#"))
    assert settings.count("user: ") == settings.count('allowed_connection_types: ["MQTT"]') == 3
    assert settings.count("listen: ") == settings.count("verify_and_map: true") == 2
    assert not re.search(r"no_auth_user|http|websocket|leafnodes|gateway|cluster|system_account|password|\$", settings)


@pytest.mark.parametrize("name", ["front-1.x", "*", ">", "a b", 'a"', "a\nb", "", "x" * 41, "Front"])
def test_a_name_that_would_widen_a_right_is_refused(name: str) -> None:
    with pytest.raises(BadId):
        made(name)
    with pytest.raises(BadId):
        made(site=name)


@settings(deadline=None)
@given(host=st.sampled_from(["127.0.0.1", "192.0.2.7", "::1", "doors.example"]), port=st.integers(1, 65535))
def test_the_address_can_be_read_back(host: str, port: int) -> None:
    assert address_in(made(host=host, port=port)) == (host, port)


def test_a_text_without_an_address_says_so() -> None:
    with pytest.raises(ValueError, match="no address"):
        address_in("")
