"""The policy as JSON: the one that rules, the language as a schema, and what is refused in a text."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.policy.schema import schema as made_schema
from ostiary.controller.published import verified
from ostiary.controller.web.api.body import answers
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.problem import NotThere
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/policy", tags=["policy"])

PAGE = {"requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}}
FINDING = {
    "line": 12,
    "column": 14,
    "code": "eternal-penalty",
    "found": "a penalty that never expires",
    "expected": "a number of days",
    "nearest": None,
    "why": "A penalty without an end.",
    "cure": "Write how many days it counts, like 180d.",
}


@router.get(
    "",
    dependencies=[signed_in("read-policy")],
    responses=answers(
        {
            "text": "policy: example-workshop\n…",
            "sha256": "9f0e…",
            "version": 3,
            "published_at_ms": 1795471200000,
            "note": "ostiary/northside/policy\n…",
            "key": "ostiary/northside/policy+a1b2c3d4+AQ…",
            "signature": {"holds": True, "operator": "office", "words": "Signed: published by office."},
        }
    ),
)
async def show(
    request: Request,
    key: Annotated[
        str | None, Query(max_length=400, description="The publishing key as you noted it, not as the keeper tells it")
    ] = None,
) -> dict[str, Any]:
    """The policy that rules, word for word, its version, and whether the signature of who published it holds."""
    published = await desk_of(request).act("policy", {})
    if published["text"] is None:
        raise NotThere(
            "No policy is published.", "So every door stays shut.", "Publish one: ostiary policy publish FILE"
        )
    signature = await run_in_threadpool(verified, published, key or published["key"])
    return published | {"signature": signature}


@router.get("/schema", dependencies=[signed_in("read-policy")])
async def schema() -> dict[str, Any]:
    """The language of policies as JSON Schema (draft 2020-12), for editors."""
    return made_schema()


@router.post(
    "/lint",
    dependencies=[signed_in("read-policy")],
    openapi_extra=PAGE,
    responses=answers({"sha256": None, "doors": [], "refused": [FINDING]}),
)
async def lint(request: Request) -> dict[str, Any]:
    """Everything that is refused in a policy, in the order of the page. The body is the text itself, in UTF-8.

    `sha256` and `doors` are those of a policy in which nothing is refused.
    """
    return await desk_of(request).work.lint(await request.body())
