"""Opening one record of the log as JSON: a look-up, which needs a purpose and becomes a record itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/records", tags=["decisions"])

Index = Annotated[int, Path(ge=0, le=2**53, description="The record's index in the log")]
WHY = described({"purpose": "contest 7"}, {"purpose": PURPOSE}, ("purpose",))
RECORD = {"index": 1234, "kind": "decision", "door": "front", "verdict": "deny", "code": "score-below", "body": {}}


@router.post(
    "/{index}/look-up", dependencies=[signed_in("open-decision")], openapi_extra=WHY, responses=answers(RECORD)
)
async def look_up(request: Request, index: Index) -> dict[str, Any]:
    """The record's content. `body` is null where it was erased; how alike two templates were is for reviewers alone."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("look-up", {"index": index}, body.text("purpose"))


@router.post(
    "/{index}/receipt",
    dependencies=[signed_in("give-receipt")],
    openapi_extra=WHY,
    responses=answers({"index": 1234, "file": "ostiary receipt\n…"}),
)
async def receipt(request: Request, index: Index) -> dict[str, Any]:
    """The file that a person takes home, once they have shown who they are; anybody can check it."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("receipt", {"index": index}, body.text("purpose"))
