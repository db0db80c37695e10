"""Where outside systems report what happened: signed, bounded, and one entry for one document, however often sent."""

from fastapi import APIRouter
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from ostiary.controller.people.evidence import Evidence
from ostiary.controller.people.ledger import LedgerEntry
from ostiary.controller.people.reporting import Report, as_record, enter
from ostiary.controller.people.roles import WEB
from ostiary.controller.policy.document import Policy
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.problem import BadForm, NotSigned, RuleBroken
from ostiary.controller.web.signin.who import anybody
from ostiary.protocol import base64url, strict_json
from ostiary.protocol.errors import Refused

router = APIRouter(tags=["reports"], dependencies=[anybody("each report is signed by its source")])

SIGNED = {
    "x-ostiary-source": "The name that `ostiary ledger source add` was given",
    "x-ostiary-time": "Unix seconds; at most 5 minutes from the site's clock",
    "x-ostiary-signature": "HMAC-SHA256, 64 hex digits, of the time, a full stop and the body, under the secret",
}
_BODY = {
    "type": "object",
    "required": ["person", "kind", "evidence", "occurred_ms"],
    "properties": {
        "person": {"type": "string", "description": "The person's id"},
        "kind": {"type": "string", "description": "An entry kind of the policy, which says what it weighs"},
        "occurred_ms": {"type": "integer", "description": "When it happened, in Unix milliseconds"},
        "evidence": {
            "type": "object",
            "required": ["id", "sha256", "kind", "title"],
            "properties": {name: {"type": "string"} for name in ("id", "sha256", "kind", "title")},
        },
    },
}


@router.post(
    "/hooks/ledger",
    openapi_extra={
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
            for name, said in SIGNED.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
    },
)
async def report(request: Request) -> JSONResponse:
    """Report what happened, with its document: 201 for a new entry, 200 for a known one; nothing is written twice."""
    desk = desk_of(request)
    source = request.headers.get("x-ostiary-source", "")
    desk.often.take(source)
    body = await request.body()
    await _signed(desk, request, source, body)
    reported = _report(body)
    policy = await desk.policy()
    if policy is None:
        raise RuleBroken(
            "No entry was recorded.",
            "The site has no policy that says what it weighs.",
            "Publish one, then send again.",
        )
    entry, new = await run_in_threadpool(_enter, desk, desk.people, reported, policy, f"source {source}")
    if new:
        await desk.refresh()
    return JSONResponse({"entry": entry.id, "points": entry.points, "new": new}, 201 if new else 200)


async def _signed(desk: Desk, request: Request, source: str, body: bytes) -> None:
    asked = {
        "source": source,
        "time": request.headers.get("x-ostiary-time", ""),
        "body": base64url.encode(body),
        "signature": request.headers.get("x-ostiary-signature", ""),
    }
    done = await desk.act("source-verify", asked, operator=WEB)
    if not done["holds"]:
        raise NotSigned(
            "The report was not taken.",
            "Its source is unknown, its signature does not hold, or its time is more than 5 minutes from the site's.",
            "Sign the time, a full stop and the very bytes of the body with the source's secret, and check the clock.",
        )


def _report(body: bytes) -> Report:
    try:
        told = strict_json.loads_object(body)
    except Refused as error:
        raise _bad(f"It is not JSON as it should be ({error.detail}).") from error
    match told:
        case {
            "person": str(person),
            "kind": str(kind),
            "evidence": {"id": str(id_), "sha256": str(sha256), "kind": str(evidence_kind), "title": str(title)},
            "occurred_ms": int(occurred_ms),
        } if type(occurred_ms) is int:
            return Report(person, kind, Evidence(id_, sha256, evidence_kind, title), occurred_ms)
    raise _bad("It needs person, kind, occurred_ms, and evidence with id, sha256, kind and title.")


def _bad(why: str) -> BadForm:
    return BadForm("The report was not understood.", why, "Correct it and send it again.")


def _enter(desk: Desk, engine: Engine, reported: Report, policy: Policy, author: str) -> tuple[LedgerEntry, bool]:
    """Written, recorded by the keeper, and only then committed."""
    with engine.begin() as conn:
        entry, new = enter(conn, reported, policy, author, now_ms())
        if new:
            desk.act_now("ledger-entry", as_record(entry, reported), operator=author)
    return entry, new
