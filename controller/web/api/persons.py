"""Persons as JSON: finding, enrolling, and opening one, which needs a purpose and becomes a record they can see."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web import enrolling, keeping_out, roster
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.problem import BadForm, RuleBroken
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/people", tags=["people"])

PersonId = Annotated[str, Path(pattern="^p-[a-z2-7]{16}$")]
ONE = {"id": "p-mfrggzdfmztwq2lk", "name": "Ada Lovelace"}
TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
NONE: dict[int | str, dict[str, Any]] = {204: {"description": "Done"}}


@router.get("", dependencies=[signed_in("list-people")], responses=answers({"people": [ONE], "total": 1, "next": None}))
async def people(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words of a name, or an id")] = "",
    at: Annotated[int, Query(ge=0, le=2**31, description="The `next` of the page before")] = 0,
) -> dict[str, Any]:
    """By name, fifty a page."""
    found = await run_in_threadpool(desk_of(request).directory.find, q, at, enrolling.now_ms())
    listed = [{"id": one.id, "name": one.name} for one in found.people]
    return {"people": listed, "total": found.total, "next": found.following}


@router.post(
    "",
    status_code=201,
    openapi_extra=described(
        {"name": "Ada Lovelace", "evidence": "enrolment form of 3 March"},
        {"name": TEXT, "evidence": TEXT},
        ("name", "evidence"),
    ),
    responses={201: answers({"id": ONE["id"]})[200]},
)
async def enrol(request: Request, who: Annotated[Operator, signed_in("enrol")]) -> dict[str, Any]:
    """A new member, by the title of their enrolment form. Faces and cards follow in the panel, where the person is."""
    body = await Body.of(request, "name", "evidence")
    name, evidence = _line(body, "name"), _line(body, "evidence")
    made = await enrolling.enrol(desk_of(request), name, evidence, who.name, with_card=False, with_consent=False)
    return {"id": made}


@router.post(
    "/{person}/open",
    dependencies=[signed_in("open-person")],
    openapi_extra=described({"purpose": "Ada asked what counts"}, {"purpose": PURPOSE}, ("purpose",)),
    responses=answers(ONE | {"score": {}, "entries": [], "spans": [], "cards": []}),
)
async def opened(request: Request, person: PersonId) -> Any:
    """What the person's page shows: score, entries, spans, cards. They can read who looked and why."""
    desk = desk_of(request)
    body = await Body.of(request, "purpose")
    named = await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    await desk.act("look-at-ledger", {"person": named.id}, body.text("purpose"))
    policy = await desk.policy()
    shown = await run_in_threadpool(roster.person_page, desk.reading, person, policy, desk.pocket, enrolling.now_ms())
    told = asdict(shown)
    wanted = ("score", "entries", "spans", "cards", "face")
    return {"id": named.id, "name": named.name} | {part: told[part] for part in wanted if part in told}


@router.post(
    "/{person}/entries",
    status_code=204,
    openapi_extra=described(
        {"kind": "safety-round", "evidence_kind": "round-sheet", "title": "round of 3 March"},
        {"kind": TEXT, "evidence_kind": TEXT, "title": TEXT},
        ("kind", "evidence_kind", "title"),
    ),
    responses=NONE,
)
async def entry(request: Request, person: PersonId, who: Annotated[Operator, signed_in("ledger-entry")]) -> Response:
    """An entry that happened now, of a kind of the policy, by its document."""
    desk = desk_of(request)
    body = await Body.of(request, "kind", "evidence_kind", "title")
    policy = await desk.policy()
    kinds = {choice.name for choice in roster.recordable(policy)}
    kind, rests_on = _line(body, "kind"), _line(body, "evidence_kind")
    if policy is None or f"{kind}:{rests_on}" not in kinds:
        raise RuleBroken(
            "No entry was recorded.", "The policy has no such kind with such a document.", "Read GET /api/v1/policy."
        )
    document = enrolling.document(rests_on, _line(body, "title"))
    await enrolling.record_entry(desk, person, policy, kind, document, {"operator": who.name})
    return Response(status_code=204)


@router.post(
    "/{person}/suspend",
    status_code=204,
    openapi_extra=described(
        {"hours": 24, "why": "Threatened somebody at the saw."},
        {"hours": {"type": "integer", "minimum": 1, "maximum": 72}, "why": {**TEXT, "maxLength": 500}},
        ("hours", "why"),
    ),
    responses=NONE,
)
async def suspend(request: Request, person: PersonId, who: Annotated[Operator, signed_in("suspend")]) -> Response:
    """In immediate danger: no door lets the person in for so many hours. It ends by itself."""
    body = await Body.of(request, "hours", "why")
    hours, why = body.whole("hours", 1, 72), _line(body, "why", 500)
    await keeping_out.suspend(desk_of(request), person, hours, why, {"operator": who.name})
    return Response(status_code=204)


@router.post("/{person}/lift", status_code=204, responses=NONE)
async def lift(request: Request, person: PersonId, who: Annotated[Operator, signed_in("suspend")]) -> Response:
    """The danger is over: the suspension ends now."""
    await keeping_out.lift(desk_of(request), person, {"operator": who.name})
    return Response(status_code=204)


@router.delete("/{person}/face", dependencies=[signed_in("withdraw-face")], status_code=204, responses=NONE)
async def withdraw_face(request: Request, person: PersonId) -> Response:
    """Withdraw the person's face: consent ended, templates deleted, their key destroyed."""
    await enrolling.withdraw_face(desk_of(request), person)
    return Response(status_code=204)


def _line(body: Body, name: str, most: int = 200) -> str:
    """One line that can be shown. Raises `BadForm`."""
    said = " ".join(body.text(name, most=most).split())
    if not said or not said.isprintable():
        raise BadForm("The request was not understood.", f"{name} is one line that can be shown.", "Correct it.")
    return said
