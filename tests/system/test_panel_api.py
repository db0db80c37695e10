"""What the panel does, as JSON: the same acts, cursors that come to an end, and mistakes in three parts."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.system.web_panel import PURPOSE, Panel, open_panel

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
WHY = {"purpose": PURPOSE}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("api") / "site") as panel:
        yield panel


def post(panel: Panel, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    reply = panel.client.post(f"/api/v1{path}", json={} if body is None else body)
    assert reply.status_code == status, reply.text
    return reply.json() if reply.content else None


def get(panel: Panel, path: str, **params: Any) -> Any:
    reply = panel.client.get(f"/api/v1{path}", params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()


def verdict(panel: Panel, door: str, card: str) -> str:
    shown: httpx.Response = panel.client.post(f"/api/v1/doors/{door}/present", data={"card": card})
    return shown.json()["show"]["say"]


def test_from_a_new_member_to_an_overturned_entry(panel: Panel) -> None:
    person = post(panel, "/people", {"name": "Ada Lovelace", "evidence": "form 1"}, 201)["id"]
    post(panel, f"/people/{person}/cards", {"number": "47 11", "label": "blue fob"})
    assert verdict(panel, "front", "4711") == "yes"
    post(panel, f"/people/{person}/holdings", {"what": "laser-induction", "evidence": "sheet 3"})
    entry = {"kind": "machine-left-running", "evidence_kind": "incident-report", "title": "incident 14"}
    post(panel, f"/people/{person}/entries", entry, 204)
    assert verdict(panel, "laser-room", "4711") == "no"
    shown = post(panel, f"/people/{person}/open", WHY)
    assert shown["score"]["value"] == 592
    [line] = shown["entries"]
    words = {"kind": "entry", "number": line["id"], "words": "It was not me."}
    number = post(panel, f"/people/{person}/contests", words)["contest"]
    assert [one["id"] for one in get(panel, "/contests")["contests"]] == [number]
    assert "wrote what is contested" in post(panel, f"/contests/{number}/assign", {"reviewer": "test"}, 409)["why"]
    post(panel, f"/contests/{number}/assign", {"reviewer": "somebody-else"})
    case = post(panel, f"/contests/{number}/look-up", WHY)
    assert (case["name"], case["words"]) == ("Ada Lovelace", "It was not me.")
    assert post(panel, f"/contests/{number}/weigh", WHY, 409)["why"]
    assert post(panel, f"/contests/{number}/overturn", {"reasons": "It was another."}, 409)["why"]


def test_orders_need_a_purpose_and_are_recorded(panel: Panel) -> None:
    assert post(panel, "/lockdown", {}, 400)["what"]
    locked = post(panel, "/lockdown", {"door": "studio", **WHY})
    assert locked["index"] > 0
    assert [one["word"] for one in get(panel, "/now")["doors"] if one["id"] == "studio"] == ["locked down"]
    post(panel, "/resume", {"door": "studio", **WHY})
    assert panel.client.put("/api/v1/doors/studio/face-off", json=WHY).status_code == 200
    assert get(panel, "/doors/studio")["face_off_since_ms"]
    assert panel.client.request("DELETE", "/api/v1/doors/studio/face-off", json=WHY).status_code == 200
    assert post(panel, "/doors/cellar/release", WHY, 404)["why"]
    assert post(panel, "/alarms/99/acknowledge", None, 404)["now"]
    kinds = {one["kind"] for one in _all(panel)}
    assert {"lockdown", "resume", "face-off", "face-on"} <= kinds


def test_records_come_in_pages_that_end(panel: Panel) -> None:
    positions = [one["position"] for one in _all(panel)]
    assert positions == sorted(positions, reverse=True)
    assert positions == list(range(positions[0], -1, -1)), "none is left out, and none comes twice"
    assert panel.client.get("/api/v1/records", params={"limit": 0}).status_code == 400
    exported = panel.client.post("/api/v1/records/export", json={"first": 0, "last": 5, **WHY})
    assert len(exported.text.splitlines()) == 6


def test_a_decision_is_opened_proved_and_counted(panel: Panel) -> None:
    panel.client.post("/api/v1/doors/front/present", data={"card": "99999999"})
    position = get(panel, "/decisions", limit=1)["decisions"][0]["position"]
    assert post(panel, f"/records/{position}/look-up", WHY)["body"]["reason"] == "card-unknown"
    assert post(panel, f"/decisions/{position}/verify", WHY)["holds"]
    assert "Ada" not in panel.client.get("/api/v1/numbers").text


def test_a_policy_is_published_and_remembered(panel: Panel) -> None:
    text = get(panel, "/policy")["text"]
    done = panel.client.put("/api/v1/policy", content=text.encode(), headers={"content-type": "application/yaml"})
    assert done.status_code == 200, done.text
    [newest, before, *_] = get(panel, "/policy/history")["published"]
    assert newest["version"] == before["version"] + 1
    assert get(panel, f"/policy/history/{newest['index']}")["published"]["text"] == text
    assert get(panel, "/policy/proposal") == {"second_person": False, "proposed": None}


def test_people_are_found_page_by_page(panel: Panel) -> None:
    for at in range(3):
        post(panel, "/people", {"name": f"Grace Hopper {at}", "evidence": f"form {at}"}, 201)
    found = get(panel, "/people", q="grace")
    assert (found["total"], found["next"]) == (3, None)
    person = found["people"][0]["id"]
    post(panel, f"/people/{person}/cards", {"number": "8899", "label": "fob"})
    [card] = post(panel, f"/people/{person}/open", WHY)["cards"]
    post(panel, f"/people/{person}/cards", {"number": "8900", "label": "fob", "instead_of": card["id"]})
    assert (verdict(panel, "front", "8899"), verdict(panel, "front", "8900")) == ("no", "yes")
    assert post(panel, f"/people/{person}/cards/{card['id']}/revoke", None, 409)["why"]
    assert post(panel, "/people/p-nobody/cards", {"number": "1", "label": "x"}, 404)["what"]


def _all(panel: Panel) -> list[dict[str, Any]]:
    """Every record, once the register has followed, page by page."""
    for _ in range(400):
        if get(panel, "/records", limit=1)["behind"] == 0:
            break
    found: list[dict[str, Any]] = []
    page = get(panel, "/records", limit=7)
    while True:
        found += page["records"]
        if page["next"] is None:
            return found
        page = get(panel, "/records", limit=7, before=page["next"])
