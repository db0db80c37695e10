"""People as JSON: find, open with a purpose, enrol, and change what they are, hold and carry."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people.contests import KINDS
from ostiary.controller.web import carrying, deciding, enrolling, keeping_out, roster
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.person import CARD_LONGEST, LABEL_LONGEST
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm, RuleBroken

router = APIRouter(prefix="/api/v1/people", tags=["people"])

PersonId = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Path(ge=0, le=2**53)]
Lists = Annotated[Operator, signed_in("list-people")]
Opens = Annotated[Operator, signed_in("open-person")]
Enrols = Annotated[Operator, signed_in("enrol")]
Enters = Annotated[Operator, signed_in("ledger-entry")]
Suspends = Annotated[Operator, signed_in("suspend")]
Contests = Annotated[Operator, signed_in("open-contest")]
TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
LATEST_MS = 2**47
DONE = answers({"person": "p-mfrggzdfmztwq2lk"})


@router.get("", responses=answers({"people": [{"id": "p-mfrggzdfmztwq2lk", "name": "Ada"}], "total": 1, "next": None}))
async def find(
    request: Request, who: Lists, q: Annotated[str, Query(max_length=200)] = "",
    at: Annotated[int, Query(ge=0, le=10**7, description="The `next` of the page before")] = 0,
) -> dict[str, Any]:  # fmt: skip
    """Those whose name holds each word, or whose id it is; by name, fifty at a time."""
    found = await run_in_threadpool(desk_of(request).directory.find, q, at, enrolling.now_ms())
    return {"people": [asdict(one) for one in found.people], "total": found.total, "next": found.following}


@router.post(
    "",
    status_code=201,
    openapi_extra=described(
        {"name": "Ada Lovelace", "evidence": "form 2026-14"}, {"name": TEXT, "evidence": TEXT}, ("name", "evidence")
    ),
)
async def enrol(request: Request, who: Enrols) -> dict[str, Any]:
    """A new member, by the title of their enrolment form. Cards and a face come after, by their own addresses."""
    body = await Body.of(request, "name", "evidence")
    desk = desk_of(request)
    name, form = body.text("name", most=200), body.text("evidence", most=200)
    return {"person": await enrolling.enrol(desk, name, form, with_card=False, with_consent=False, author=who.name)}


@router.post(
    "/{person}/look-up",
    openapi_extra=described({"purpose": "asked at the desk"}, {"purpose": PURPOSE}, ("purpose",)),
    responses=answers({"person": {"id": "p-mfrggzdfmztwq2lk", "name": "Ada"}, "entries": [], "cards": []}),
)
async def look_up(request: Request, person: PersonId, who: Opens) -> dict[str, Any]:
    """Everything about one person; recorded for them, with the purpose."""
    body = await Body.of(request, "purpose")
    desk = desk_of(request)
    await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    await desk.act("look-at-ledger", {"person": person}, body.text("purpose"), **by(who))
    policy, at_ms = await desk.policy(), enrolling.now_ms()
    shown = asdict(await run_in_threadpool(roster.person_page, desk.reading, person, policy, desk.pocket, at_ms))
    return {name: value for name, value in shown.items() if name not in ("kinds", "grantable", "chart")}


@router.post(
    "/{person}/cards",
    openapi_extra=described(
        {"number": "4711", "label": "blue fob 12"},
        {
            "number": {"type": "string", "maxLength": CARD_LONGEST},
            "label": {"type": "string", "maxLength": LABEL_LONGEST},
            "instead_of": {"type": "integer", "description": "The card that this one replaces"},
        },
        ("number", "label"),
    ),
    responses=DONE,
)
async def give_card(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """A card by its number, which is kept as a keyed hash and sealed for the keeper."""
    body = await Body.of(request, "number", "label", "instead_of")
    desk = desk_of(request)
    card = await carrying.heard(desk, "".join(body.text("number", most=CARD_LONGEST).split()))
    instead_of = body.whole("instead_of", 0, 2**53) if body.has("instead_of") else None
    await carrying.give(desk, person, card, body.text("label", most=LABEL_LONGEST), instead_of=instead_of)
    return {"person": person}


@router.post("/{person}/cards/{card}/revoke", responses=DONE)
async def revoke_card(request: Request, person: PersonId, card: Number, who: Enrols) -> dict[str, Any]:
    """The card opens nothing any more."""
    await enrolling.revoke_card(desk_of(request), person, card)
    return {"person": person}


@router.post(
    "/{person}/entries",
    openapi_extra=described(
        {"kind": "safety-round", "evidence_kind": "round-sheet", "evidence": "sheet 7"},
        {"kind": TEXT, "evidence_kind": TEXT, "evidence": TEXT, "occurred_ms": {"type": "integer"}},
        ("kind", "evidence_kind", "evidence"),
    ),
    responses=DONE,
)
async def enter(request: Request, person: PersonId, who: Enters) -> dict[str, Any]:
    """An entry of the policy's kind, by the title of its document; the same again writes nothing."""
    body = await Body.of(request, "kind", "evidence_kind", "evidence", "occurred_ms")
    desk = desk_of(request)
    policy = await desk.policy()
    if policy is None:
        raise RuleBroken("The entry was not recorded.", "No policy rules, so no kind is known.", "Publish one first.")
    document = enrolling.document(body.text("evidence_kind", most=64), body.text("evidence", most=200))
    occurred_ms = body.whole("occurred_ms", 0, LATEST_MS) if body.has("occurred_ms") else None
    await enrolling.record_entry(desk, person, policy, body.text("kind", most=64), document, by(who), occurred_ms)
    return {"person": person}


@router.post(
    "/{person}/suspend",
    openapi_extra=described(
        {"hours": 24, "why": "Threatened somebody at the saw."},
        {"hours": {"type": "integer", "minimum": 1, "maximum": 72}, "why": {"type": "string", "maxLength": 500}},
        ("hours", "why"),
    ),
    responses=DONE,
)
async def suspend(request: Request, person: PersonId, who: Suspends) -> dict[str, Any]:
    """In immediate danger: no door lets them in for so many hours."""
    body = await Body.of(request, "hours", "why")
    await keeping_out.suspend(desk_of(request), person, body.whole("hours", 1, 72), body.text("why", most=500), by(who))
    return {"person": person}


@router.post("/{person}/lift", responses=DONE)
async def lift(request: Request, person: PersonId, who: Suspends) -> dict[str, Any]:
    """The danger is over."""
    await keeping_out.lift(desk_of(request), person, by(who))
    return {"person": person}


@router.post(
    "/{person}/contests",
    openapi_extra=described(
        {"kind": "entry", "number": 3, "words": "It was not me."},
        {"kind": {"enum": list(KINDS)}, "number": {"type": "integer"}, "words": {"type": "string", "maxLength": 2000}},
        ("kind", "number", "words"),
    ),
    responses=answers({"contest": 7, "due_at_ms": 1796076000000}),
)
async def contest(request: Request, person: PersonId, who: Contests) -> dict[str, Any]:
    """The person challenges something at the desk, in their words."""
    body = await Body.of(request, "kind", "number", "words")
    desk = desk_of(request)
    kind, number, words = body.text("kind"), body.whole("number", 0, 2**53), body.text("words", most=2000)
    if kind not in KINDS:
        raise BadForm("Nothing was contested.", f"kind is one of {', '.join(KINDS)}.", "Correct it and send it again.")

    def record(done: Any) -> None:
        told = {"kind": done.kind, "number": done.number, "words": done.words, "due_at_ms": done.due_at_ms}
        desk.act_now("contest-open", {"contest": done.id, "person": person} | told, **by(who))

    done = await deciding.open_contest(desk, person, kind, number, words, who.name, record)
    return {"contest": done.id, "due_at_ms": done.due_at_ms}


# Last: what a person is or holds stands in the path, and every other address of theirs goes before.
@router.post(
    "/{person}/{kind}s",
    openapi_extra=described(
        {"what": "laser-induction", "evidence": "sheet 3", "until_ms": 1796076000000},
        {"what": TEXT, "evidence": TEXT, "until_ms": {"type": "integer"}},
        ("what", "evidence"),
    ),
    responses=DONE,
)
async def add_span(
    request: Request, person: PersonId, kind: Annotated[str, Path(pattern="^(membership|holding)$")], who: Enrols
) -> dict[str, Any]:
    """A membership or a holding from now on, by the title of its document."""
    body = await Body.of(request, "what", "evidence", "until_ms")
    until_ms = body.whole("until_ms", 0, LATEST_MS) if body.has("until_ms") else None
    what, title = body.text("what", most=64), body.text("evidence", most=200)
    await enrolling.add_span(desk_of(request), person, kind, what, title, until_ms, who.name)
    return {"person": person}


@router.post("/{person}/{kind}s/{number}/end", responses=DONE)
async def end_span(
    request: Request, person: PersonId, kind: Annotated[str, Path(pattern="^(membership|holding)$")], number: Number,
    who: Enrols,
) -> dict[str, Any]:  # fmt: skip
    """It ends now; what it was stays written."""
    await enrolling.end_span(desk_of(request), person, kind, number, who.name)
    return {"person": person}
