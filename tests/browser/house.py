"""A house from an empty directory, as `ostiary run` opens it, and whoever walks in and out of it with a browser."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.visitor import Visitor
from tests.system.running_site import free_port

RUN = "from ostiary.controller.cli.main import app; app()"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")
PURPOSE = "a question at the desk"


@dataclass
class House:
    """`anna` is the first operator, `ben` a reviewer, `ada` a member; they come in as the story brings them."""

    browser: Browser
    address: str
    setup_link: str
    anna: Visitor
    ben: Visitor
    ada: Visitor
    ada_page: str = ""
    codes: dict[str, str] = field(default_factory=dict)

    def step_up(self, door: str, portrait: str = "-", *, card: bool = False) -> str:
        """Ada steps up to a virtual door, for which Anna holds the camera; what its display says."""
        page = self.anna.goes("/step-up")
        page.locator(f'input[name="door"][value="{door}"]').check(force=True)
        page.locator(f'input[name="portrait"][value="{portrait}"]').check(force=True)
        if card:
            page.get_by_label("Card held to the reader").select_option(index=1)
        page.get_by_label("Purpose of looking at the reasons").fill(PURPOSE)
        self.anna.presses("Step up to the door")
        device = page.locator("#result figure.device")
        device.wait_for()
        if code := CODE.search(device.inner_text()):
            self.codes[door] = code[0]
        return device.get_attribute("data-say") or ""


@contextlib.contextmanager
def opened(data: Path, browser: Browser) -> Iterator[House]:
    """First start in a directory that is not there yet; ends it afterwards."""
    ports = ["--port", str(free_port()), "--broker-port", str(free_port())]
    run = [sys.executable, "-c", RUN, "run", "--data", str(data), *ports]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as site:
        assert site.stdout is not None
        try:
            said = []
            for line in site.stdout:
                said.append(line.strip())
                if "Ostiary is open at" in line:
                    break
            [link] = [found[0] for line in said if (found := re.search(r"http://\S+/setup/\S+", line))]
            address = link[: link.index("/setup/")]
            people = [Visitor(browser, address) for _ in range(3)]
            yield House(browser, address, link, *people)
            for one in people:
                one.context.close()
        finally:
            site.send_signal(signal.SIGTERM)
            site.wait(60)
