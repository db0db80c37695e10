"""The panel of a running site: enrol, step up, read why, withdraw; by forms alone, as without script."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ostiary.controller import site as settings
from ostiary.controller.site import Site
from ostiary.controller.store.places import Places
from tests.system.running_site import free_port
from tests.system.signing_in import signed_in
from tests.system.web_panel import HTMX, PURPOSE, Panel, display_of, open_panel, words

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("web") / "site") as panel:
        yield panel


def test_from_enrolment_to_a_reasoned_no_and_a_withdrawn_face(panel: Panel) -> None:
    page, card = panel.enrol("Ada <b>Lovelace</b>", "member-1")
    granted = panel.step_up("front", "member-2", card)
    assert display_of(granted).startswith("yes ")
    assert "You may pass." in words(granted)

    refused = panel.step_up("laser-room", "member-2", card)
    assert display_of(refused).startswith("no ")
    assert "laser induction" in words(refused)
    assert "laser" not in display_of(refused).lower().removesuffix("laser room")

    added = panel.client.post(f"{page}/holdings", data={"what": "holding:laser-induction", "evidence": "sheet 3"})
    assert added.status_code == 303
    penalty = {"kind": "machine-left-running:incident-report", "evidence": "incident 14"}
    assert panel.client.post(f"{page}/entries", data=penalty).status_code == 303
    person = panel.client.get(page)
    assert "592" in words(person)
    assert "Ada <b>Lovelace</b>" in words(person)
    assert "<b>Lovelace</b>" not in person.text, "names are text"
    low = panel.step_up("laser-room", "member-2", card)
    assert "592" in words(low)
    assert "592 of 600" in words(low)
    assert "592" not in display_of(low)
    assert "Lovelace" not in display_of(low)

    asked = panel.client.get(f"{page}/face/withdraw")
    assert "Yes, withdraw the face" in words(asked)
    assert (
        panel.client.post(f"{page}/face/withdraw", data={"sure": "no"}).headers["location"] == f"{page}/face/withdraw"
    )
    assert panel.client.post(f"{page}/face/withdraw", data={"sure": "yes"}).status_code == 303
    assert "Not enrolled" in words(panel.client.get(page))
    assert display_of(panel.step_up("front", "-", card)).startswith("yes "), "the card goes on working"
    assert "not recognised" in words(panel.step_up("studio", "member-2"))


def test_a_revoked_card_opens_nothing(panel: Panel) -> None:
    page, card = panel.enrol("Grace Hopper")
    assert display_of(panel.step_up("front", "-", card)).startswith("yes ")
    revoke = re.search(rf'action="({page}/cards/\d+/revoke)"', panel.client.get(page).text)
    assert revoke is not None
    other, _ = panel.enrol("Somebody Else")
    strange = revoke[1].replace(page, other)
    assert panel.client.post(strange).status_code == 409, "a card is revoked on its holder's page only"
    assert panel.client.post(revoke[1]).status_code == 303
    assert display_of(panel.step_up("front", "-", card)).startswith("no ")


def test_a_face_needs_consent_and_a_usable_picture(panel: Panel) -> None:
    people = words(panel.client.get("/people"))
    fields = {"name": "Nobody Yet", "evidence": "form", "portrait": "member-1"}
    without = panel.client.post("/people/enrol", data=fields)
    assert (without.status_code, "no consent" in words(without)) == (400, True)
    assert 'value="Nobody Yet"' in without.text, "nobody types twice"
    faceless = panel.client.post("/people/enrol", data=fields | {"consent": "yes", "portrait": "no-face"})
    assert (faceless.status_code, "No face was found" in words(faceless)) == (422, True)
    for broken in (b"", b"GIF89a", b"\xff\xd8\xff\xe0 cut off"):
        sent = panel.client.post(
            "/people/enrol", data=fields | {"consent": "yes"}, files={"picture": ("x.jpg", broken)}
        )
        assert sent.status_code == 422
        assert "What to do now" in words(sent)
    assert words(panel.client.get("/people")) == people, "nothing was written"


def test_a_decision_opens_for_a_purpose_only_and_that_is_recorded(panel: Panel) -> None:
    panel.step_up("front", "-", "99999999")
    position = panel.client.get("/api/v1/decisions?limit=1").json()["decisions"][0]["position"]
    panel.client.post("/purpose/forget")
    with panel.another() as again:
        before = panel.look_ups()
        asked = again.get(f"/decisions/{position}")
        assert "Why are you looking?" in words(asked)
        assert "card" not in words(asked).lower()
        assert panel.look_ups() == before
        chosen = again.post("/purpose", data={"purpose": "the holder asked why", "next": f"/decisions/{position}"})
        assert chosen.headers["location"] == f"/decisions/{position}"
        opened = words(again.get(f"/decisions/{position}"))
        assert "This card is not known here." in opened
        assert "the holder asked why" in opened
        assert "unwitnessed" in opened
        assert panel.look_ups() > before
        again.post("/purpose/forget")
        assert "Why are you looking?" in words(again.get(f"/decisions/{position}"))


def test_the_receipt_of_the_display_finds_the_decision_and_no_reason(panel: Panel) -> None:
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", display_of(panel.step_up("front", "-", "99999999")))
    assert code is not None
    with httpx.Client(base_url=panel.address) as person:
        found = words(person.get("/receipt", params={"code": code[0].lower()}))
        assert "It is in the log" in found
        _, decided, told = found.partition("No: the door stayed locked")
        assert decided
        assert "card" not in told.lower(), "the reasons are for whoever signs in"
        assert "No decision has this code" in words(person.get("/receipt", params={"code": "0" * 16}))


def test_the_live_stream_tells_what_happens_and_no_names(panel: Panel) -> None:
    _, card = panel.enrol("Katherine Johnson")
    last = panel.client.get("/api/v1/decisions?limit=1").json()["decisions"]
    after = last[0]["position"] if last else -1
    with panel.another() as viewer, viewer.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        panel.step_up("front", "-", card)
        heard: list[str] = []
        for line in lines:
            heard.append(line)
            if "/decisions/" in line:
                break
        assert "Katherine" not in "\n".join(heard)
    with panel.another() as viewer:
        known = {"last-event-id": str(after)}
        with viewer.stream("GET", "/api/v1/live", headers=known) as stream:
            told = next(line for line in stream.iter_lines() if line.startswith('data: {"position"'))
        decision = json.loads(told.removeprefix("data: "))
        assert decision["position"] > after
        assert set(decision) == {"position", "at_ms", "door", "verdict", "reason"}


def test_hands_move_the_virtual_door(panel: Panel) -> None:
    def pins() -> dict[str, object]:
        return next(door["pins"] for door in panel.client.get("/api/v1/doors").json() if door["door"] == "studio")

    assert panel.client.post("/doors/studio/hand", data={"do": "open"}).status_code == 303
    assert pins()["contact"] == "open"
    assert "Force it open" in words(panel.client.post("/doors/studio/hand", data={"do": "close"}, headers=HTMX))
    assert pins()["contact"] == "closed"
    assert panel.client.post("/doors/studio/hand", data={"do": "saw"}).status_code == 400


def test_the_api_says_what_the_door_says(panel: Panel) -> None:
    _, card = panel.enrol("Mary Jackson")
    reply = panel.client.post("/api/v1/doors/front/present", data={"card": card, "purpose": PURPOSE}).json()
    assert reply["show"]["say"] == "yes"
    assert reply["decision"]["verdict"] == "grant"
    silent = panel.client.post("/api/v1/doors/front/present", data={"card": card}).json()
    assert silent["decision"] is None
    assert "Mary" not in json.dumps(silent)
    first = panel.client.get("/api/v1/decisions?limit=1").json()
    second = panel.client.get(f"/api/v1/decisions?limit=1&before={first['next']}").json()
    assert second["decisions"][0]["position"] < first["decisions"][0]["position"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/decisions?limit=0", 400),
        ("GET", "/api/v1/decisions?before=x", 400),
        ("POST", "/api/v1/doors", 405),
        ("POST", "/api/v1/doors/cellar/present", 404),
        ("POST", "/api/v1/doors/front/present", 400),
    ],
)
def test_api_mistakes_have_three_parts(panel: Panel, method: str, path: str, status: int) -> None:
    reply = panel.client.request(method, path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert all(problem[part] for part in ("type", "title", "what", "why", "now"))


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/decisions/999999", "/decisions/-1", "/decisions/99999999999999999999999", "/decisions/x",
     "/people/p-nobody", "/people/p-nobody/face", "/portraits/..%2f..%2fapp.py", "/static/..%2fapp.py", "/portraits/x"],
)  # fmt: skip
def test_what_is_not_there_is_a_page(panel: Panel, path: str) -> None:
    reply = panel.client.get(path)
    assert reply.status_code == 404
    if not path.startswith("/static"):
        assert "What to do now" in words(reply)
    assert "Traceback" not in reply.text


def test_a_stranger_page_can_do_nothing(panel: Panel) -> None:
    people = words(panel.client.get("/people"))
    fields = {"name": "Mallory", "evidence": "x", "card": "yes"}
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert panel.client.post("/people/enrol", data=fields, headers=headers).status_code == 403
    assert panel.client.get("/people", headers={"host": "evil.example"}).status_code == 421
    assert words(panel.client.get("/people")) == people


def test_it_listens_on_this_machine_only(panel: Panel) -> None:
    port = int(panel.address.rsplit(":", 1)[1])
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    addresses = {
        line.split()[1].rsplit(":", 1)[0] for line in listening.splitlines() if f":{port:04X} " in line.split("0A")[0]
    }
    assert addresses == {"0100007F"}


def test_pages_load_nothing_from_elsewhere(panel: Panel) -> None:
    for path in ("/", "/people", "/people/enrol", "/policy", "/receipt", "/nothing"):
        reply = panel.client.get(path)
        assert reply.headers["content-security-policy"].startswith("default-src 'self';")
        loaded = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="([^"]+)"', reply.text)
        assert loaded
        for address in loaded:
            assert address.startswith("/")
            assert panel.client.get(address).status_code == 200


def test_the_page_stops_at_once_with_open_streams(tmp_path: Path) -> None:
    web = [sys.executable, "-m", "ostiary.controller.web", "--data", str(tmp_path), "--port"]
    port = free_port()
    settings.write(Places(tmp_path).site_toml, Site("northside", 1, port))
    cookie = {"ostiary-session": signed_in(tmp_path)}
    with subprocess.Popen([*web, str(port)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"READY\n"
        with (
            httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookie) as viewer,
            viewer.stream("GET", "/live") as stream,
        ):
            assert next(stream.iter_lines()).startswith("retry:")
            second = subprocess.run([*web, str(port)], capture_output=True, text=True, check=False, timeout=60)
            assert second.returncode == 1
            assert "another program may hold the port" in second.stderr
            alone = words(viewer.get("/policy"))
            assert "The keeper does not answer." in alone
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
