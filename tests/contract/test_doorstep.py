"""Frames at the virtual doorstep, over a real socket: what is sent arrives, and nothing else is taken."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.protocol import codes, doorstep
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

Strategy = st.SearchStrategy[Any]
headers = st.dictionaries(
    st.text(max_size=10).filter(lambda name: name != "bytes"),
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    max_size=6,
)


async def across(
    send: Callable[[asyncio.StreamWriter], Awaitable[None]], receive: Callable[[Any], Awaitable[Any]]
) -> Any:
    """What `receive` makes of what `send` wrote into the other end of a socket, which then closes."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    reader, their_writer = await asyncio.open_connection(sock=theirs)

    async def send_and_leave() -> None:
        await send(writer)
        writer.close()

    try:
        _, received = await asyncio.gather(send_and_leave(), receive(reader))
        return received
    finally:
        writer.close()
        their_writer.close()


def sent_raw(data: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return send


@settings(deadline=None, max_examples=50)
@given(frames=st.lists(st.tuples(headers, st.binary(max_size=300)), max_size=4))
def test_frames_arrive_as_sent(frames: list[tuple[dict[str, Any], bytes]]) -> None:
    async def send(writer: asyncio.StreamWriter) -> None:
        for header, blob in frames:
            await doorstep.write_frame(writer, header, blob)

    async def receive(reader: asyncio.StreamReader) -> list[tuple[dict[str, Any], bytes]]:
        received = [await doorstep.read_frame(reader) for _ in frames]
        with pytest.raises(EOFError):
            await doorstep.read_frame(reader)
        return received

    received = asyncio.run(across(send, receive))
    assert received == [({**header, "bytes": len(blob)} if blob else header, blob) for header, blob in frames]


def test_a_picture_of_two_megabytes_arrives() -> None:
    picture = bytes(range(256)) * 8192

    async def send(writer: asyncio.StreamWriter) -> None:
        await doorstep.write_frame(writer, {"do": "present", "card": None}, picture)

    header, blob = asyncio.run(across(send, doorstep.read_frame))
    assert header == {"do": "present", "card": None, "bytes": len(picture)}
    assert blob == picture


@pytest.mark.parametrize(
    "data", [b"", b'{"do":"open"}', b'{"do":"present","bytes":5}\n1234', b'{"do":"present","bytes":5}\n'], ids=repr
)
def test_a_side_that_leaves_early_is_the_end_of_the_file(data: bytes) -> None:
    with pytest.raises(EOFError):
        asyncio.run(across(sent_raw(data), doorstep.read_frame))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\n", codes.MALFORMED),
        (b"GET / HTTP/1.1\r\n", codes.MALFORMED),
        (b"[]\n", codes.MALFORMED),
        (b'{"bytes":-1}\n', codes.MALFORMED),
        (b'{"bytes":true}\n', codes.MALFORMED),
        (b'{"bytes":1.0}\n', codes.MALFORMED),
        (b'{"bytes":"5"}\n', codes.MALFORMED),
        (b'{"bytes":20971521}\n', codes.OVERSIZED),
        (b'{"a":"' + b"x" * 16384 + b'"}\n', codes.OVERSIZED),
        (b"x" * 30000, codes.OVERSIZED),
        (b"x" * 300000, codes.OVERSIZED),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_frame_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(across(sent_raw(data), doorstep.read_frame))
    assert caught.value.code == code


def test_own_mistakes_are_refused_before_anything_is_sent() -> None:
    for header, blob_bytes, code in (
        ({"a": float("nan")}, 0, codes.MALFORMED),
        ({"a": 2**53}, 0, codes.MALFORMED),
        ({"a": "x" * 20000}, 0, codes.OVERSIZED),
        ({}, doorstep.MAX_BLOB_BYTES + 1, codes.OVERSIZED),
    ):
        with pytest.raises(Refused) as caught:
            doorstep.encode_header(header, blob_bytes)
        assert caught.value.code == code


def test_the_largest_line_and_blob_are_taken() -> None:
    line = doorstep.encode_header({"a": "x" * (doorstep.MAX_LINE_BYTES - 9)})
    assert len(line) == doorstep.MAX_LINE_BYTES
    assert doorstep.decode_header(line)[0]["a"].startswith("x")
    assert doorstep.decode_header(doorstep.encode_header({}, doorstep.MAX_BLOB_BYTES))[1] == doorstep.MAX_BLOB_BYTES


def test_a_length_is_never_taken_over_from_another_frame() -> None:
    """A reply made from a request must not announce the request's bytes."""
    assert doorstep.decode_header(doorstep.encode_header({"bytes": 500, "do": "pins"})) == (
        {"bytes": 0, "do": "pins"},
        0,
    )


@settings(max_examples=300)
@given(data=st.data())
def test_only_refused_ever_comes_out(nearly_json: Strategy, data: st.DataObject) -> None:
    try:
        header, blob_bytes = doorstep.decode_header(data.draw(nearly_json | st.binary(max_size=200)))
    except Refused as refused:
        assert refused.code in codes.REFUSALS
        return
    assert isinstance(header, dict)
    assert 0 <= blob_bytes <= doorstep.MAX_BLOB_BYTES


@given(st.lists(st.binary(max_size=40), max_size=doorstep.MOST_PICTURES))
def test_pictures_come_apart_as_they_were_put_together(pictures: list[bytes]) -> None:
    said, blob = doorstep.together(pictures)
    header, size = doorstep.decode_header(doorstep.encode_header({"do": "present", **said}, len(blob)))
    assert size == len(blob)
    assert doorstep.apart(header, blob) == pictures


def test_one_picture_needs_no_length() -> None:
    assert doorstep.apart({"picture": True}, b"") == [b""]
    assert doorstep.apart({"picture": False}, b"") == []


@pytest.mark.parametrize("lengths", [[1, 1], [4], [-1, 4], [True, 2], ["3"], "3", 3, {}, [0] * 25, [3.0]])
def test_lengths_that_are_not_those_of_the_pictures_are_refused(lengths: Any) -> None:
    with pytest.raises(Refused) as refused:
        doorstep.apart({"picture": True, "pictures": lengths}, b"abc")
    assert refused.value.code == codes.MALFORMED
