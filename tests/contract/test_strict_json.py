"""Strict JSON: the interpreter's quick parser and the plain one agree, and what is taken is what JSON says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.protocol import codes, plain_json, strict_json
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

Strategy = st.SearchStrategy[Any]


def verdict(read: Callable[[bytes], Any], data: bytes) -> tuple[str, str]:
    """What came of reading, spelled so that 1, 1.0 and true differ. Anything but `Refused` passes through."""
    try:
        return "takes", repr(read(data))
    except Refused as refused:
        return "refuses", refused.code


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_the_quick_and_the_plain_parser_agree(nearly_json: Strategy, data: st.DataObject) -> None:
    written = data.draw(nearly_json)
    assert verdict(strict_json.loads, written) == verdict(plain_json.loads, written)


@settings(max_examples=300)
@given(data=st.binary(max_size=60))
def test_they_agree_on_any_bytes(data: bytes) -> None:
    for written in (data, b'"' + data + b'"', b"[" + data + b"]", b'{"a":' + data + b"}"):
        assert verdict(strict_json.loads, written) == verdict(plain_json.loads, written)


@settings(max_examples=300)
@given(data=st.data())
def test_what_is_taken_is_what_the_standard_library_reads(nearly_json: Strategy, data: st.DataObject) -> None:
    written = data.draw(nearly_json)
    try:
        value = plain_json.loads(written)
    except Refused as refused:
        assert refused.code == codes.MALFORMED
        return
    assert repr(value) == repr(json.loads(written))


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-plain_json.MAX_INTEGER, plain_json.MAX_INTEGER)
    | st.floats(-plain_json.MAX_NUMBER, plain_json.MAX_NUMBER)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def depth(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)
    return 0


@given(value=st.dictionaries(st.text(), trees, max_size=4))
def test_what_is_said_is_read(value: dict[str, Any]) -> None:
    written = strict_json.dumps(value)
    if depth(value) <= plain_json.MAX_DEPTH:
        assert repr(strict_json.loads_object(written)) == repr(value)
    else:
        assert verdict(strict_json.loads, written) == ("refuses", codes.MALFORMED)


@pytest.mark.parametrize(
    "value", [{"a": float("nan")}, {"a": float("inf")}, {"a": "\ud800"}, {"a": b""}, {"a": {1, 2}}], ids=repr
)
def test_what_json_cannot_say_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="malformed"):
        strict_json.dumps(value)


@pytest.mark.parametrize("data", [b"[]", b"1", b"null", b'"a"'])
def test_only_an_object_is_an_object(data: bytes) -> None:
    with pytest.raises(Refused, match="malformed"):
        strict_json.loads_object(data)
