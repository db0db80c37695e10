"""Signing in at a running site, as browsers, programs and strangers do it; and being put out again."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from ostiary.controller.people import failures
from tests.soft_authenticator import PRESENT, SoftAuthenticator
from tests.system.command_line import OSTIARY
from tests.system.signing_in import PASSWORD, App, browser, set_up, sign_in
from tests.system.web_panel import Panel, open_panel, words

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("sign-in") / "site") as panel:
        yield panel


def ostiary(panel: Panel, *words: str, by: str = "") -> str:
    """What a command printed, typed by an operator or, without a name, on the site's own machine."""
    asked = [*OSTIARY, *words, "--data", str(panel.data), *(["--operator", by] if by else [])]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, env=_quiet())
    assert done.returncode == 0, done.stderr
    return done.stdout


def _quiet() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "OSTIARY_OPERATOR"}


def link_for(panel: Panel, name: str, *roles: str) -> str:
    """Add an operator by the command line; the path of their one-time link."""
    given = [word for role in roles for word in ("--role", role)]
    return urlsplit(json.loads(ostiary(panel, "operator", "add", name, *given, "--json"))["link"]).path


def at_localhost(panel: Panel) -> httpx.Client:
    """Passkeys belong to a name, which on this machine is `localhost`."""
    return browser(panel.address.replace("127.0.0.1", "localhost"))


def with_passkey(client: httpx.Client, path: str) -> SoftAuthenticator:
    """Make a passkey behind a link; the client is signed in afterwards."""
    key = SoftAuthenticator(str(client.base_url).rstrip("/"))
    options = client.post(f"{path}/passkey/options", json={"name": ""}).json()
    done = client.post(f"{path}/passkey", json={"label": "a key", "credential": key.make(options)})
    assert done.status_code == 200, done.text
    return key


def use(client: httpx.Client, key: SoftAuthenticator, **changed: object) -> httpx.Response:
    options = client.post("/sign-in/passkey/options", json={}).json()
    return client.post("/sign-in/passkey", json={"credential": key.use(options) | changed, "next": "/people"})


def test_nothing_is_seen_by_whoever_is_not_signed_in(panel: Panel) -> None:
    with browser(panel.address) as stranger:
        sent = stranger.get("/people?q=Ada")
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/people%3Fq%3DAda")
        refused = stranger.get("/api/v1/decisions")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert stranger.post("/lockdown", data={"do": "lockdown", "purpose": "a prank"}).status_code == 401
        assert stranger.get("/live").status_code in (303, 401)
        assert "Sign in" in words(stranger.get("/sign-in"))


def test_a_passkey_is_made_by_a_link_once_and_signs_in(panel: Panel) -> None:
    path = link_for(panel, "paula", "admin")
    with at_localhost(panel) as client:
        key = with_passkey(client, path)
        assert "paula" in words(client.get("/account"))
        assert client.get(path).status_code == 409, "a link is good once"
        client.post("/sign-out")
        assert client.get("/account").status_code == 303
        done = use(client, key)
        assert (done.status_code, done.json()["next"]) == (200, "/people")
        assert "paula" in words(client.get("/account"))
    with at_localhost(panel) as other:
        # Another's page, a user it did not see, a count that did not rise, an answer sent again: all the same no.
        key.origin = "http://evil.example"
        wrong = [use(other, key)]
        key.origin, key.flags = str(other.base_url).rstrip("/"), PRESENT
        wrong.append(use(other, key))
        key.flags, key.count = SoftAuthenticator.flags, 0
        wrong.append(use(other, key))
        key.count = 50
        wrong.append(use(other, key, rawId="AAAA", id="AAAA"))
        options = other.post("/sign-in/passkey/options", json={}).json()
        body = {"credential": key.use(options)}
        assert other.post("/sign-in/passkey", json=body).status_code == 200
        other.cookies.clear()
        wrong.append(other.post("/sign-in/passkey", json=body))
        wrong.append(other.post("/sign-in/passkey", json={"credential": {"response": {"clientDataJSON": 7}}}))
        assert {reply.status_code for reply in wrong} == {401}
        assert len({reply.text for reply in wrong}) == 1
        assert other.get("/account").status_code == 303


def test_a_password_counts_with_a_code_and_a_code_counts_once(panel: Panel) -> None:
    with browser(panel.address) as client:
        app = set_up(client, link_for(panel, "wilma", "auditor"))
        first = client.cookies["ostiary-session"]
        client.post("/sign-out")
        used = App(app.secret, app.last - 1)
        assert sign_in(client, "wilma", used).status_code == 401, "the code of the set-up is used"
        assert sign_in(client, "Wilma", app).status_code == 303, "names know no case"
        assert client.cookies["ostiary-session"] != first, "a session's token is never taken over"
        assert client.get("/log").status_code == 200
        assert client.get("/operators").status_code == 403, "an auditor manages nobody"


def test_nobody_learns_which_names_there_are(panel: Panel) -> None:
    told = set()
    for name in ("test", "nobody-has-this-name"):
        with browser(panel.address) as client:
            reply = client.post("/sign-in", data={"name": name, "password": "wrong" * 4, "code": "000000"})
            assert reply.status_code == 401
            told.add(reply.text.replace(name, "NAME"))
    assert len(told) == 1


def test_whoever_guesses_waits_and_a_passkey_does_not(panel: Panel) -> None:
    path = link_for(panel, "greta", "admin")
    with at_localhost(panel) as client:
        key = with_passkey(client, path)
        client.post("/sign-out")
        for _ in range(failures.FREE):
            assert client.post("/sign-in", data={"name": "greta", "password": "x", "code": "1"}).status_code == 401
        late = client.post("/sign-in", data={"name": "Greta ", "password": "x", "code": "1"})
        assert (late.status_code, "seconds more" in words(late)) == (429, True)
        assert use(client, key).status_code == 200


def test_a_recovery_code_signs_in_once(panel: Panel) -> None:
    with browser(panel.address) as client:
        set_up(client, link_for(panel, "rita", "reviewer"))
        codes = re.findall(r"<li>([0-9A-Z-]{19})</li>", client.post("/account/codes").text)
        assert len(codes) == len(set(codes)) == 10
        client.post("/sign-out")
        done = client.post("/sign-in/recovery", data={"code": codes[3].lower().replace("-", " ")})
        assert done.status_code == 303
        assert "9 of 10 left" in words(client.get("/account"))
        client.post("/sign-out")
        assert client.post("/sign-in/recovery", data={"code": codes[3]}).status_code == 401


def test_an_operator_is_put_out_at_once(panel: Panel) -> None:
    with browser(panel.address) as client:
        set_up(client, link_for(panel, "dora", "admin"))
        assert client.get("/people").status_code == 200
        ostiary(panel, "operator", "roles", "dora", "--role", "installer")
        assert client.get("/people").status_code == 403, "roles count from the next page on"
        ostiary(panel, "operator", "disable", "dora")
        assert client.get("/account").status_code == 303
        ostiary(panel, "operator", "enable", "dora")
        assert client.get("/account").status_code == 303, "a session that ended stays over"


def test_one_session_ends_another(panel: Panel) -> None:
    with browser(panel.address) as first, browser(panel.address) as second:
        app = set_up(first, link_for(panel, "olga", "admin"))
        assert sign_in(second, "olga", app).status_code == 303
        assert first.post("/account/sessions/end-others").status_code == 303
        assert (first.get("/account").status_code, second.get("/account").status_code) == (200, 303)
        mine = re.search(r"/account/sessions/(\d+)/end", panel.client.get("/account").text)
        assert mine is None, "one's own session is not among those to end"
        assert first.post("/account/sessions/1/end").status_code in (404, 409), "somebody else's is none of mine"


def test_cookies_are_what_a_browser_guards(panel: Panel) -> None:
    with browser(panel.address) as client:
        app = set_up(client, link_for(panel, "carla", "admin"))
        client.post("/sign-out")
        said = sign_in(client, "carla", app).headers["set-cookie"].lower()
        assert "httponly" in said and "samesite=strict" in said and "path=/" in said and "domain" not in said
        fixed = {"cookie": "ostiary-session=chosen-by-an-attacker"}
        assert client.get("/account", headers=fixed).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {},
    ],
)
def test_another_site_can_do_nothing_with_our_cookie(panel: Panel, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=panel.address, cookies=dict(panel.client.cookies)) as forged:
        assert forged.post("/sign-out", headers=headers).status_code == 403
    assert panel.client.get("/account").status_code == 200


def test_a_token_may_what_it_names_and_its_owner_may(panel: Panel) -> None:
    made = json.loads(
        ostiary(panel, "token", "new", "a script", "--scope", "read-log", "--scope", "see-now", "--json", by="office")
    )
    head = {"authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=panel.address, headers=head) as program:
        assert program.get("/api/v1/decisions").status_code == 200
        assert program.get("/api/v1/policy").status_code == 403
        assert program.get("/people").status_code == 303, "a token opens no page"
        listed = json.loads(ostiary(panel, "token", "list", "--json", by="office"))
        assert [one["label"] for one in listed] == ["a script"] and made["token"] not in json.dumps(listed)
        ostiary(panel, "token", "revoke", str(listed[0]["id"]), by="office")
        assert program.get("/api/v1/decisions").status_code == 401
    assert made["token"].encode() not in b"".join(file.read_bytes() for file in panel.data.glob("people.db*"))


def test_the_second_link_of_a_founded_site_needs_a_name(panel: Panel) -> None:
    asked = [*OSTIARY, "operator", "link", "--data", str(panel.data)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, env=_quiet())
    assert done.returncode == 2 and "has an admin already" in done.stderr


def test_no_secret_of_anybody_stands_in_the_logs(panel: Panel) -> None:
    said = b"".join(file.read_bytes() for file in Path(panel.data).glob("processes.log*"))
    for secret in (PASSWORD, panel.app.secret, panel.client.cookies["ostiary-session"]):
        assert secret.encode() not in said
