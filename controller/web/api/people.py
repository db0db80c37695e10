"""What a person is, holds and carries as JSON, and their contest as it is taken down at the desk."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people.contests import KINDS
from ostiary.controller.web import carrying, deciding, enrolling, roster
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.person import CARD_LONGEST, LABEL_LONGEST
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm

router = APIRouter(prefix="/api/v1/people", tags=["people"])

PersonId = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Path(ge=0, le=2**53)]
Enrols = Annotated[Operator, signed_in("enrol")]
Contests = Annotated[Operator, signed_in("open-contest")]
TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
LATEST_MS = 2**47
DONE = answers({"person": "p-mfrggzdfmztwq2lk"})


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


@router.post(
    "/{person}/cards/learn",
    openapi_extra=described(
        {"door": "front", "label": "blue fob 12"},
        {
            "door": {"type": "string", "maxLength": 64},
            "label": {"type": "string", "maxLength": LABEL_LONGEST},
        },
        ("door", "label"),
    ),
    responses=DONE,
)
async def learn_card(request: Request, person: PersonId, who: Enrols) -> dict[str, Any]:
    """The unknown card that was held to this door's reader within the last three minutes."""
    body = await Body.of(request, "door", "label")
    desk = desk_of(request)
    door, label = body.text("door", most=64), body.text("label", most=LABEL_LONGEST)
    await desk.require_door(door)
    await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    await carrying.give(desk, person, await carrying.learnt(desk, person, door), label)
    return {"person": person}


@router.post("/{person}/cards/{card}/revoke", responses=DONE)
async def revoke_card(request: Request, person: PersonId, card: Number, who: Enrols) -> dict[str, Any]:
    """The card opens nothing any more."""
    await enrolling.revoke_card(desk_of(request), person, card)
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
