"""The published policy, word for word, with the hash that every decision names."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/policy")
async def policy(request: Request) -> Response:
    published = await desk_of(request).act("policy", {})
    return page(request, "policy.html", here="/policy", policy=published if published["text"] is not None else None)
