"""Forms are bounded, and a picture in one never reaches a disk."""

import asyncio
import tempfile
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.problem import BadForm
from ostiary.protocol.doorstep import MOST_PICTURES


def sent(**request: object) -> httpx.Response:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            form = await read_form(Request(scope, receive))
        except BadForm as problem:
            await JSONResponse({"why": problem.why}, problem.status)(scope, receive, send)
            return
        files = {name: [len(data) for data in of_one] for name, of_one in form.files.items()}
        told = {"fields": dict(form.fields), "files": files}
        await JSONResponse(told)(scope, receive, send)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.post("/", **request)

    return asyncio.run(ask())


def test_a_picture_stays_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A parser that wanted to write to the disk would find no directory for it.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    size = 3 * 1024 * 1024
    reply = sent(files={"picture": ("me.jpg", b"x" * size)}, data={"door": "front"})
    assert reply.json() == {"fields": {"door": "front"}, "files": {"picture": [size]}}


def test_an_empty_file_field_is_no_file() -> None:
    boundary = "b"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="picture"; filename=""\r\n\r\n\r\n--{boundary}--\r\n'
    reply = sent(content=body.encode(), headers={"content-type": f"multipart/form-data; boundary={boundary}"})
    assert reply.json() == {"fields": {}, "files": {}}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut off'),
        ("application/json", b"{}"),
        ("", b""),
    ],
)
def test_what_is_no_form_is_refused(kind: str, body: bytes) -> None:
    reply = sent(content=body, headers={"content-type": kind})
    assert reply.status_code in (200, 400)
    if reply.status_code == 200:
        assert reply.json() == {"fields": {}, "files": {}}


def test_too_many_fields_are_refused() -> None:
    assert sent(data={f"field{number}": "x" for number in range(41)}).status_code == 400
    assert sent(files={f"file{number}": ("x", b"x") for number in range(MOST_PICTURES + 1)}).status_code == 400


def test_several_files_of_one_field_stay_in_order() -> None:
    reply = sent(files=[("picture", (f"{length}.jpg", b"x" * length)) for length in (3, 1, 2)])
    assert reply.json()["files"] == {"picture": [3, 1, 2]}


@given(st.text(max_size=50), st.integers(1, 40))
def test_text_is_one_printed_line_within_its_bound(value: str, at_most: int) -> None:
    try:
        text = Form({"name": value}, {}).text("name", at_most, "The name")
    except BadForm as problem:
        assert problem.what.startswith("The name")
        assert problem.why
        assert problem.now
    else:
        assert 0 < len(text) <= at_most
        assert text.isprintable()
        assert text == " ".join(value.split())


def test_choice_is_one_of_the_choices() -> None:
    form = Form({"door": "front"}, {})
    assert form.choice("door", ("front",), "The door") == "front"
    with pytest.raises(BadForm, match="not one of the choices"):
        form.choice("door", ("studio",), "The door")
    with pytest.raises(BadForm):
        form.choice("missing", ("studio",), "The door")
