"""The operators' pages over a running site: each does what it says, and the log knows of it."""

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from ostiary.controller.record.reading import Reading
from ostiary.controller.store.places import Places
from tests.system.web_panel import PURPOSE, Panel, display_of, open_panel, words

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("panel") / "site") as panel:
        panel.client.post("/purpose", data={"purpose": PURPOSE, "next": "/"})
        yield panel


def recorded(panel: Panel, kind: str) -> int:
    """How many records of a kind the log has."""
    reading = Reading(Places(panel.data).log_db)
    try:
        return len(reading.all_of(kind))
    finally:
        reading.close()


def done(reply: httpx.Response) -> str:
    assert reply.status_code == 303, words(reply)
    return reply.headers["location"]


def laser(panel: Panel, card: str) -> str:
    return display_of(panel.step_up("laser-room", "-", card))[:3].strip()


def test_from_a_penalty_to_an_overturned_entry_by_a_reviewer_from_outside(panel: Panel) -> None:
    person, card = panel.enrol("Ada Lovelace")
    panel.enrol("Grace Hopper")
    done(panel.client.post(f"{person}/holdings", data={"what": "holding:laser-induction", "evidence": "sheet"}))
    entry = {
        "person": "ada lovelace",
        "kind": "machine-left-running:incident-report",
        "evidence": "seen by Grace Hopper",
    }
    assert done(panel.client.post("/ledger", data=entry)) == "/ledger?done=entry"
    assert laser(panel, card) == "no"

    number = re.search(r'value="entry:(\d+)"', panel.client.get(person).text)
    assert number is not None
    what = {"what": f"entry:{number[1]}", "words": "Grace Hopper saw me leave <b>before</b>."}
    done(panel.client.post(f"{person}/contest", data=what))
    assert laser(panel, card) == "yes", "a contested penalty does not count"
    queue = panel.client.get("/contests")
    assert "nobody assigned" in words(queue)
    assert "Ada" not in words(queue), "the queue names nobody"
    case = re.search(r"/contests/\d+", queue.text)
    assert case is not None
    before = recorded(panel, "look-at-ledger")
    shown = panel.client.get(case[0])
    assert "Ada Lovelace" in words(shown)
    assert "Grace" not in words(shown)
    assert "[another person] saw me leave <b>before</b>." in words(shown)
    assert recorded(panel, "look-at-ledger") == before + 1
    assert "data-chart" in shown.text

    own = panel.client.post(f"{case[0]}/assign", data={"reviewer": "test"})
    assert (own.status_code, "wrote what is contested" in words(own)) == (409, True)
    done(panel.client.post(f"{case[0]}/assign", data={"reviewer": "Rae"}))
    link = re.search(r"/review/\d+/[\w-]+", panel.client.post(f"{case[0]}/link").text)
    assert link is not None
    with httpx.Client(base_url=panel.address, timeout=30) as outside:
        assert "You review as Rae" in words(outside.get(link[0]))
        for wrong in (link[0][:-1], link[0] + "x", f"/review/999/{link[0].rsplit('/', 1)[1]}"):
            assert outside.get(wrong).status_code == 404
        said = {"outcome": "overturn", "reasons": "Another card started the machine."}
        effect = words(outside.post(link[0], data=said))
        assert "592 now" in effect or "600 now" in effect
        assert "at laser-room" in effect, "the decision that would have been another"
        assert laser(panel, card) == "yes"
        assert done(outside.post(link[0], data=said | {"sure": "yes"})).endswith("?done=overturned")
        assert "An outcome stays" in words(outside.post(link[0], data=said | {"sure": "yes"}))
    assert laser(panel, card) == "yes"
    assert "Another card started the machine." in words(panel.client.get(case[0]))
    assert (recorded(panel, "contest-overturn"), recorded(panel, "review-link")) == (1, 1)


def test_a_lockdown_is_asked_for_twice_and_said_on_the_first_page(panel: Panel) -> None:
    _, card = panel.enrol("Mary Jackson")
    what = {"do": "lockdown", "door": "front", "purpose": "smoke in the hall"}
    sure = panel.client.post("/lockdown", data=what)
    assert (sure.status_code, "Yes, lock down" in words(sure)) == (200, True)
    assert recorded(panel, "lockdown") == 0, "the first confirmation does nothing"
    done(panel.client.post("/lockdown", data=what | {"sure": "yes"}))
    now = words(panel.client.get("/"))
    assert "Front is locked down" in now
    assert display_of(panel.step_up("front", "-", card)).startswith("no")
    assert panel.client.post("/lockdown", data=what | {"purpose": "x"}).status_code == 400
    assert panel.client.post("/lockdown", data=what | {"door": "cellar", "sure": "yes"}).status_code == 400
    done(panel.client.post("/lockdown", data=what | {"do": "resume", "sure": "yes"}))
    assert "locked down" not in words(panel.client.get("/"))
    assert display_of(panel.step_up("front", "-", card)).startswith("yes")


def test_face_off_takes_two_clicks_and_goes_on_again(panel: Panel) -> None:
    asked = words(panel.client.get("/doors/studio/face"))
    assert "Face off at Studio?" in asked
    done(panel.client.post("/doors/studio/face", data={"purpose": PURPOSE}))
    assert "No face is looked at" in words(panel.client.get("/doors/studio"))
    assert "Face on at Studio?" in words(panel.client.get("/doors/studio/face"))
    done(panel.client.post("/doors/studio/face", data={"purpose": PURPOSE}))
    assert (recorded(panel, "face-off"), recorded(panel, "face-on")) == (1, 1)
    assert panel.client.get("/doors/cellar").status_code == 404
    assert panel.client.get("/doors/cellar/release").status_code == 404


def test_a_name_of_the_live_list_is_a_look_up_with_a_purpose(panel: Panel) -> None:
    _, card = panel.enrol("Katherine Johnson")
    panel.step_up("front", "-", card)
    position = panel.client.get("/api/v1/decisions?limit=1").json()["decisions"][0]["position"]
    before = panel.look_ups()
    with httpx.Client(base_url=panel.address) as nobody:
        assert "Katherine" not in nobody.get(f"/decisions/{position}/who").text
        assert panel.look_ups() == before
    assert "Katherine Johnson" in panel.client.get(f"/decisions/{position}/who").text
    assert panel.look_ups() == before + 1


def test_a_person_is_opened_with_a_purpose_and_found_by_name(panel: Panel) -> None:
    person, _ = panel.enrol("Özgür Yılmaz")
    found = panel.client.get("/people", params={"q": "ozgur"})
    assert words(found).count("Özgür") == 1
    assert "Nobody here has this name" in words(panel.client.get("/people", params={"q": "nobody at all"}))
    panel.client.post("/purpose/forget")
    assert "Why are you looking?" in words(panel.client.get(person))
    panel.client.post("/purpose", data={"purpose": PURPOSE, "next": "/"})
    before = recorded(panel, "look-at-ledger")
    assert panel.client.get(person).status_code == 200
    assert recorded(panel, "look-at-ledger") == before + 1


def test_a_lost_card_is_replaced_and_a_span_ends(panel: Panel) -> None:
    person, card = panel.enrol("Dorothy Vaughan")
    number = re.search(rf"{person}/cards/(\d+)/replace", panel.client.get(person).text)
    assert number is not None
    new = {"number": "55 66 77", "label": "blue fob 12"}
    done(panel.client.post(f"{person}/cards/{number[1]}/replace", data=new))
    assert display_of(panel.step_up("front", "-", card)).startswith("no")
    assert display_of(panel.step_up("front", "-", "556677")).startswith("yes")
    assert panel.client.post(f"{person}/cards", data=new).status_code == 409, "one holder for one card"
    span = re.search(rf"{person}/membership/(\d+)/end", panel.client.get(person).text)
    assert span is not None
    done(panel.client.post(f"{person}/membership/{span[1]}/end"))
    assert display_of(panel.step_up("front", "-", "556677")).startswith("no")
    assert panel.client.post(f"{person}/membership/{span[1]}/end").status_code == 409
    assert panel.client.post(f"{person}/nothing/1/end").status_code == 409


def test_standing_keeps_out_for_a_time_and_lets_in_again(panel: Panel) -> None:
    person, card = panel.enrol("Annie Easley")
    done(panel.client.post(f"{person}/suspend", data={"why": "Threatened somebody.", "hours": "4"}))
    assert display_of(panel.step_up("front", "-", card)).startswith("no")
    done(panel.client.post(f"{person}/lift"))
    assert display_of(panel.step_up("front", "-", card)).startswith("yes")
    done(panel.client.post(f"{person}/more-time", data={"given": "yes"}))
    assert "longer for this person" in words(panel.client.get(person))
    done(panel.client.post(f"{person}/left", data={"purpose": PURPOSE}))
    assert panel.client.post(f"{person}/suspend", data={"why": "x", "hours": "900"}).status_code == 400


def test_a_list_of_people_is_looked_at_and_then_imported_once(panel: Panel) -> None:
    text = "name,evidence,title,until,card\n" + "".join(
        f"Member {at},i-{at},Form {at},,9{at:05d}\n" for at in range(60)
    )
    looked = panel.client.post("/people/import", files={"file": ("people.csv", text.encode())})
    assert "60 to add" in words(looked)
    key = re.search(r'name="key" value="([\w-]+)"', looked.text)
    assert key is not None
    assert done(panel.client.post("/people/import", data={"key": key[1]})) == "/people/import?added=60"
    assert panel.client.post("/people/import", data={"key": key[1]}).status_code == 404, "a yes counts once"
    assert display_of(panel.step_up("front", "-", "900007")).startswith("yes")
    again = words(panel.client.post("/people/import", files={"file": ("people.csv", text.encode())}))
    assert "0 to add, 60 known already" in again
    bad = panel.client.post("/people/import", files={"file": ("x.csv", b"\xff\xfe\x00")})
    assert (bad.status_code, "not UTF-8" in words(bad)) == (400, True)
    assert panel.client.post("/people/import", files={"file": ("x.csv", b"a,b\n")}).status_code == 409


def test_the_log_is_filtered_exported_and_verified(panel: Panel) -> None:
    panel.enrol("Christine Darden")
    panel.step_up("studio", "-", "99999998")
    filtered = {"kind": "decision", "door": "studio", "verdict": "deny", "code": "card-unknown"}
    line = _eventually(panel, filtered)
    assert "unknown card" in words(line)
    position = re.search(r"/decisions/(\d+)", line.text)
    assert position is not None
    verified = words(panel.client.post(f"/decisions/{position[1]}/verify", data={"purpose": PURPOSE}))
    assert "This receipt holds." in verified
    assert "Unwitnessed" in verified
    receipt = panel.client.post(f"/decisions/{position[1]}/receipt", data={"purpose": PURPOSE})
    assert receipt.headers["content-disposition"].startswith("attachment")
    export = panel.client.post("/log/export", data={"first": "0", "last": "99", "purpose": PURPOSE})
    told = [json.loads(line) for line in export.text.splitlines()]
    assert [one["index"] for one in told] == list(range(len(told)))
    assert all(one["erased"] or one["file"] for one in told)
    assert panel.client.post("/log/export", data={"first": "9", "last": "1", "purpose": PURPOSE}).status_code == 400
    assert panel.client.get("/log", params={"before": "0"}).status_code == 200
    assert panel.client.get("/log", params={"since": "yesterday"}).status_code == 400


def test_numbers_name_nobody(panel: Panel) -> None:
    _eventually(panel, {"kind": "decision"})
    told = words(panel.client.get("/numbers", params={"days": "1"}))
    assert "every clause holds" in told
    assert "Median wait" in told
    assert not re.search(r"Ada|Grace|Lovelace", told)


def test_the_shadow_and_the_history_are_told(panel: Panel) -> None:
    text = panel.client.get("/api/v1/policy").json()["text"]
    done(panel.client.post("/policy/shadow", data={"text": text}))
    assert "Take it out of the shadow" in words(panel.client.get("/policy/shadow"))
    done(panel.client.post("/policy/shadow/end"))
    listed = panel.client.get("/policy/history")
    versions = re.findall(r"/policy/history/\d+", listed.text)
    assert len(versions) >= 2
    assert "What it changed" in words(panel.client.get(versions[0]))
    assert panel.client.get("/policy/history/999999").status_code == 404


def test_the_camera_is_allowed_where_a_face_is_enrolled_and_nowhere_else(panel: Panel) -> None:
    person, _ = panel.enrol("Mae Jemison")
    allowed = {
        path: "camera=(self)" in panel.client.get(path).headers["permissions-policy"]
        for path in ("/", "/people", person, "/people/enrol", f"{person}/face")
    }
    assert [path for path, may in allowed.items() if may] == ["/people/enrol", f"{person}/face"]
    bad = panel.client.post("/face-hint", data={"portrait": ""}, files={"picture": ("x.jpg", b"no picture")})
    assert bad.status_code == 422


def _eventually(panel: Panel, filtered: dict[str, str]) -> httpx.Response:
    """The page of the log once the register has followed; it does so by itself within a second or so."""
    for _ in range(400):
        reply = panel.client.get("/log", params=filtered)
        if "/decisions/" in reply.text:
            return reply
    raise AssertionError(words(reply))


def test_a_pass_is_shown_once_and_revoked_and_a_pin_is_set_and_cleared(panel: Panel) -> None:
    person, _ = panel.enrol("Annie Easley")
    given = {"door-front": "on", "until": f"{datetime.now().astimezone() + timedelta(days=2):%Y-%m-%d}", "single": "on"}
    shown = panel.client.post(f"{person}/passes", data=given)
    assert shown.status_code == 200 and "<svg" in shown.text and "OST1." in shown.text
    page = panel.client.get(person).text
    assert "OST1." not in page, "its text is kept nowhere"
    number = re.search(rf"{person}/passes/(\d+)/revoke", page)
    assert number is not None
    done(panel.client.post(f"{person}/passes/{number[1]}/revoke"))
    assert panel.client.post(f"{person}/passes/{number[1]}/revoke").status_code == 409
    assert f"{person}/passes/{number[1]}" not in panel.client.get(person).text
    assert panel.client.post(f"{person}/passes", data={"door-front": "on"}).status_code == 400
    assert panel.client.post(f"{person}/pin", data={"pin": "274950", "again": "274951"}).status_code == 400
    unfit = panel.client.post(f"{person}/pin", data={"pin": "123456", "again": "123456"})
    assert unfit.status_code in (400, 409) and "123456" not in unfit.text
    assert "No PIN" in words(panel.client.get(person))
    done(panel.client.post(f"{person}/pin", data={"pin": "274950", "again": "274950"}))
    assert "A PIN is set." in words(panel.client.get(person))
    done(panel.client.post(f"{person}/pin/clear"))
    assert "No PIN" in words(panel.client.get(person))
    api, until_ms = f"/api/v1{person}", int((time.time() + 3600) * 1000)
    made = panel.client.post(f"{api}/passes", json={"doors": "front", "until_ms": until_ms, "single": 1})
    assert made.status_code == 200 and made.json()["text"].startswith("OST1."), made.text
    assert panel.client.post(f"{api}/passes/{made.json()['pass']}/revoke").status_code == 200
    assert panel.client.post(f"{api}/pin", json={"pin": "274950"}).status_code == 200
    assert panel.client.post(f"{api}/pin/clear").status_code == 200


def test_a_door_says_how_soon_a_change_is_known_there(panel: Panel) -> None:
    assert "A change is known within" in words(panel.client.get("/doors/front"))
