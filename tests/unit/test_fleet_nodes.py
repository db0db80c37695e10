"""The list of nodes: what goes in comes out, nothing else comes in, and a reader never sees half of it."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.fleet.holder import BadId
from ostiary.controller.fleet.nodes import (
    BadBoard,
    BadFleet,
    BadRoles,
    FleetNode,
    drop_node,
    fleet_nodes,
    fleet_path,
    keep_node,
)
from ostiary.controller.store.places import Places

ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)
roles = st.sampled_from([("reader",), ("strike",), ("reader", "strike")])
boards = st.sampled_from([("pi-4", False), ("esp32-devkitc", False), ("virtual", True)])
nodes = st.builds(lambda node, door, roles, board: FleetNode(node, door, roles, *board), ids, ids, roles, boards)
FRONT = FleetNode("front-1", "front", ("reader", "strike"), "virtual", True)


@settings(deadline=None, max_examples=25)  # a slow disk is no mistake
@given(st.lists(nodes, unique_by=lambda node: node.node, max_size=6))
def test_what_goes_in_comes_out_by_name(tmp_path_factory: pytest.TempPathFactory, wanted: list[FleetNode]) -> None:
    places = Places(tmp_path_factory.mktemp("fleet"))
    for node in wanted:
        assert keep_node(places, node)
        assert not keep_node(places, node)
    assert fleet_nodes(places) == tuple(sorted(wanted, key=lambda node: node.node))
    for node in wanted:
        assert drop_node(places, node.node)
        assert not drop_node(places, node.node)
    assert fleet_nodes(places) == ()


def test_a_node_that_moves_is_listed_once(tmp_path: Path) -> None:
    places = Places(tmp_path)
    keep_node(places, FRONT)
    moved = FleetNode("front-1", "studio", ("reader",), "pi-4", False)
    assert keep_node(places, moved)
    assert fleet_nodes(places) == (moved,)


def test_the_list_is_private(tmp_path: Path) -> None:
    keep_node(Places(tmp_path), FRONT)
    assert stat.S_IMODE(fleet_path(Places(tmp_path)).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["fleet.json"]


@pytest.mark.parametrize(
    ("node", "mistake"),
    [
        (FleetNode("front-*", "front", ("reader",), "pi-4", False), BadId),
        (FleetNode("front.1", "front", ("reader",), "pi-4", False), BadId),
        (FleetNode("../front", "front", ("reader",), "pi-4", False), BadId),
        (FleetNode("front-1", "", ("reader",), "pi-4", False), BadId),
        (FleetNode("front-1", "front", (), "pi-4", False), BadRoles),
        (FleetNode("front-1", "front", ("keeper",), "pi-4", False), BadRoles),
        (FleetNode("front-1", "front", ("reader", "reader"), "pi-4", False), BadRoles),
        (FleetNode("front-1", "front", ("reader",), "pi", False), BadBoard),
        (FleetNode("front-1", "front", ("reader",), "pi-4", True), BadBoard),
        (FleetNode("front-1", "front", ("reader",), "virtual", False), BadBoard),
        (FleetNode("front-1", "front", ("strike",), "esp32-s3-eye", False), BadBoard),
        (FleetNode("front-1", "front", ("reader", "strike"), "xiao-esp32s3-sense", False), BadBoard),
    ],
)
def test_a_node_that_could_not_be_told_apart_is_not_kept(
    tmp_path: Path, node: FleetNode, mistake: type[Exception]
) -> None:
    with pytest.raises(mistake):
        keep_node(Places(tmp_path), node)
    assert not fleet_path(Places(tmp_path)).exists()


GOOD = {"node": "front-1", "door": "front", "roles": ["reader"], "profile": "pi-4", "virtual": False}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expecting value"),
        ("[]", "list indices"),
        ("{}", "'v' is missing"),
        (json.dumps({"v": 2, "nodes": []}), "version 2"),
        (json.dumps({"v": 1, "nodes": [{**GOOD, "node": "a/b"}]}), "'a/b'"),
        (json.dumps({"v": 1, "nodes": [GOOD, GOOD]}), "twice"),
        (json.dumps({"v": 1, "nodes": [{"node": "front-1"}]}), "is missing"),
        ("\udcff", "utf-8"),
    ],
)
def test_a_broken_list_is_named_with_its_place_and_left_alone(tmp_path: Path, text: str, says: str) -> None:
    places = Places(tmp_path)
    written = text.encode(errors="surrogateescape")
    fleet_path(places).write_bytes(written)
    with pytest.raises(BadFleet, match=r"fleet\.json") as caught:
        fleet_nodes(places)
    assert says in str(caught.value) and caught.value.now
    with pytest.raises(BadFleet):
        keep_node(places, FRONT)
    assert fleet_path(places).read_bytes() == written
