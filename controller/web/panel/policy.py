"""The published policy, word for word, and the way to another: check, preview who gains and who loses, publish."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.policy.document import load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.web import policy_words
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.comparing import Progress
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.policy_diff import difference
from ostiary.controller.web.problem import BadForm, PolicyRefused, RuleBroken
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

DAYS = 30
NAME = "panel"
PURPOSE = "Preview of a policy"
DONE = {
    "published": "Published. It decides from the next request on.",
    "proposed": "Proposed. Somebody else who may approve publishes it.",
}
Reads = Annotated[Operator, signed_in("read-policy")]
Previews = Annotated[Operator, signed_in("preview-policy")]
Publishes = Annotated[Operator, signed_in("publish-policy")]
Approves = Annotated[Operator, signed_in("approve-policy")]


@router.get("/policy")
async def policy(request: Request, who: Reads, done: str = "") -> Response:
    published = await desk_of(request).act("policy", {})
    ruling = published if published["text"] is not None else None
    view: dict[str, Any] = {
        "text": published["text"] or "",
        "default_preview": PURPOSE,
        "days": DAYS,
        "done": DONE.get(done, ""),
    }
    waiting = await desk_of(request).act("proposed-policy", {}, **by(who))
    proposed = waiting["proposed"]
    lines = difference(view["text"], proposed["text"]) if proposed else ()
    view |= {"proposed": proposed, "lines": lines, "second_person": waiting["second_person"]}
    return page(request, "policy.html", here="/policy", policy=ruling, as_name=who.name, **view)


@router.post("/policy/preview")
async def preview(request: Request, who: Previews) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    text, purpose = text_of(form), purpose_from(form)
    told = await desk.work.lint(text.encode(), NAME)
    impact = None
    if not told["refused"]:
        old = (await desk.act("policy", {}))["sha256"]
        if old is not None:
            found = await _compared(desk, text, purpose, by(who))
            old = found["old"]
            impact = policy_words.impact(found, await run_in_threadpool(desk.directory.names))
        desk.previewed.remember(old, told["sha256"])
    return page(
        request,
        "policy_preview.html",
        here="/policy",
        text=text,
        sha256=told["sha256"],
        refused=len(told["refused"]),
        lines=policy_words.beside_lines(text, told["refused"]),
        impact=impact,
        asked=purpose,
        days=DAYS,
        second_person=(await desk.act("proposed-policy", {}, **by(who)))["second_person"] and impact is not None,
    )


@router.post("/policy/publish")
async def publish(request: Request, who: Publishes) -> Response:
    desk = desk_of(request)
    text = text_of(await read_form(request))
    try:
        new = await run_in_threadpool(load, text, NAME)
    except PolicyError as error:
        raise PolicyRefused("The policy was not published.", str(error), "Mend it and look at its preview.") from error
    old = (await desk.act("policy", {}))["sha256"]
    if not desk.previewed.seen(old, new.sha256):
        raise RuleBroken(
            "The policy was not published.",
            "Nobody has seen a preview of this text against the policy that rules now.",
            "Go to the policy, preview the text, see who gains and who loses, and publish it from there.",
        )
    second = (await desk.act("proposed-policy", {}, **by(who)))["second_person"] and old is not None
    await desk.act("propose-policy" if second else "publish", {"text": text, "name": NAME}, **by(who))
    return RedirectResponse(f"/policy?done={'proposed' if second else 'published'}", 303)


@router.post("/policy/approve")
async def approve(request: Request, who: Approves) -> Response:
    """A second person publishes what another proposed; the keeper holds them to being two."""
    index = (await read_form(request)).text("index", 15, "The proposal")
    if not index.isascii() or not index.isdigit():
        raise BadForm("There is no such proposal.", "Its number is no number.", "Go back to the policy.")
    await desk_of(request).act("approve-policy", {"index": int(index)}, **by(who))
    return RedirectResponse("/policy?done=published", 303)


async def _compared(desk: Desk, text: str, purpose: str, asks: Asks) -> dict[str, Any]:
    async def act(progress: Progress) -> dict[str, Any]:
        return await desk.act("compare", {"text": text, "name": NAME, "days": DAYS}, purpose, progress=progress, **asks)

    return await desk.comparing.begin(act).task


def text_of(form: Form) -> str:
    """A policy as a text field sends it, with the line ends that its author wrote. Raises `BadForm`."""
    text = form.fields.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise BadForm("The policy is empty.", "An empty text opens no door.", "Go back and write it, or paste it.")
    return text
