"""A browser of a test signs in as a person would: by the setup link, with a password and an authenticator app."""

import base64
import os
import re
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from ostiary.controller.people import operators, sessions
from ostiary.controller.people.roles import ROLES
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places

PASSWORD = "four words that nobody guesses"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


@dataclass
class App:
    """An authenticator app: no code of it is used twice."""

    secret: str
    last: int = 0

    def code(self) -> str:
        """The code of now, or of the next step where that of now is used: half a minute ahead is taken too."""
        step = max(int(time.time()) // 30, self.last + 1)
        self.last = step
        key = base64.b32decode(self.secret)
        return TOTP(key, 6, SHA1(), 30, enforce_key_length=False).generate(step * 30).decode()  # noqa: S303 - as apps do


def browser(address: str, **options) -> httpx.Client:
    """A client that says, as every browser does, that its own pages ask."""
    return httpx.Client(base_url=address, timeout=30, headers=SAME_ORIGIN, **options)


def set_up(client: httpx.Client, path: str, name: str = "") -> App:
    """Follow a one-time link; the client is signed in afterwards."""
    shown = client.get(path)
    assert shown.status_code == 200, shown.text
    found = re.search(r'name="secret" value="([A-Z2-7]+)"', shown.text)
    assert found is not None
    app = App(found[1])
    form = {"name": name, "password": PASSWORD, "again": PASSWORD, "secret": app.secret, "code": app.code()}
    done = client.post(path, data=form)
    assert done.status_code == 303, _words(done)
    return app


def sign_in(client: httpx.Client, name: str, app: App, password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, "code": app.code(), "next": "/"})


def _words(reply: httpx.Response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.text)))


def signed_in(data: Path) -> str:
    """The cookie of an operator's session in a site whose keeper does not run; its rows are written by hand."""
    people = open_people(Places(data).people_db)
    try:
        with people.begin() as conn:
            made = operators.add(conn, operators.new_id(os.urandom(10)), "test", ROLES, "console", 1)
            at_ms = time.time_ns() // 1_000_000
            return sessions.begin(conn, made.id, "passkey", "a test", "127.0.0.1", os.urandom(32), at_ms)
    finally:
        people.dispose()
