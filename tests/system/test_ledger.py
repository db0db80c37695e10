"""Entries that come from outside: a file that is looked at and then imported, and signed reports of other systems."""

import hashlib
import hmac
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ostiary.controller.people import ledger, registry
from ostiary.controller.people.importing import COLUMNS
from ostiary.controller.record.reading import Reading
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places
from tests.system.left_on_disk import contents
from tests.system.web_panel import Panel, open_panel

pytestmark = pytest.mark.system
OSTIARY = (sys.executable, "-m", "ostiary.controller.cli")
WHO = {"operator": "test"}
SHEET = {"id": "sheet-1", "sha256": "1" * 64, "kind": "round-sheet", "title": "Round of May"}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("ledger") / "site") as panel:
        yield panel


@pytest.fixture
def person(panel: Panel) -> str:
    path, _ = panel.enrol("Ada")
    return path.rpartition("/")[2]


def ostiary(panel: Panel, *words: str | Path) -> subprocess.CompletedProcess[str]:
    line = [*OSTIARY, *map(str, words), "--data", str(panel.data)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def entries(panel: Panel, person: str) -> list[ledger.LedgerEntry]:
    engine = open_people(Places(panel.data).people_db)
    try:
        with engine.begin() as conn:
            registry.person_here(conn, person)
            return list(ledger.ledger(conn, person))
    finally:
        engine.dispose()


def records(panel: Panel, kind: str, person: str) -> list[dict[str, Any]]:
    """The records of a kind about this person, as a look-up opens them."""
    reading = Reading(Places(panel.data).log_db)
    rows = [row for row in reading.since(-1) if row.kind == kind]
    reading.close()
    opened = [panel.keeper.act_now("look-up", {"index": row.position}, purpose="a test", **WHO) for row in rows]
    return [one["body"] for one in opened if one["body"].get("person") == person]


# --- a file ------------------------------------------------------------------------------------------------------


def sheet(person: str, document: str = "sheet-1", occurred: str = "2026-06-06T10:00:00+02:00") -> str:
    return f"{person},safety-round,{document},{'1' * 64},round-sheet,Round of June,{occurred}"


def test_a_file_is_looked_at_and_then_imported(panel: Panel, person: str, tmp_path: Path) -> None:
    file = tmp_path / "rounds.csv"
    file.write_text("\n".join((",".join(COLUMNS), sheet(person), sheet(person, "sheet-2"), sheet(person))) + "\n")
    looked = ostiary(panel, "ledger", "import", file, "--dry-run", "--json")
    assert looked.returncode == 0, looked.stderr
    head, *rows = [json.loads(line) for line in looked.stdout.splitlines()]
    assert (head["added"], head["unchanged"], head["conflicting"], head["refused"]) == (2, 1, 0, 0)
    assert [(row["state"], row["line"]) for row in rows] == [("added", 2), ("added", 3), ("unchanged", 4)]
    assert entries(panel, person) == []

    wrong = ostiary(panel, "ledger", "import", file, "--expect", "0" * 64)
    assert wrong.returncode == 1
    assert "Look at the difference again" in wrong.stderr
    assert entries(panel, person) == []

    done = ostiary(panel, "ledger", "import", file, "--expect", head["difference"], "--operator", "office")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Imported: 2.")
    assert [(one.points, one.author) for one in entries(panel, person)] == [(6, "office"), (6, "office")]
    [told] = records(panel, "ledger-import", person)
    assert (told["count"], told["import"], told["file"]) == (2, head["difference"], "rounds.csv")
    assert [one["evidence"] for one in told["entries"]] == ["sheet-1", "sheet-2"]

    again = ostiary(panel, "ledger", "import", file)
    assert again.stdout.startswith("0 added, 3 unchanged")
    assert len(entries(panel, person)) == 2


def test_one_mistake_keeps_everything_out(panel: Panel, person: str, tmp_path: Path) -> None:
    file = tmp_path / "rounds.csv"
    file.write_bytes("\n".join((",".join(COLUMNS), sheet(person, "a"), sheet("p-nobody"))).encode() + b"\n\xff\xfe\n")
    for words in (("--dry-run",), ()):
        done = ostiary(panel, "ledger", "import", file, *words)
        assert done.returncode == 1
        assert "1 added, 0 unchanged, 0 conflicting, 2 refused" in done.stdout
        assert "line 3, refused: The person's id 'p-nobody' was not taken." in done.stdout
    assert "Nothing was imported." in done.stderr
    assert entries(panel, person) == []


def test_a_file_that_is_none_ends_in_one_sentence(panel: Panel, tmp_path: Path) -> None:
    missing = ostiary(panel, "ledger", "import", tmp_path / "none.csv")
    assert missing.returncode == 2
    binary = tmp_path / "binary.csv"
    binary.write_bytes(bytes(range(256)) * 200)
    refused = ostiary(panel, "ledger", "import", binary)
    assert refused.returncode == 1
    assert "no table of entries" in refused.stderr


def test_a_ledger_is_shown_for_a_purpose_that_is_recorded(panel: Panel, person: str, tmp_path: Path) -> None:
    file = tmp_path / "rounds.csv"
    file.write_text("\n".join((",".join(COLUMNS), sheet(person, f"shown-{person}"))) + "\n")
    assert ostiary(panel, "ledger", "import", file).returncode == 0
    refused = ostiary(panel, "ledger", "show", person, "--purpose", "")
    assert "needs a purpose" in refused.stderr
    shown = ostiary(panel, "ledger", "show", person, "--purpose", "Ada asked", "--operator", "office")
    [entry] = entries(panel, person)
    assert f"entry {entry.id}: safety-round +6, 06 June 2026. Counts until 06 June 2027." in shown.stdout
    assert "membership" in shown.stdout
    [looked] = records(panel, "look-at-ledger", person)
    assert (looked["operator"], looked["purpose"]) == ("office", "Ada asked")


def test_more_time_at_a_door_is_given_without_a_reason(panel: Panel, person: str) -> None:
    for words, given in (((), True), (("--off",), False)):
        done = ostiary(panel, "standing", "more-time", person, *words, "--json")
        assert json.loads(done.stdout) == {"person": person, "more_time": given}
    assert [one["more_time"] for one in records(panel, "more-time", person)] == [True, False]


# --- an outside system -------------------------------------------------------------------------------------------


def add_source(panel: Panel, name: str) -> str:
    done = ostiary(panel, "ledger", "source", "add", name, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["secret"]


def report(
    panel: Panel, secret: str, told: dict[str, Any] | bytes, *, source: str = "training", off_s: int = 0, **headers: str
) -> httpx.Response:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    seconds = str(int(time.time()) + off_s)
    signed = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    head = {"x-ostiary-source": source, "x-ostiary-time": seconds, "x-ostiary-signature": signed} | headers
    return panel.client.post("/hooks/ledger", content=body, headers=head)


def test_a_signed_report_gives_one_entry_however_often_it_comes(panel: Panel, person: str) -> None:
    secret = add_source(panel, "training")
    told = {
        "person": person,
        "kind": "safety-round",
        "evidence": SHEET | {"id": f"sheet-of-{person}"},
        "occurred_ms": 1_780_000_000_000,
    }
    first = report(panel, secret, told)
    assert first.status_code == 201, first.text
    assert first.json() | {"entry": 0} == {"entry": 0, "points": 6, "new": True}
    for again in (report(panel, secret, told), report(panel, secret, told, off_s=200)):
        assert (again.status_code, again.json()["new"]) == (200, False)
    [entry] = entries(panel, person)
    assert entry.author == "source training"
    [recorded] = records(panel, "ledger-entry", person)
    assert (recorded["operator"], recorded["points"], recorded["entry"]) == ("source training", 6, entry.id)
    other = report(panel, secret, told | {"occurred_ms": 1_780_000_000_001})
    assert other.status_code == 409
    assert "a document counts once" in other.json()["why"]

    # What is not signed by the source, now, is not taken; and nobody learns which part was wrong.
    refusals = [
        report(panel, "guessed", told),
        report(panel, secret, told, source="nobody"),
        report(panel, secret, told, source="../site/card"),
        report(panel, secret, told, off_s=301),
        report(panel, secret, told, off_s=-301),
        report(panel, secret, told, **{"x-ostiary-time": "now"}),
        report(panel, secret, told, **{"x-ostiary-signature": ""}),
    ]
    assert {refused.status_code for refused in refusals} == {401}
    assert len({refused.text for refused in refusals}) == 1

    # What is signed and makes no sense is told in words.
    for body, status in (
        (b"", 400),
        (b"[]", 400),
        (b'{"person": 1}', 400),
        (json.dumps(told).encode().replace(b'"kind"', b'"kind": "x", "kind"', 1), 400),
        (json.dumps(told | {"occurred_ms": True}).encode(), 400),
        (json.dumps(told | {"kind": "rond"}).encode(), 409),
        (json.dumps(told | {"person": "p-" + "z" * 16}).encode(), 404),
        (json.dumps(told | {"occurred_ms": 4_000_000_000_000}).encode(), 409),
        (json.dumps(told | {"occurred_ms": -1}).encode(), 409),
        (b"x" * 70_000, 413),
    ):
        answer = report(panel, secret, body)
        assert answer.status_code == status, (body[:80], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert entries(panel, person) == [entry]


def test_a_secret_is_shown_once_and_can_be_destroyed(panel: Panel, person: str) -> None:
    secret = add_source(panel, "gate-system")
    taken = ostiary(panel, "ledger", "source", "add", "gate-system")
    assert taken.returncode == 1
    assert "shown once" in taken.stderr
    listed = ostiary(panel, "ledger", "source", "list", "--json")
    assert "gate-system" in json.loads(listed.stdout)
    assert secret not in listed.stdout
    for path, data in contents(panel.data):
        assert secret.encode() not in data, path
    assert ostiary(panel, "ledger", "source", "remove", "gate-system").returncode == 0
    told = {"person": person, "kind": "safety-round", "evidence": SHEET, "occurred_ms": 1}
    assert report(panel, secret, told, source="gate-system").status_code == 401
    gone = ostiary(panel, "ledger", "source", "remove", "gate-system")
    assert "removed already" in gone.stderr
    assert ostiary(panel, "ledger", "source", "add", "Ümlaut").returncode == 1


def test_the_example_in_the_documentation_reports(panel: Panel, person: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    told = {"PERSON": person, "SECRET": add_source(panel, "training-system"), "SITE": panel.address}
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False, env=told)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["new"] is True
    assert [one.author for one in entries(panel, person)] == ["source training-system"]
