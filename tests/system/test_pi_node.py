"""The Raspberry Pi's node as it is installed, on pins that gpiozero pretends and with picture files for a camera: real
processes, a real broker, the real models."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller import samples
from ostiary.hardware.profile import BOARDS

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from board_at_hand import PATIENCE_S, line_of, python
from broker_site import BrokerSite, broker_site
from played_keeper import NODE, PlayedKeeper

pytestmark = pytest.mark.system
PORTRAITS = Path(samples.__file__).parent / "portraits"
MOCK = {**os.environ, "GPIOZERO_PIN_FACTORY": "mock"}


@contextlib.contextmanager
def pi_node(site: BrokerSite, *arguments: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    process = python(
        "ostiary.firmware.pi", "--node", str(site.places.node(NODE)), *arguments,
        env=MOCK | extra, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        # pytest shows it beside a test that failed.
        print(process.communicate(timeout=PATIENCE_S * 2)[1].decode())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BrokerSite]:
    with broker_site(tmp_path / "site", NODE) as site:
        # Before anybody has a certificate in hand: the same name, and now not a virtual one.
        site.add(NODE, board="pi-4")
        site.kill()
        site.start()
        yield site


@pytest.mark.timeout(180)
def test_a_face_before_the_camera_is_asked_about_and_a_grant_moves_the_strike(site: BrokerSite, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    shutil.copy(PORTRAITS / "no-face.jpg", seen / "wall.jpg")
    keeper = PlayedKeeper(site)
    with pi_node(site, "--camera", f"files:{seen}") as node:
        assert line_of(node) == "READY"
        keeper.state("online")
        # Under its name only when it is whole: a camera never gives half a frame either.
        shutil.copy(PORTRAITS / "member-1.jpg", seen / "member.part").rename(seen / "member.jpg")
        ask = keeper.next("ask")
        assert (ask["credential"], ask["faces"], "claim" in ask) == ("face", 1, False)
        assert ask["probe"]["vector"]
        keeper.say("answer", keeper.answer(ask))
        kinds = [event["kind"] for event in keeper.events("strike-off")]
        assert kinds.index("strike-on") < kinds.index("strike-off")
        # Nothing is wired to a pretended pin, so it reads as cut wires do: alarmed, and nobody presses.
        assert {"fire", "tamper", "power-fail"} <= set(kinds)
        assert "exit" not in kinds


@pytest.mark.timeout(180)
def test_systemd_hears_that_the_node_is_ready_and_alive(site: BrokerSite, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        with pi_node(site, "--camera", "none", NOTIFY_SOCKET=str(tmp_path / "notify")):
            assert manager.recv(64) == b"READY=1"
            assert [manager.recv(64) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        while (last := manager.recv(64)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"


@pytest.mark.parametrize(
    ("arguments", "line", "instead", "says"),
    [
        (("--doorstep", "/no/socket"), "", "", "takes no virtual doorstep"),
        (("--display", "/no/such/terminal"), "", "", "The display cannot be used."),
        ((), "{pin = 17", "{pin = 14", "strike cannot be on pin 14. That pin pulses while the board boots"),
        ((), 'runs = "pi"', 'runs = "esp32"', "this program runs on a Raspberry Pi"),
        ((), "[boot]", "[boots]", "board.toml is no board profile."),
    ],
)
def test_a_node_that_cannot_run_on_its_board_says_why(
    site: BrokerSite, arguments: tuple[str, ...], line: str, instead: str, says: str
) -> None:
    if line:
        told = (BOARDS / "pi-4.toml").read_text().replace(line, instead)
        (site.places.node(NODE) / "board.toml").write_text(told)
    with pi_node(site, *arguments) as node:
        assert node.stderr is not None
        said = node.stderr.read().decode()
        assert node.wait(PATIENCE_S * 2) == 1
        assert says in said and "Traceback" not in said
