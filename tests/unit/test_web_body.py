"""A JSON body is taken as it should be or refused in words: never anything else, whatever comes."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ostiary.controller.policy.yaml_text import MAX_BYTES
from ostiary.controller.web.api.body import Body
from ostiary.controller.web.problem import BadForm

KNOWN = ("text", "days", "seconds")


def read(data: bytes) -> Body:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data}

    return asyncio.run(Body.of(Request({"type": "http", "headers": []}, receive), *KNOWN))


def test_fields_come_out_with_their_defaults() -> None:
    body = read(json.dumps({"text": "ü: [[[[[[[[[[", "days": 3}).encode())
    assert body.page("text") == "ü: [[[[[[[[[[".encode()
    assert body.whole("days", 1, 366, 30) == 3
    assert body.number("seconds", 0.1, 10, 5) == 5
    assert not body.has("seconds")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b'"text"', b"{", b'{"text":1,"text":2}', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe",
        b'{"dayz":3}', b'{"text":"\\ud800"}', b'{"days":NaN}', b'{"days":' + b"9" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_body_is_refused(data: bytes) -> None:
    with pytest.raises(BadForm):
        read(data)


@pytest.mark.parametrize("value", [None, True, 0, 367, 1.5, "3", [], {}, -1, 2**53 - 1])
def test_a_number_keeps_to_its_type_and_bounds(value: Any) -> None:
    body = read(json.dumps({"days": value}).encode())
    with pytest.raises(BadForm):
        body.whole("days", 1, 366)


@pytest.mark.parametrize("value", [None, 3, "", ["x"], {"x": "y"}, "x" * (MAX_BYTES + 1), "ü" * (MAX_BYTES // 2 + 1)])
def test_a_page_is_text_of_a_policys_size(value: Any) -> None:
    body = read(json.dumps({"text": value}).encode())
    with pytest.raises(BadForm):
        body.page("text")


@given(st.one_of(st.binary(max_size=200), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KNOWN), inner, max_size=3),
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_anything_is_a_body_or_refused(data: bytes) -> None:
    try:
        body = read(data)
        body.page("text")
        body.whole("days", 1, 366, 30)
        body.number("seconds", 0.1, 10, 5)
    except BadForm as refused:
        assert refused.what and refused.why and refused.now
