"""What a person takes with them: one receipt as a file, or a copy of everything, for people and for machines."""

import dataclasses
import io
import json
import zipfile
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people.attachments import attachments
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.portal import asking
from ostiary.controller.web.portal.me import OwnThings, own_things
from ostiary.controller.web.portal.speaking import language_of, moment
from ostiary.controller.web.portal.words import say
from ostiary.controller.web.render import fragment
from ostiary.controller.web.signin.known import Person
from ostiary.controller.web.signin.who import own_person

router = APIRouter(include_in_schema=False)

Own = Annotated[Person, own_person()]
DAYS = 1_100
FIRST = (1980, 1, 1, 0, 0, 0)  # the same copy has the same bytes, whenever it is made


@router.get("/me/receipts/{position}")
async def receipt(request: Request, position: int, who: Own) -> Response:
    found = await asking.own_record(desk_of(request), who.id, position)
    return _file(found["file"].encode(), f"receipt-{position}.txt", "text/plain; charset=utf-8")


@router.get("/me/copy")
async def copy(request: Request, who: Own) -> Response:
    desk = desk_of(request)
    policy = await desk.policy()
    things = await run_in_threadpool(own_things, desk.reading, who.id, policy, now_ms())
    records = await asking.own_records(desk, who.id, DAYS)
    files = await asking.own_files(desk, who.id, [one["index"] for one in records])
    language = language_of(request)
    page = fragment(
        "portal/copy.html",
        t=partial(say, language),
        at=partial(moment, language),
        language=language,
        things=things,
        records=records,
        made_ms=now_ms(),
    )
    sent = await run_in_threadpool(_sent_along, desk, things)
    data = await run_in_threadpool(_zipped, page, things, records, files, sent)
    return _file(data, f"ostiary-{desk.site_name}.zip", "application/zip")


def _sent_along(desk: Desk, things: OwnThings) -> dict[str, bytes]:
    with desk.reading.begin() as conn:
        return {one.name: one.data for known in things.contests for one in attachments(conn, known.id, whole=True)}


def _zipped(
    page: str, things: OwnThings, records: list[dict[str, Any]], files: dict[int, str], sent: dict[str, bytes]
) -> bytes:
    told = dataclasses.asdict(things) | {"records": records}
    told.pop("chart")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name, text in (
            ("read-me-first.html", page),
            ("everything.json", json.dumps(told, indent=1, ensure_ascii=False, default=str)),
            *((f"receipts/{position}.txt", text) for position, text in sorted(files.items())),
            *((f"contests/{name}", data) for name, data in sent.items()),
        ):
            kept.writestr(zipfile.ZipInfo(name, FIRST), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _file(data: bytes, name: str, kind: str) -> Response:
    return Response(data, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
