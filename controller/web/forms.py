"""Reads a form with bounded fields; a picture in it stays in memory, because no image may reach a disk."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from ostiary.controller.web.guard import FORM_MAX_BYTES, UPLOAD_MAX_BYTES
from ostiary.controller.web.problem import BadForm
from ostiary.protocol.doorstep import MOST_PICTURES


class InMemoryParser(MultiPartParser):
    """Starlette's parser would spool a file of more than 1 MB to the disk."""

    spool_max_size = UPLOAD_MAX_BYTES + 1


@dataclass(frozen=True, slots=True)
class Form:
    """What a page sent: text fields (the last of a name counts), and the files of a field in the order sent."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[bytes, ...]]

    def text(self, name: str, at_most: int, called: str, needed: bool = True) -> str:
        """The field `name` on one line, trimmed. `called` is its name on the page. Raises `BadForm`."""
        value = " ".join(self.fields.get(name, "").split())
        if needed and not value:
            raise BadForm(
                f"{called} is empty.", "The panel cannot go on without it.", f"Go back and fill in: {called}."
            )
        if len(value) > at_most:
            raise BadForm(
                f"{called} is too long.",
                f"It has {len(value)} characters of at most {at_most}.",
                "Go back and shorten it.",
            )
        if not value.isprintable():
            raise BadForm(
                f"{called} has signs that cannot be shown.",
                "Control characters are not accepted.",
                "Go back and retype it.",
            )
        return value

    def choice(self, name: str, among: Mapping[str, object] | tuple[str, ...], called: str) -> str:
        """The field `name`, which must be one of `among`; raises `BadForm`."""
        value = self.fields.get(name, "")
        if value not in among:
            known = ", ".join(list(among)[:12]) or "nothing"
            raise BadForm(
                f"{called} is not one of the choices.", f"The choices are: {known}.", "Go back and choose one."
            )
        return value

    def day(self, name: str, called: str) -> int | None:
        """The end of a day as a date field sends it, in this machine's zone and Unix milliseconds; None where it is
        empty. Raises `BadForm`."""
        return self._midnight(name, called, 1)

    def first_of_day(self, name: str, called: str) -> int | None:
        """The same for the day's beginning. Raises `BadForm`."""
        return self._midnight(name, called, 0)

    def _midnight(self, name: str, called: str, days_later: int) -> int | None:
        value = self.fields.get(name, "").strip()
        if not value:
            return None
        try:
            day = date.fromisoformat(value) + timedelta(days=days_later)
            return round(datetime(day.year, day.month, day.day).astimezone().timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise BadForm(f"{called} is no day.", "It is written as 2026-11-30.", "Go back and choose it.") from error

    def ticked(self, name: str) -> bool:
        return self.fields.get(name) in ("yes", "on", "true", "1")


async def read_form(request: Request) -> Form:
    """The request's form, either encoding. Raises `BadForm`, and `BodyTooLarge` from the guard's bounded stream."""
    kind, _ = parse_options_header(request.headers.get("content-type"))
    try:
        async with aclosing(request.stream()) as stream:
            if kind == b"multipart/form-data":
                parser = InMemoryParser(
                    request.headers, stream, max_files=MOST_PICTURES, max_fields=40, max_part_size=FORM_MAX_BYTES
                )
                data = await parser.parse()
            elif kind == b"application/x-www-form-urlencoded":
                data = await FormParser(request.headers, stream, max_fields=40, max_part_size=FORM_MAX_BYTES).parse()
            else:
                raise BadForm(
                    "This is not a form.",
                    "The body must be multipart/form-data or application/x-www-form-urlencoded.",
                    "Send it with one of these content types.",
                )
    except MultiPartException as malformed:
        raise BadForm("The form could not be read.", malformed.message, "Send it again from its page.") from malformed
    fields: dict[str, str] = {}
    files: dict[str, tuple[bytes, ...]] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            # A browser sends an empty part with an empty file name when nothing was chosen.
            if value.filename:
                files[name] = (*files.get(name, ()), await value.read())
        else:
            fields[name] = value
    await data.close()
    return Form(fields, files)
