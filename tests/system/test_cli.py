"""The command line as a newcomer meets it: help that teaches, and one sentence with a cure where something is wrong."""

import asyncio
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller import __version__, samples
from ostiary.controller.acts.client import Keeper
from ostiary.controller.cli.demo_cases import enrol_member
from ostiary.controller.store.places import Places
from tests.system.operators import add_operators_at
from tests.system.running_site import free_port

pytestmark = pytest.mark.system
HOUSE = Path(__file__).resolve().parents[2]
OSTIARY = (sys.executable, "-m", "ostiary.controller.cli")


def ostiary(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*OSTIARY, *(str(part) for part in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode != 0
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stdout + done.stderr).split())
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


class OpenSite:
    """`ostiary run` as a person starts it."""

    def __init__(self, data: Path) -> None:
        self.data, self.port, self.broker_port = data, free_port(), free_port()
        command = [*OSTIARY, "run", "--data", data, "--port", self.port, "--broker-port", self.broker_port]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.said = []
        for line in self.process.stdout:
            self.said.append(line.strip())
            if line.startswith("Ostiary is open"):
                break
        add_operators_at(Places(data))

    def close(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSite]:
    opened = OpenSite(tmp_path_factory.mktemp("cli") / "site")
    yield opened
    assert opened.close() == 0


def test_version_and_help_teach() -> None:
    assert ostiary("--version").stdout.strip() == f"ostiary {__version__}"
    for command in ("run", "demo", "ask", "node pi", "bench policy", "bench all"):
        shown = ostiary(*command.split(), "--help").stdout
        assert f"ostiary {command}" in shown, f"no example in the help of {command}"


def test_a_benchmark_of_too_few_rounds_is_refused_in_words() -> None:
    refused(ostiary("bench", "policy", "--rounds", "2"), "--rounds")


def test_run_prints_a_link_for_the_first_operator_and_the_address(site: OpenSite) -> None:
    [_, link, address] = site.said
    assert re.fullmatch(rf"http://localhost:{site.port}/setup/[A-Za-z0-9_-]{{43}}", link)
    assert address.startswith(f"Ostiary is open at http://localhost:{site.port} ")


def test_off_loopback_there_is_no_way_without_a_name(tmp_path: Path) -> None:
    for words in (("--listen", "0.0.0.0"), ("--certificate", "a", "--key", "b"), ("--host", "192.0.2.7")):  # noqa: S104
        refused(ostiary("run", "--data", tmp_path / "none", *words), "name")
    assert not (tmp_path / "none").exists()


def test_ask_says_why(site: OpenSite) -> None:
    picture = samples.portrait("stranger-1")
    done = ostiary("ask", "--data", site.data, "--door", "studio", "--picture", picture)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("studio says NO. This face was not recognised.")
    assert re.search(r"Receipt [0-9A-HJKMNP-TV-Z]{16}", done.stdout)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"these are words", "not a picture"),
        (samples.portrait("stranger-1").read_bytes()[:5000], "ends early"),
    ],
)
def test_a_bad_picture_is_a_sentence(site: OpenSite, tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "bad.jpg").write_bytes(content)
    done = ostiary("ask", "--data", site.data, "--door", "studio", "--picture", tmp_path / "bad.jpg")
    refused(done)
    assert words in done.stderr.lower(), done.stderr


def test_a_missing_picture_an_unknown_door_and_nothing_at_all(site: OpenSite, tmp_path: Path) -> None:
    missing = tmp_path / "missing.jpg"
    refused(ostiary("ask", "--data", site.data, "--door", "studio", "--picture", missing), "cannot be read")
    picture = samples.portrait("stranger-1")
    refused(
        ostiary("ask", "--data", site.data, "--door", "cellar", "--picture", picture),
        "virtual door cellar does not answer",
        "ostiary run",
    )
    refused(ostiary("ask", "--data", site.data, "--door", "studio"), "--picture FILE")


def test_a_site_is_open_once(site: OpenSite) -> None:
    again = ostiary("run", "--data", site.data, "--port", str(free_port()), "--broker-port", str(free_port()))
    refused(again, "is open already", "--data")


def test_a_taken_port_is_named_with_its_cure(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(
            ostiary("run", "--data", tmp_path / "a", "--port", str(free_port()), "--broker-port", port),
            port,
            "--broker-port",
        )
        refused(
            ostiary("run", "--data", tmp_path / "b", "--port", port, "--broker-port", str(free_port())),
            port,
            "--port",
        )


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am in the way")
    refused(ostiary("run", "--data", tmp_path / "file" / "site", "--broker-port", str(free_port())), "--data")


def test_a_damaged_site_is_named(tmp_path: Path) -> None:
    site = OpenSite(tmp_path / "site")
    site.close()
    (tmp_path / "site" / "site.toml").write_text("name = ")
    refused(ostiary("run", "--data", tmp_path / "site"), "site.toml", "backup")


def test_what_the_readme_says_works(site: OpenSite) -> None:
    """Every command of the README's code blocks: `make` ones exist, `ostiary` ones are run at the open site."""
    blocks = re.findall(r"```sh\n(.*?)```", (HOUSE / "README.md").read_text(), re.DOTALL)
    commands = [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert len(commands) >= 4
    for command in commands:
        words = shlex.split(command)
        if words[0] == "make":
            known = subprocess.run(["make", "-n", *words[1:]], cwd=HOUSE, capture_output=True, text=True, check=False)
            assert known.returncode == 0, known.stderr
        else:
            assert words[0] == ".venv/bin/ostiary", command
            options = subprocess.run([*OSTIARY, *words[1:], "--help"], capture_output=True, text=True, check=True)
            at_the_site = ["--data", str(site.data)] if "--data" in options.stdout else []
            done = subprocess.run(
                [*OSTIARY, *words[1:], *at_the_site],
                cwd=HOUSE,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stderr}"


def test_the_member_is_let_in_by_the_command_line(site: OpenSite) -> None:
    places = Places(site.data)
    asyncio.run(enrol_member(places, Keeper(places.keeper_socket), "Ada", "4711"))
    picture = samples.portrait("member-2")
    done = ostiary("ask", "--data", site.data, "--door", "front", "--picture", picture, "--card", "4711")
    assert done.stdout.startswith("front says YES."), done.stdout + done.stderr


def test_a_door_is_locked_down_and_resumed_by_the_command_line(site: OpenSite) -> None:
    places = Places(site.data)
    asyncio.run(enrol_member(places, Keeper(places.keeper_socket), "Bea", "4712", "stranger-1"))
    where = ("--data", site.data, "--purpose", "a fire drill")
    refused(ostiary("lockdown", "--door", "cellar", *where), "no door 'cellar'")
    refused(ostiary("resume", *where), "not locked down")
    refused(ostiary("lockdown", "--data", site.data, "--purpose", "x"), "needs a purpose")
    locked = ostiary("lockdown", "--door", "laser-room", *where)
    assert locked.stdout.startswith("The door laser-room is locked down."), locked.stderr
    told = ostiary("ask", "--data", site.data, "--door", "laser-room", "--card", "4712")
    assert "locked down" in told.stdout, told.stdout + told.stderr
    assert ostiary("resume", "--door", "laser-room", *where).returncode == 0
    told = ostiary("ask", "--data", site.data, "--door", "laser-room", "--card", "4712")
    assert "locked down" not in told.stdout, told.stdout + told.stderr
