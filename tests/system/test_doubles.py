"""A face that is enrolled already is put to a human, and an unknown card is learnt where it was just shown."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Table, func, select

from ostiary.controller.record.reading import Reading
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.people_db import follow_people
from ostiary.controller.store.places import Places
from ostiary.controller.web.faces import installed
from tests.system.web_panel import PURPOSE, Panel, open_panel, words

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
faces = pytest.mark.skipif(not installed(), reason="the face extra is not installed")
PICTURE = "member-1"


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("doubles") / "site") as panel:
        yield panel


@pytest.fixture(autouse=True)
def no_purpose(panel: Panel) -> None:
    panel.client.post("/purpose/end")


def number_of(panel: Panel, table: Table) -> int:
    engine = follow_people(Places(panel.data).people_db)
    try:
        with engine.connect() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()
    finally:
        engine.dispose()


def records(panel: Panel, kind: str) -> list[dict[str, Any]]:
    """The newest first, opened as an operator opens them."""
    reading = Reading(Places(panel.data).log_db)
    found = [row.position for row in reversed(reading.since(-1, 100_000)) if row.kind == kind]
    reading.close()
    paths = [f"/api/v1/records/{position}/look-up" for position in found]
    return [panel.client.post(path, json={"purpose": PURPOSE}).json()["body"] for path in paths]


def newcomer(panel: Panel, name: str) -> httpx.Response:
    fields = {"name": name, "evidence": f"form of {name}", "portrait": PICTURE, "consent": "yes"}
    return panel.client.post("/people/enrol", data=fields)


def answer(reply: httpx.Response) -> dict[str, str]:
    """The hidden fields of the question."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', reply.text))


@faces
def test_a_face_that_is_enrolled_already_stops_and_a_human_decides(panel: Panel) -> None:
    ada, _ = panel.enrol("Ada Lovelace", PICTURE)
    people, templates = number_of(panel, tables.person), number_of(panel, tables.template)

    stopped = newcomer(panel, "Ada L.")
    assert stopped.status_code == 409
    said = words(stopped)
    assert "Is this somebody who is enrolled already?" in said and "Ada Lovelace" not in said, said
    assert (number_of(panel, tables.person), number_of(panel, tables.template)) == (people, templates), (
        "nothing is enrolled"
    )
    asked = answer(stopped)

    blind = panel.client.post("/people/duplicate/settle", data={**asked, "is": "another", "reason": "no idea"})
    assert "Nobody has looked" in words(blind)
    assert number_of(panel, tables.person) == people, "an answer that is refused enrols nobody"

    shown = panel.client.post("/people/duplicate", data={**asked, "purpose": PURPOSE})
    assert "Yes, it is Ada Lovelace" in words(shown)
    assert "0." not in words(shown), "no score is shown"
    [looked] = records(panel, "see-duplicate")
    assert looked["purpose"] == PURPOSE and looked["operator"] == "test"

    same = panel.client.post("/people/duplicate/settle", data={**asked, "is": ada.removeprefix("/people/")})
    assert same.headers["location"].split("?")[0] == ada
    assert (number_of(panel, tables.person), number_of(panel, tables.template)) == (people, templates + 1)
    again = panel.client.post("/people/duplicate/settle", data={**asked, "is": ada.removeprefix("/people/")})
    assert "not held any more" in words(again), "it is taken once"


@faces
def test_somebody_else_goes_on_with_a_reason_that_is_recorded(panel: Panel) -> None:
    grace, _ = panel.enrol("Grace Hopper")
    panel.purpose()
    stopped = panel.client.post(f"{grace}/face", data={"portrait": PICTURE, "consent": "yes"})
    assert stopped.status_code == 409 and "Yes, it is Ada Lovelace" in words(stopped)
    assert number_of(panel, tables.consent) == 1, "no consent is written for a face that waits"
    asked = answer(stopped)
    short = panel.client.post("/people/duplicate/settle", data={**asked, "is": "another", "reason": "x"})
    assert "The reason is too short." in words(short)
    twin = {**asked, "is": "another", "reason": "Twins; both were here."}
    settled = panel.client.post("/people/duplicate/settle", data=twin)
    assert settled.headers["location"].split("?")[0] == grace, words(settled)
    judged, enrolled = records(panel, "judge-duplicate")[0], records(panel, "enrol-face")[0]
    assert (judged["reason"], judged["same"]) == ("Twins; both were here.", None)
    assert enrolled["person"] == grace.removeprefix("/people/") and enrolled["judged"] is not None


def test_the_unknown_card_that_was_just_shown_is_given_to_its_person(panel: Panel) -> None:
    person, _ = panel.enrol("Mary Jackson")
    learn = {"door": "front", "label": "green fob 3"}
    early = panel.client.post(f"{person}/cards/learn", data=learn)
    assert early.status_code == 409 and "No unknown card was shown at front" in words(early)

    panel.step_up("front", card="90817263")
    other = panel.client.post(f"{person}/cards/learn", data={**learn, "door": "studio"})
    assert other.status_code == 409, "what one door heard, no other did"
    given = panel.client.post(f"{person}/cards/learn", data=learn)
    assert given.headers["location"] == f"{person}?done=card", words(given)
    assert "yes" in words(panel.step_up("front", card="90817263"))
    assert panel.client.post(f"{person}/cards/learn", data=learn).status_code == 409, "it is taken once"

    [body] = records(panel, "learn-card")
    assert body["door"] == "front" and "90817263" not in json.dumps(body) and "tag" not in body


def test_the_same_over_the_api(panel: Panel) -> None:
    made = panel.client.post("/api/v1/people", json={"name": "Annie Easley", "evidence": "form 9"}).json()["id"]
    panel.step_up("front", card="55667788")
    learn = {"door": "front", "label": "fob"}
    assert panel.client.post(f"/api/v1/people/{made}/cards/learn", json=learn).json() == {"person": made}
    assert panel.client.post(f"/api/v1/people/{made}/cards/learn", json=learn).status_code == 409
    assert panel.client.post(f"/api/v1/people/{made}/cards/learn", json={**learn, "door": "moon"}).status_code == 404


@faces
def test_a_face_over_the_api(panel: Panel) -> None:
    def post(path: str, **body: str) -> httpx.Response:
        return panel.client.post(f"/api/v1/people{path}", json=body)

    def template() -> Any:
        sent = {"portrait": PICTURE, "consent": "yes"}
        return panel.client.post(f"/api/v1/people/{made}/face", data=sent).json()

    made = post("", name="Dorothy Vaughan", evidence="form 12").json()["id"]
    unasked = panel.client.post(f"/api/v1/people/{made}/face", data={"portrait": PICTURE})
    assert unasked.status_code == 400 and "no consent" in unasked.json()["why"]
    held = template()["held"]
    assert held is not None, "it is the face of others"
    assert post(f"/{made}/face/settle", held=held, reason="Another sister.").status_code == 409, "nobody has looked"
    looked = post(f"/{made}/face/look-up", held=held, purpose=PURPOSE).json()["people"]
    assert "Ada Lovelace" in {one["name"] for one in looked}
    assert post(f"/{made}/face/settle", held=held, reason="Another sister.").json() == {"person": made}
    again = template()["held"]
    looked = post(f"/{made}/face/look-up", held=again, purpose=PURPOSE).json()["people"]
    assert made not in {one["id"] for one in looked}, "one's own face is no doubt"
    same = looked[0]["id"]
    assert post(f"/{made}/face/settle", held=again, same=same).json() == {"person": same}
    assert post(f"/{made}/face/settle", held=again, same=same).status_code == 409
