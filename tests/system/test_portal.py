"""A person's own pages at a running site: from a *no* at the door to a contest, without a terminal or a script."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from ostiary.controller.record.receipt import verify
from tests.system.signing_in import browser
from tests.system.web_panel import Panel, open_panel, words

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("site") / "data") as running:
        yield running


class Someone:
    """A person of the house: enrolled by staff, with a browser of their own."""

    def __init__(self, panel: Panel, name: str) -> None:
        self.panel, self.name = panel, name
        self.page, self.card = panel.enrol(name)
        self.id = self.page.rpartition("/")[2]
        self.client = browser(panel.address)

    def sign_in(self) -> None:
        given = words(self.panel.client.post(f"{self.page}/portal-link"))
        path = re.search(r"/setup/\S+", given)
        assert path is not None, given
        shown = self.client.get(path[0])
        assert 'name="password"' not in shown.text, "a person has no name to sign in by"
        assert self.client.post(path[0], data={"by": "codes"}).status_code == 303

    def decision(self, door: str) -> tuple[str, str]:
        """Step up to a door with the card; the position of the decision and its receipt code."""
        shown = self.panel.step_up(door, card=self.card)
        code = re.search(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}", shown.text)
        position = re.search(r"/decisions/(\d+)", shown.text)
        assert code is not None, shown.text
        assert position is not None, shown.text
        return position[1], code[0]


@pytest.fixture(scope="module")
def ada(panel: Panel) -> Someone:
    someone = Someone(panel, "Ada Byron")
    someone.sign_in()
    return someone


def test_a_code_alone_tells_what_was_decided_and_contests_it(panel: Panel) -> None:
    someone = Someone(panel, "Cy Code")
    position, code = someone.decision("laser-room")
    stranger = browser(panel.address)
    shown = words(stranger.get("/receipt", params={"code": code.lower()}))
    assert "the door stayed locked" in shown
    assert "It is in the log" in shown
    assert position in shown
    assert "Cy" not in shown
    assert "induction" not in shown, "reasons are for the person"
    done = stranger.post("/receipt/contest", data={"code": code, "words": "I had my induction on Monday."})
    assert done.status_code == 303, words(done)
    assert "Your contest is open" in words(stranger.get(done.headers["location"]))
    queue = words(panel.client.get("/contests"))
    assert f"decision {position}" in queue.lower(), queue
    again = stranger.post("/receipt/contest", data={"code": code, "words": "Again."})
    assert again.status_code == 409
    assert "No decision has this code" in words(stranger.get("/receipt", params={"code": "ABCD"}))
    nobody = stranger.post("/receipt/contest", data={"code": "0" * 16, "words": "Nothing."})
    assert nobody.status_code == 404


def test_a_card_that_nobody_knows_is_told_to_ask_the_staff(panel: Panel) -> None:
    shown = panel.step_up("front", card="999")
    code = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", shown.text)
    assert code is not None
    told = browser(panel.address).post("/receipt/contest", data={"code": code[0], "words": "Me!"})
    assert "did not know who you were" in words(told)


def test_a_person_sees_why_and_what_would_change_it_and_contests(panel: Panel, ada: Someone) -> None:
    position, code = ada.decision("laser-room")
    mine = words(ada.client.get("/me"))
    assert "Hello, Ada Byron" in mine
    assert "laser-room" in mine
    shown = words(ada.client.get(f"/me/decisions/{position}"))
    assert "What would change it" in shown
    assert "The rules, one by one" in shown
    assert code in shown
    done = ada.client.post("/me/contest", data={"what": f"decision:{position}", "words": "My induction counts."})
    assert done.status_code == 303, words(done)
    assert "My induction counts." in words(ada.client.get("/me"))
    file = ada.client.get(f"/me/receipts/{position}")
    assert file.headers["content-disposition"].startswith("attachment")
    assert verify(file.content).record["body"]["person"] == ada.id


def test_an_entry_is_seen_with_its_document_and_contested(panel: Panel, ada: Someone) -> None:
    fields = {"kind": "machine-left-running:incident-report", "evidence": "report 7"}
    assert panel.client.post(f"{ada.page}/entries", data=fields).status_code == 303
    mine = ada.client.get("/me").text
    assert "report 7" in mine
    what = re.search(r"what=(entry:\d+)", mine)
    assert what is not None
    assert ada.client.get("/me/contest", params={"what": what[1]}).status_code == 200
    done = ada.client.post("/me/contest", data={"what": what[1], "words": "It was not me."})
    assert done.status_code == 303, words(done)
    assert "does not count" in words(ada.client.get("/me"))


def test_whoever_looked_is_named_with_the_purpose(panel: Panel, ada: Someone) -> None:
    position, _ = ada.decision("front")
    panel.purpose("a question at the desk")  # the virtual doorstep stated one of its own
    panel.client.get(ada.page)
    panel.client.get(f"/decisions/{position}")
    mine = words(ada.client.get("/me"))
    assert "opened your page, for “a question at the desk”" in mine
    assert "opened a record, for “a question at the desk”" in mine, mine
    before = mine.count("opened")
    assert words(ada.client.get("/me")).count("opened") == before, "to look at one's own things leaves no trace"


def test_nobody_sees_what_is_somebody_elses(panel: Panel, ada: Someone) -> None:
    other = Someone(panel, "Bo Other")
    other.sign_in()
    position, _ = ada.decision("front")
    mine = json.loads(_unzipped(ada)["everything.json"])
    entry = mine["entries"][0]["id"]
    for reply in (
        other.client.get(f"/me/decisions/{position}"),
        other.client.get(f"/me/receipts/{position}"),
        other.client.post("/me/contest", data={"what": f"decision:{position}", "words": "Mine?"}),
        other.client.post("/me/contest", data={"what": f"entry:{entry}", "words": "Mine?"}),
        other.client.post("/me/contest", data={"what": "entry:x", "words": "Mine?"}),
        other.client.get("/me/decisions/0"),
        other.client.get("/me/decisions/99999999"),
        other.client.get(ada.page),
        other.client.get("/people"),
        other.client.get("/contests"),
    ):
        assert reply.status_code in (303, 400, 401, 403, 404, 409), words(reply)
        assert "Ada" not in reply.text
    for path in ("/me", "/me/copy", "/me/codes", "/me/leave", f"/me/decisions/{position}"):
        reply = browser(panel.address).get(path)
        assert reply.status_code in (303, 401), path
        # An operator is no person of the house: there is nothing of theirs here.
        assert panel.client.get(path).status_code in (303, 401), path


def _unzipped(someone: Someone) -> dict[str, bytes]:
    reply = someone.client.get("/me/copy")
    assert reply.status_code == 200, words(reply)
    with zipfile.ZipFile(io.BytesIO(reply.content)) as kept:
        assert kept.testzip() is None
        return {name: kept.read(name) for name in kept.namelist()}


def test_a_copy_of_everything_is_for_people_and_for_machines(ada: Someone) -> None:
    position, _ = ada.decision("front")
    kept = _unzipped(ada)
    told = json.loads(kept["everything.json"])
    assert told["name"] == "Ada Byron"
    assert any(record["index"] == int(position) for record in told["records"])
    assert b"<script" not in kept["read-me-first.html"]
    assert verify(kept[f"receipts/{position}.txt"]).record["body"]["person"] == ada.id
    assert len([name for name in kept if name.startswith("receipts/")]) == len(told["records"])


def test_the_pages_speak_german_by_a_link_and_remember_it(panel: Panel, ada: Someone) -> None:
    client = browser(panel.address)
    assert "Ihr Beleg" in words(client.get("/receipt", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}))
    assert "Your receipt" in words(client.get("/receipt", headers={"accept-language": "fr"}))
    shown = client.get("/receipt", params={"lang": "de"})
    assert 'lang="de"' in shown.text
    assert "Ihr Beleg" in words(client.get("/receipt"))
    german = words(ada.client.get("/me", params={"lang": "de"}))
    assert "Guten Tag, Ada Byron" in german
    assert "Hello, Ada Byron" in words(ada.client.get("/me", params={"lang": "en"}))


def test_a_kiosk_gives_the_code_and_nothing_else(panel: Panel, ada: Someone) -> None:
    _, code = ada.decision("front")
    now = datetime.fromtimestamp(time.time()).astimezone()
    asked = {"door": "front", "day": now.strftime("%Y-%m-%d"), "minute": now.strftime("%H:%M"), "card": ada.card}
    kiosk = browser(panel.address)
    assert kiosk.get("/kiosk").status_code == 200
    found = words(kiosk.post("/kiosk", data=asked))
    assert code in found
    assert "Ada" not in found
    assert "Nothing fits" in words(kiosk.post("/kiosk", data=asked | {"door": "studio"}))
    assert kiosk.post("/kiosk", data=asked | {"minute": "late"}).status_code == 400


def test_recovery_codes_sign_a_person_in_again(panel: Panel, ada: Someone) -> None:
    shown = ada.client.post("/me/codes")
    codes = re.findall(r"<li>([0-9A-Z-]{19})</li>", shown.text)
    assert len(codes) == 10, shown.text
    client = browser(panel.address)
    assert client.post("/sign-in/recovery", data={"code": codes[3]}).headers["location"] == "/me"
    assert "Hello, Ada Byron" in words(client.get("/me"))
    assert client.post("/sign-in/recovery", data={"code": codes[3]}).status_code != 303, "each works once"


def test_a_person_withdraws_their_face(panel: Panel) -> None:
    page, _ = panel.enrol("Fay Face", "member-1")
    someone = Someone.__new__(Someone)
    someone.panel, someone.page, someone.client = panel, page, browser(panel.address)
    someone.sign_in()
    assert "Your face opens doors since" in words(someone.client.get("/me"))
    assert someone.client.post("/me/face/withdraw", data={"sure": "no"}).headers["location"] == "/me/face/withdraw"
    done = someone.client.post("/me/face/withdraw", data={"sure": "yes"})
    assert "forgotten here" in words(someone.client.get(done.headers["location"]))
    assert "Your face is not enrolled" in words(someone.client.get("/me"))


def test_leaving_needs_the_name_and_takes_everything(panel: Panel) -> None:
    someone = Someone(panel, "Lee Leaver")
    someone.sign_in()
    assert "not your name" in words(someone.client.post("/me/leave", data={"name": "Lee"}))
    position, _ = someone.decision("laser-room")
    someone.client.post("/me/contest", data={"what": f"decision:{position}", "words": "Wrong."})
    assert "still open" in words(someone.client.post("/me/leave", data={"name": "lee leaver"}))
    other = Someone(panel, "Max Mover")
    other.sign_in()
    gone = other.client.post("/me/leave", data={"name": "max  mover"})
    assert gone.headers["location"] == "/left", words(gone)
    assert "You have left" in words(other.client.get("/left"))
    assert other.client.get("/me").status_code in (303, 401)
    assert "Max" not in words(panel.client.get("/people"))


def test_no_page_of_the_portal_has_a_script_of_its_own_to_need(panel: Panel, ada: Someone) -> None:
    for path in ("/receipt", "/kiosk", "/me/codes", "/me/leave", "/me/face/withdraw"):
        reply: httpx.Response = ada.client.get(path)
        assert reply.status_code == 200, path
        assert "<script" not in reply.text
        assert " style=" not in reply.text
        assert "onclick" not in reply.text


def test_what_people_write_is_never_markup(panel: Panel) -> None:
    someone = Someone(panel, "<b>Eve</b>")
    someone.sign_in()
    position, _ = someone.decision("laser-room")
    words_of = "<script>alert(1)</script>\u202e"
    someone.client.post("/me/contest", data={"what": f"decision:{position}", "words": "<img src=x onerror=alert(1)>"})
    assert (
        someone.client.post("/me/contest", data={"what": f"decision:{position}", "words": words_of}).status_code == 400
    )
    for path in ("/me", f"/me/decisions/{position}", f"/receipt?code={'<script>'}"):
        shown = someone.client.get(path).text
        assert "<b>Eve" not in shown
        assert "<img src=x" not in shown
        assert "<script>" not in shown
