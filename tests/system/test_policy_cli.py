"""`ostiary policy`: lint, publish and show, at a running site and on hostile files."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller import samples
from ostiary.controller.acts.client import Keeper
from ostiary.controller.opening import opened
from ostiary.controller.site import Site
from ostiary.controller.store.places import Places
from tests.system.operators import add_operators_at
from tests.system.running_site import free_port

pytestmark = pytest.mark.system
OSTIARY = (sys.executable, "-m", "ostiary.controller.cli", "policy")
WORKSHOP = samples.policy_text("workshop")


def ostiary(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*OSTIARY, *(str(part) for part in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_lint_tells_everything_and_ends_with_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(WORKSHOP)
    bad.write_text(WORKSHOP.replace("expires: 180d", "expires: never").replace("at_least: 600", "at_least: 350"))
    done = ostiary("lint", good)
    assert (done.returncode, done.stderr) == (0, "")
    done = ostiary("lint", bad)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith(" ")] == ["bad.yaml"] * 2
    assert done.stdout.count("    Why: ") == done.stdout.count("    Now: ") == 2
    told = json.loads(ostiary("lint", "--json", bad).stdout)
    assert [found["code"] for found in told["refused"]] == ["eternal-penalty", "idle-clause"]
    assert told["sha256"] is None
    assert all(found["why"] and found["cure"] and found["line"] > 0 for found in told["refused"])


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\xff", b"a: &a [*a]", b"policy: \xff", b"- " * 30_000, b"x" * 100_000, "policy: ü".encode("utf-16")],
)
def test_a_hostile_file_is_told_in_words(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "page.yaml"
    file.write_bytes(data)
    done = ostiary("lint", file)
    assert done.returncode == 1
    assert done.stdout.startswith("page.yaml:")


def test_a_file_that_is_not_there_and_one_without_an_end(tmp_path: Path) -> None:
    assert "cannot be read" in ostiary("lint", tmp_path / "nowhere.yaml").stderr
    assert ostiary("lint", tmp_path).returncode == 2
    assert ostiary("lint", "/dev/zero").returncode == 1


def test_the_schema_is_printed_whole() -> None:
    assert json.loads(ostiary("schema").stdout)["title"] == "Ostiary policy"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A site whose keeper runs, under the sample policy."""
    data = tmp_path_factory.mktemp("policy") / "site"
    loop = asyncio.new_event_loop()
    nothing = lambda _: None  # noqa: E731
    site = Site("northside", free_port(), free_port())
    opening = opened(data, site, ("front",), web=False, step=nothing, say=nothing)
    add_operators_at(loop.run_until_complete(opening.__aenter__()).places)
    try:
        yield data
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()


def test_what_is_published_is_shown_with_who_signed_it(data: Path, tmp_path: Path) -> None:
    before = json.loads(ostiary("show", "--data", data, "--json").stdout)
    assert before["version"] >= 1
    assert before["signature"]["holds"]
    file = tmp_path / "laboratory.yaml"
    file.write_text(samples.policy_text("laboratory"))
    done = json.loads(ostiary("publish", file, "--data", data, "--json").stdout)
    assert done["version"] == before["version"] + 1
    shown = ostiary("show", "--data", data)
    assert shown.returncode == 0
    assert shown.stdout == file.read_text()
    assert f"version {done['version']}" in shown.stderr
    assert "Signed: published by " in shown.stderr
    assert ostiary("show", "--data", data, "--key", before["key"]).returncode == 0


def test_another_key_does_not_vouch_for_it(data: Path) -> None:
    other = "ostiary/northside/policy+00000000+AQ=="
    done = ostiary("show", "--data", data, "--key", other)
    assert done.returncode == 1
    assert "Not signed as it should be" in done.stderr


def test_publishing_refuses_what_the_linter_refuses_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(WORKSHOP.replace("at_least: 600", "at_least: 350").replace("gallery: 30", "gallery: 3000"))
    before = ostiary("show", "--data", data).stderr
    done = ostiary("publish", file, "--data", data)
    assert done.returncode == 1
    assert "bad.yaml:" in done.stderr
    assert re.search(r"expected .*at most \d+", done.stderr)
    assert "which holds always" in done.stderr
    assert ostiary("show", "--data", data).stderr == before


def test_two_at_once_are_two_versions(data: Path) -> None:
    keeper = Keeper(Places(data).keeper_socket)

    async def both() -> set[int]:
        acts = [
            keeper.act("publish", {"text": text, "name": "p.yaml"}, operator="test")
            for text in (WORKSHOP, samples.policy_text("small-office"))
        ]
        return {done["version"] for done in await asyncio.gather(*acts)}

    assert len(asyncio.run(both())) == 2


def test_without_a_keeper_there_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "page.yaml"
    file.write_text(WORKSHOP)
    for arguments in (("show",), ("publish", file)):
        done = ostiary(*arguments, "--data", tmp_path / "nothing")
        assert done.returncode == 1
        assert "ostiary run" in done.stderr
