"""Commands at doors and nodes, typed wrongly or at a bad moment: three parts, status 1, and nothing was ordered."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ostiary.controller.cli.main import app
from ostiary.controller.fleet.nodes import fleet_nodes
from ostiary.controller.founding import found
from ostiary.controller.running import only_one
from ostiary.controller.site import Site
from ostiary.controller.store.places import Places
from tests.system.obedient_node import obedient_nodes
from tests.system.running_site import running_site

pytestmark = pytest.mark.system


def typed(data: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words, "--data", str(data)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, " ".join(done.output.split())


AWAY = [
    (("door", "show", "front"), "The keeper does not answer."),
    (("door", "release", "front", "--purpose", "a test"), "The keeper does not answer."),
    (("lockdown", "--purpose", "a test"), "The keeper does not answer."),
    (("alarms",), "The keeper does not answer."),
    (("node", "locate", "front-1"), "The keeper does not answer."),
]


@pytest.mark.parametrize(("words", "says"), AWAY)
def test_without_a_keeper_every_command_says_what_to_do(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    status, said = typed(tmp_path, *words)
    assert status == 1 and said.startswith(says) and said.endswith("ostiary run")


def test_mistakes_at_a_running_site(tmp_path: Path) -> None:
    wrong = [
        (("door", "show", "back"), "There is no door 'back'; there are: front, laser-room, studio"),
        (("door", "release", "front", "--purpose", "a test"), "its node front-1 is unknown"),
        (("door", "release", "front", "--purpose", "abc"), "It needs a purpose (4 to 200 letters)"),
        (("door", "face-on", "front", "--purpose", "a test"), "it is off at no door"),
        (("resume", "--purpose", "a test"), "is not locked down"),
        (("node", "locate", "front-7"), "There is no node 'front-7'; there are: front-1, laser-room-1, studio-1"),
        (("node", "reboot", "front-1", "--purpose", "a test"), "Nothing was rebooted."),
        (("alarms", "acknowledge", "7"), "No alarm 7 waits for it"),
    ]

    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            for words, why in wrong:
                status, said = await asyncio.to_thread(typed, site.places.data, *words)
                assert status == 1 and why in said, (words, said)
            locked = ("lockdown", "--door", "front", "--purpose", "a test", "--wait", "0", "--json")
            _, said = await asyncio.to_thread(typed, site.places.data, *locked)
            assert json.loads(said)["unacknowledged"] == ["front-1"]
            async with obedient_nodes(site):
                _, said = await asyncio.to_thread(
                    typed, site.places.data, "resume", "--door", "front", "--purpose", "a test", "--wait", "60"
                )
                assert said.endswith("Acknowledged by 1 of 1 nodes.")
                _, said = await asyncio.to_thread(typed, site.places.data, "door", "show", "front", "--json")
                assert json.loads(said)["nodes"][0]["acknowledged"]

    asyncio.run(story())


def test_a_door_of_two_nodes_is_made_from_the_command_line(tmp_path: Path) -> None:
    add = ("node", "add")
    assert "it has no site.toml" in typed(tmp_path, *add, "x-1", "--door", "x", "--role", "reader")[1]
    places = Places(tmp_path)
    found(places, Site("northside", 8883, 8080), ("front",))
    status, said = typed(tmp_path, *add, "studio-outside", "--door", "studio", "--role", "reader")
    assert status == 0 and "No grant can open studio yet. Its only nodes are readers (studio-outside)" in said
    status, said = typed(tmp_path, *add, "studio-inside", "--door", "studio", "--role", "strike")
    assert status == 0 and "No grant" not in said
    assert [node.node for node in fleet_nodes(places)] == ["front-1", "studio-inside", "studio-outside"]
    status, said = typed(tmp_path, *add, "x-1", "--door", "x", "--role", "lock")
    assert status == 1 and "Give it one or two of: reader, strike." in said
    status, said = typed(tmp_path, *add, "X 1", "--door", "x", "--role", "reader")
    assert status == 1 and "Choose 1 to 40" in said
    with only_one(tmp_path):
        status, said = typed(tmp_path, *add, "x-1", "--door", "x", "--role", "reader")
        assert status == 1 and "is open already" in said
    assert len(fleet_nodes(places)) == 3
