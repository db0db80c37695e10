"""A browser's side of a running panel, as tests use it: forms go in, and what a person would read comes out."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ostiary.controller.acts.client import Keeper
from ostiary.controller.cli.demo_cases import policy
from ostiary.controller.people.operators import add, new_id, set_roles
from ostiary.controller.people.roles import ROLES
from ostiary.controller.record.reading import Reading
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places
from tests.system.running_site import free_port
from tests.system.signing_in import App, browser, set_up

RUN = "from ostiary.controller.cli.main import app; app()"
PURPOSE = "a test looks"
OPERATOR = "test"
HTMX = {"hx-request": "true"}


class Panel:
    """A browser's side of the panel, signed in as `test`, who has every role."""

    app: App

    def __init__(self, address: str, data: Path) -> None:
        self.address, self.data = address, data
        self.keeper = Keeper(Places(data).keeper_socket)
        self.client = browser(address)

    def may(self, *roles: str) -> None:
        """Give the operator who is signed in these roles, as `ostiary operator roles` does."""
        people = open_people(Places(self.data).people_db)
        with people.begin() as conn:
            set_roles(conn, OPERATOR, roles)
        people.dispose()

    def colleague(self, name: str) -> None:
        """Another operator, who types commands and never signs in."""
        people = open_people(Places(self.data).people_db)
        with people.begin() as conn:
            add(conn, new_id(os.urandom(10)), name, ROLES, OPERATOR, 1)
        people.dispose()

    def purpose(self, purpose: str = PURPOSE) -> None:
        """State the purpose of the session, as the page of a look-up asks for it."""
        assert self.client.post("/purpose", data={"purpose": purpose, "next": "/"}).status_code == 303

    def another(self) -> httpx.Client:
        """Another browser, signed in as the same operator."""
        client = browser(self.address)
        client.cookies.update(self.client.cookies)
        return client

    def enrol(self, name: str, portrait: str | None = None) -> tuple[str, str]:
        """Enrol somebody through the form; the path of their page, and their card's number."""
        before = self._numbers()
        fields = {"name": name, "evidence": f"form of {name}", "card": "yes", "portrait": portrait or "-"}
        if portrait:
            fields["consent"] = "yes"
        reply = self.client.post("/people/enrol", data=fields)
        assert reply.status_code == 303, words(reply)
        [number] = self._numbers() - before
        return reply.headers["location"].split("?")[0], number

    def step_up(self, door: str, portrait: str = "-", card: str = "") -> httpx.Response:
        fields = {"door": door, "portrait": portrait, "card": card, "purpose": PURPOSE, "walk": "yes"}
        return self.client.post("/present", data=fields, headers=HTMX)

    def look_ups(self) -> int:
        """How many look-ups the log has; a door's own events come when they come and do not count."""
        reading = Reading(Places(self.data).log_db)
        try:
            return sum(row.kind == "look-up" for row in reading.since(-1, 100_000))
        finally:
            reading.close()

    def _numbers(self) -> set[str]:
        path = self.data / "demo-cards.json"
        return {card["number"] for card in json.loads(path.read_text())} if path.exists() else set()


def words(reply: httpx.Response) -> str:
    """What a person reads of a page."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.text)))


def display_of(reply: httpx.Response) -> str:
    """The door's display alone, without its QR."""
    device = reply.text[reply.text.index("<figure") : reply.text.index("</figure>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", device)).strip()


@contextlib.contextmanager
def open_panel(data: Path) -> Iterator[Panel]:
    """The site as `ostiary run` opens it, with the sample policy open all day."""
    port = free_port()
    run = [
        sys.executable,
        "-c",
        RUN,
        "run",
        "--data",
        str(data),
        "--port",
        str(port),
        "--broker-port",
        str(free_port()),
    ]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as site:
        assert site.stdout is not None
        try:
            said = []
            for line in site.stdout:
                said.append(line.strip())
                if "Ostiary is open at" in line:
                    break
            [link] = [line for line in said if "/setup/" in line]
            panel = Panel(f"http://127.0.0.1:{port}", data)
            panel.app = set_up(panel.client, urlsplit(link).path, OPERATOR)
            panel.may(*ROLES)
            panel.colleague("office")
            text = policy(closed_today=False)
            panel.keeper.act_now("publish", {"text": text, "name": "open.yaml"}, operator=OPERATOR)
            yield panel
            panel.client.close()
        finally:
            site.send_signal(signal.SIGTERM)
            site.wait(30)
