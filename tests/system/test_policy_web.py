"""The policy's tools in API and panel of a running site: the round trip, its records, and what nobody should send."""

import json
import random
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ostiary.controller import samples
from ostiary.controller.cli.demo_cases import policy as open_all_day
from ostiary.controller.record.reading import Reading
from ostiary.controller.store.places import Places
from tests.system.command_line import OSTIARY
from tests.system.web_panel import PURPOSE, Panel, open_panel, words

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

API = "/api/v1/policy"
TEXT = open_all_day(closed_today=False)
STRICTER = TEXT.replace("at_least: 600", "at_least: 610")
LAPSED = TEXT.replace("member: active", "member: guest")
PARTS = ("type", "title", "status", "what", "why", "now")


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("policy-api") / "site") as panel:
        yield panel


@pytest.fixture(scope="module")
def member(panel: Panel) -> str:
    """The id of somebody whom the front door let in once and the laser room did not."""
    page, card = panel.enrol("Ada Lovelace")
    panel.step_up("front", "-", card)
    panel.step_up("laser-room", "-", card)
    return page.rsplit("/", 1)[1]


def post(panel: Panel, what: str, **body: Any) -> httpx.Response:
    return panel.client.post(f"{API}/{what}", json=body)


def last(reply: httpx.Response) -> dict[str, Any]:
    """The last line of a comparison."""
    assert reply.status_code == 200, reply.text
    *progress, end = [json.loads(line) for line in reply.text.splitlines()]
    assert all(set(told) == {"progress"} for told in progress)
    return end["done"]


def kinds(panel: Panel) -> list[str]:
    reading = Reading(Places(panel.data).log_db)
    try:
        return [row.kind for row in reading.since(-1, 100_000)]
    finally:
        reading.close()


def test_what_rules_is_shown_with_who_signed_it(panel: Panel) -> None:
    shown = panel.client.get(API).json()
    assert shown["text"] == TEXT
    assert shown["version"] >= 1
    assert shown["signature"]["holds"]
    other = panel.client.get(API, params={"key": "ostiary/northside/policy+00000000+AQ=="}).json()
    assert not other["signature"]["holds"]
    assert panel.client.get(f"{API}/schema").json()["title"] == "Ostiary policy"


def test_lint_takes_the_text_as_it_is(panel: Panel) -> None:
    told = panel.client.post(f"{API}/lint", content=samples.policy_text("laboratory")).json()
    assert (told["refused"], len(told["sha256"])) == ([], 64)
    bad = panel.client.post(f"{API}/lint", content=TEXT.replace("expires: 180d", "expires: never")).json()
    assert [found["code"] for found in bad["refused"]] == ["eternal-penalty"]
    assert set(bad["refused"][0]) == {"line", "column", "code", "found", "expected", "nearest", "why", "cure"}


def test_a_person_is_explained_for_a_purpose_only(panel: Panel, member: str) -> None:
    asked = {"person": member, "door": "laser-room"}
    assert post(panel, "explain", **asked).status_code == 400
    before = kinds(panel).count("explain")
    said = post(panel, "explain", **asked, purpose=PURPOSE, language="de").json()
    assert (said["verdict"], said["reason"]) == ("deny", "missing-holding")
    assert "Lovelace" not in json.dumps(said)
    assert kinds(panel).count("explain") == before + 1
    assert post(panel, "explain", person="p-nobody", door="front", purpose=PURPOSE).status_code in (404, 409)


def test_who_gains_and_who_loses_is_told_as_it_goes_on(panel: Panel, member: str) -> None:
    lost = last(post(panel, "compare", text=LAPSED, days=1, purpose=PURPOSE))
    assert lost["loses"] >= 1
    assert {one["person"] for one in lost["differences"] if one["kind"] == "loses"} >= {member}
    same = last(post(panel, "compare", text=TEXT, old_text=TEXT, purpose=PURPOSE))
    assert (same["loses"], same["gains"], same["differences"]) == (0, 0, [])
    refused = post(panel, "compare", text="policy: [", purpose=PURPOSE)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:ostiary:problem:policy-refused")
    assert post(panel, "compare", text=TEXT, purpose="x").status_code == 409


def test_statements_are_proved_or_refuted_by_a_case(panel: Panel) -> None:
    proved = post(panel, "prove", text=TEXT, statement="laser-room needs holds: laser-induction").json()
    assert (proved["proved"], proved["whole"]) == (True, True)
    refuted = post(panel, "prove", text=TEXT, statement="front needs holds: laser-induction").json()
    assert (refuted["proved"], refuted["proofs"][0]["outcome"]) == (False, "refuted")
    assert refuted["proofs"][0]["example"]
    assert post(panel, "no-wider", text=STRICTER).json()["proved"]
    assert not post(panel, "no-wider", old_text=STRICTER, text=TEXT).json()["proved"]
    assert 'Did you mean "opens"' in post(panel, "prove", text=TEXT, statement="opnes").json()["why"]


def test_a_decision_is_judged_again(panel: Panel, member: str) -> None:
    position = panel.client.get("/api/v1/decisions?limit=1").json()["decisions"][0]["position"]
    again = post(panel, "replay", index=position, purpose=PURPOSE).json()
    assert (again["outcome"], again["differing"]) == ("same", [])
    assert post(panel, "replay", index=2**53 - 1, purpose=PURPOSE).status_code == 404
    assert post(panel, "replay", purpose=PURPOSE).status_code == 400


def test_a_policy_judges_in_the_shadow_and_leaves_it(panel: Panel, member: str) -> None:
    assert panel.client.get(f"{API}/shadow").json()["sha256"] is None
    put = panel.client.put(f"{API}/shadow", content=STRICTER)
    assert put.status_code == 200
    assert panel.client.get(f"{API}/shadow").json()["sha256"] == put.json()["sha256"]
    assert panel.client.put(f"{API}/shadow", content=b"policy: [").status_code == 422
    assert panel.client.get(f"{API}/shadow").json()["sha256"] == put.json()["sha256"], "a broken one changes nothing"
    assert panel.client.delete(f"{API}/shadow").json() == {"sha256": None}
    assert panel.client.get(f"{API}/shadow").json()["sha256"] is None


def test_a_pack_names_persons_for_a_purpose_and_counts_them_without(panel: Panel, member: str) -> None:
    other = panel.enrol("Grace Hopper")[0].rsplit("/", 1)[1]
    told = post(panel, "pack", door="front", days=3, purpose=PURPOSE).json()
    assert (told["people"], told["next"], told["unknown"]) == (2, None, [])
    assert set(told["grants"]) == {member, other}
    assert all(told["from_ms"] <= begin < end <= told["until_ms"] for begin, end in told["grants"][member])
    assert told["revocation_window"] == {"every_ms": 900_000, "connected_ms": 900_000, "cut_off_ms": 86_400_000}
    first = post(panel, "pack", door="front", most=1, purpose=PURPOSE).json()
    rest = post(panel, "pack", door="front", after=first["next"], purpose=PURPOSE).json()
    assert (set(first["grants"]) | set(rest["grants"]), rest["next"]) == ({member, other}, None)
    silent = post(panel, "pack", door="front", most=0, purpose=PURPOSE).json()
    assert (silent["people"], silent["grants"], silent["next"]) == (2, {}, None)
    alone = post(panel, "pack", door="laser-room", purpose=PURPOSE).json()
    assert (alone["offline"], alone["people"]) == ("deny", 0)
    assert post(panel, "pack", door="cellar", purpose=PURPOSE).status_code == 404
    assert post(panel, "pack", door="front", every_ms=2 * 86_400_000, purpose=PURPOSE).status_code == 409
    assert "pack" in kinds(panel)


def test_the_command_prints_counts_and_the_window(panel: Panel, member: str) -> None:
    words = [*OSTIARY, "policy", "pack", "--door", "front", "--purpose", PURPOSE, "--data", str(panel.data)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert member not in said
    assert "15 min at most while packs arrive, and for 24 h at most when the door is cut off." in said
    told = json.loads(subprocess.run([*words, "--json"], capture_output=True, text=True, check=True).stdout)
    assert member in told["grants"]
    assert told["next"] is None
    away = subprocess.run([*words[:-1], str(panel.data / "nowhere")], capture_output=True, text=True, check=False)
    assert (away.returncode, "Start it with: ostiary run" in away.stderr) == (1, True)


def test_the_panel_publishes_what_was_previewed_and_nothing_else(panel: Panel, member: str) -> None:
    def publish(text: str) -> httpx.Response:
        return panel.client.post("/policy/publish", data={"text": text})

    def preview(text: str) -> httpx.Response:
        return panel.client.post("/policy/preview", data={"text": text, "purpose": PURPOSE})

    before = panel.client.get(API).json()["version"]
    assert "Change it" in words(panel.client.get("/policy"))
    unseen = publish(LAPSED)
    assert (unseen.status_code, "Nobody has seen a preview" in words(unseen)) == (409, True)
    seen = preview(LAPSED.replace("\n", "\r\n"))
    assert "Ada Lovelace" in words(seen)
    assert "would be kept out" in words(seen)
    assert "Publish this policy" in words(seen)
    assert publish(STRICTER).status_code == 409, "another text than the one that was seen"
    assert publish(LAPSED).headers["location"] == "/policy?done=published"
    ruling = panel.client.get(API).json()
    assert (ruling["text"], ruling["version"]) == (LAPSED, before + 1)
    assert publish(LAPSED).status_code == 409, "the preview was against the policy before"
    preview(TEXT)
    assert publish(TEXT).status_code == 303


def test_the_panel_says_beside_each_line_what_is_refused(panel: Panel) -> None:
    bad = TEXT.replace("expires: 180d", "expires: never")
    told = panel.client.post("/policy/preview", data={"text": bad, "purpose": PURPOSE})
    said = words(told)
    assert "1 to mend" in said
    at = next(number for number, line in enumerate(bad.split("\n"), 1) if "never" in line)
    assert f"{at} {bad.split(chr(10))[at - 1].strip()}" in said
    assert "Publish this policy" not in said
    assert panel.client.post("/policy/publish", data={"text": bad}).status_code in (409, 422)
    for text, purpose in (("", PURPOSE), (TEXT, "x"), ("[" * 50_000, PURPOSE), ("x" * 60_000, PURPOSE)):
        reply = panel.client.post("/policy/preview", data={"text": text, "purpose": purpose})
        assert reply.status_code < 500
        assert "Publish this policy" not in words(reply)
    assert panel.client.post("/policy/publish", data={"text": "policy: ["}).status_code == 422


BODIES = (
    b"", b"null", b"[]", b"{", b"[" * 60_000, b'{"a":' * 60_000, b"\xff\xfe\x00", b"\x00" * 1_000, b'{"text":{}}',
    b'{"text":[],"statement":3}', b'{"person":1,"door":2,"purpose":3}', b'{"index":-1,"purpose":"a test"}',
    b'{"index":1e300,"purpose":"a test"}', b'{"index":' + b"9" * 6_000 + b"}", b'{"text":"","purpose":"a test"}',
    b'{"text":"a","days":99999,"purpose":"a test"}', b'{"text":"\\ud800","purpose":"a test"}', b"x" * 600_000,
    b'{"person":"\\u0000","door":"front","purpose":"a test"}', b'{"door":"front","days":"7","purpose":"a test"}',
    b'{"person":"p-nobody","door":"front","at_ms":9007199254740991,"purpose":"a test"}',
    b'{"receipt":"; drop table record","purpose":"a test"}', b'{"text":"' + b"- " * 25_000 + b'","purpose":"a test"}',
    b'{"door":"front","after":"\\uffff","every_ms":1,"purpose":"a test"}',
)  # fmt: skip


@pytest.mark.parametrize("what", ["explain", "compare", "prove", "no-wider", "replay", "pack"])
def test_no_body_makes_it_stumble(panel: Panel, what: str) -> None:
    for body in BODIES:
        reply = panel.client.post(f"{API}/{what}", content=body)
        assert reply.status_code < 500, (what, body[:60], reply.text)
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
            assert all(reply.json()[part] for part in PARTS), (what, body[:60])


def test_no_page_makes_it_stumble(panel: Panel) -> None:
    dice = random.Random(7)
    pages = [b"", b"\xff", b"[" * 50_000, b"a: &a [*a]", b"- " * 28_000, b"{" * 9_000, b"x" * 500_000, b"\x00" * 9]
    pages += [bytes(dice.randrange(256) for _ in range(300)), "policy: ü".encode("utf-16"), b"? " * 20_000]
    for page in pages:
        told = panel.client.post(f"{API}/lint", content=page)
        assert told.status_code == 200, told.text
        assert told.json()["refused"]
    for page in pages[:4]:
        assert panel.client.put(f"{API}/shadow", content=page).status_code == 422
    assert panel.client.post(f"{API}/lint", content=b"x" * 600_000).status_code == 413


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_can_do_none_of_it(panel: Panel, headers: dict[str, str]) -> None:
    body = {"text": TEXT, "purpose": PURPOSE}
    assert panel.client.post(f"{API}/compare", json=body, headers=headers).status_code == 403
    assert panel.client.put(f"{API}/shadow", content=TEXT, headers=headers).status_code == 403
    assert panel.client.delete(f"{API}/shadow", headers=headers).status_code == 403


def test_every_address_is_described_with_an_example(panel: Panel) -> None:
    described = panel.client.get("/api/v1/openapi.json").json()["paths"]
    of_policy = {path: methods for path, methods in described.items() if path.startswith(API)}
    assert len(of_policy) >= 14
    for path, methods in of_policy.items():
        for method, said in methods.items():
            assert said["description"], path
            for content in said.get("requestBody", {}).get("content", {}).values():
                assert "example" in content or content["schema"] == {"type": "string"}, (path, method)
            if path != f"{API}/schema":
                assert any("example" in one for one in said["responses"]["200"]["content"].values()), (path, method)
