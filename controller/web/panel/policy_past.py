"""What ruled before: every published policy, and the difference of one from the one before it."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.policy_diff import difference
from ostiary.controller.web.problem import NotThere
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Reads = Annotated[Operator, signed_in("read-policy")]


@router.get("/policy/history")
async def history(request: Request, who: Reads) -> Response:
    told = await desk_of(request).act("policy-history", {}, **by(who))
    return page(request, "policy_history.html", here="/policy", published=told["published"])


@router.get("/policy/history/{index}")
async def one(request: Request, index: int, who: Reads) -> Response:
    desk = desk_of(request)
    everything = (await desk.act("policy-history", {}, **by(who)))["published"]
    at = next((at for at, one in enumerate(everything) if one["index"] == index), None)
    if at is None:
        raise NotThere("There is no such policy.", "No policy was published under this number.", "See the history.")
    shown = (await desk.act("policy-history", {"index": index}, **by(who)))["published"]
    before = None
    if at + 1 < len(everything):
        before = (await desk.act("policy-history", {"index": everything[at + 1]["index"]}, **by(who)))["published"]
    lines = () if before is None else difference(before["text"], shown["text"])
    return page(request, "policy_past.html", here="/policy", shown=shown, before=before, lines=lines)
