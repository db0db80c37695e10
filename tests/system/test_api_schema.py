"""The JSON API as its own description has it: whatever schemathesis sends, no answer is a mistake of ours.

The short form sends a few requests to every route; OSTIARY_LONG=1 sends many.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ostiary.controller.people.roles import DEEDS, ROLES, may
from tests.system.command_line import OSTIARY
from tests.system.web_panel import Panel, open_panel

LONG = bool(os.environ.get("OSTIARY_LONG"))
EXAMPLES = "200" if LONG else "4"
pytestmark = [pytest.mark.system, pytest.mark.timeout(3600 if LONG else 240)]

# A stream never ends; and a solver's proofs take their time, so the short form leaves them to their own tests.
LEFT_OUT = "^/api/v1/live$" if LONG else "^/api/v1/(live|policy/(prove|no-wider))$"


def token_of(panel: Panel) -> str:
    scopes = [word for deed in DEEDS if may(ROLES, deed) for word in ("--scope", deed)]
    asked = [*OSTIARY, "token", "new", "schema", *scopes, "--data", str(panel.data), "--operator", "office", "--json"]
    return json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)["token"]


def test_no_answer_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with open_panel(tmp_path / "site") as panel:
        head = {"authorization": f"Bearer {token_of(panel)}"}
        description = f"{panel.address}/api/v1/openapi.json"
        shown = httpx.get(description).json()
        assert shown["info"]["title"] == "Ostiary" and len(shown["paths"]) > 30
        described(shown)
        once(panel, head)
        watched(panel, head)
        run = [
            *(sys.executable, "-m", "schemathesis.cli", "run", description),
            *("--header", f"Authorization: {head['authorization']}"),
            *("--checks", "not_a_server_error", "--max-examples", EXAMPLES, "--seed", "1", "--no-color"),
            *("--exclude-path-regex", LEFT_OUT, "--phases", "examples,fuzzing", "--workers", "1"),
            *("--generation-database", "none"),
        ]
        done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert "Tested: " in done.stdout and "Tested: 0" not in done.stdout
        assert httpx.get(f"{panel.address}/readyz").json() == {"ready": True}


def described(shown: dict) -> None:
    """Every route is titled, tagged and shows an example; every one that asks says its deed."""
    for path, methods in shown["paths"].items():
        for method, operation in methods.items():
            at = f"{method} {path}"
            assert operation["summary"] and operation["description"] and operation["tags"], at
            if path.startswith("/api/") and path != "/api/v1/live":
                assert operation["x-ostiary-deed"] in DEEDS, at


def once(panel: Panel, head: dict[str, str]) -> None:
    """A write with a key is done once, and answered as the first time."""
    body = {"name": "Ada Lovelace", "evidence": "form 1"}
    with httpx.Client(base_url=panel.address, headers=head) as program:
        keyed = {"idempotency-key": "enrol-1"}
        first = program.post("/api/v1/people", json=body, headers=keyed)
        again = program.post("/api/v1/people", json=body, headers=keyed)
        assert (first.status_code, again.status_code) == (201, 201), first.text
        assert first.json() == again.json() and again.headers["idempotent-replayed"] == "true"
        assert program.get("/api/v1/people").json()["total"] == 1
        other = program.post("/api/v1/people", json=body | {"name": "Grace"}, headers=keyed)
        assert (other.status_code, other.json()["type"]) == (422, "urn:ostiary:problem:key-reused")
        refused = program.post("/api/v1/people", json={"name": ""}, headers={"idempotency-key": "enrol-2"})
        assert refused.status_code == 400 and {"what", "why", "now"} <= refused.json().keys()
        person = first.json()["id"]
        opened = program.post(f"/api/v1/people/{person}/open", json={"purpose": "a test looks"})
        assert opened.json()["name"] == "Ada Lovelace", opened.text


def watched(panel: Panel, head: dict[str, str]) -> None:
    """Numbers are told on loopback and to a token that is for them; a bad token gets none."""
    assert "ostiary_keeper_up 1.0" in httpx.get(f"{panel.address}/metrics").text
    assert httpx.get(f"{panel.address}/metrics", headers=head).status_code == 200
    assert httpx.get(f"{panel.address}/metrics", headers={"authorization": "Bearer x"}).status_code == 401
    assert httpx.get(f"{panel.address}/healthz").json() == {"alive": True}
