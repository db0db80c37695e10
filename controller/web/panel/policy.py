"""The published policy, word for word, and the way to another: check, preview who gains and who loses, publish."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.policy.document import load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.web import policy_words
from ostiary.controller.web.comparing import Progress
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.problem import BadForm, PolicyRefused, RuleBroken
from ostiary.controller.web.render import page
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(include_in_schema=False)

DAYS = 30
NAME = "panel"
PURPOSE = "Preview of a policy"
DONE = {"published": "Published. It decides from the next request on."}


@router.get("/policy", dependencies=[signed_in("read-policy")])
async def policy(request: Request, done: str = "") -> Response:
    published = await desk_of(request).act("policy", {})
    ruling = published if published["text"] is not None else None
    view = {"text": published["text"] or "", "default_preview": PURPOSE, "days": DAYS, "done": DONE.get(done, "")}
    return page(request, "policy.html", here="/policy", policy=ruling, **view)


@router.post("/policy/preview", dependencies=[signed_in("preview-policy")])
async def preview(request: Request) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    text, purpose = _text(form), purpose_from(form)
    told = await desk.work.lint(text.encode(), NAME)
    impact = None
    if not told["refused"]:
        old = (await desk.act("policy", {}))["sha256"]
        if old is not None:
            found = await _compared(desk, text, purpose)
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
    )


@router.post("/policy/publish", dependencies=[signed_in("publish-policy")])
async def publish(request: Request) -> Response:
    desk = desk_of(request)
    text = _text(await read_form(request))
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
    await desk.act("publish", {"text": text, "name": NAME})
    return RedirectResponse("/policy?done=published", 303)


async def _compared(desk: Desk, text: str, purpose: str) -> dict[str, Any]:
    async def act(progress: Progress) -> dict[str, Any]:
        return await desk.act("compare", {"text": text, "name": NAME, "days": DAYS}, purpose, progress=progress)

    return await desk.comparing.begin(act).task


def _text(form: Form) -> str:
    """A policy as a text field sends it, with the line ends that its author wrote. Raises `BadForm`."""
    text = form.fields.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise BadForm("The policy is empty.", "An empty text opens no door.", "Go back and write it, or paste it.")
    return text
