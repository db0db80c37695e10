"""CPython and MicroPython say the same about the same bytes, and each opens what the other sealed."""

import ast
import hmac
import json
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.protocol import keys, messages, seal, topics

pytestmark = pytest.mark.contract

SECRET = bytes(range(32))
Strategy = st.SearchStrategy[Any]
One = Callable[..., dict[str, Any]]
# A process answers each example, so the clock measures the machine.
patient = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])

VERDICTS = [
    (said == "takes", ast.literal_eval(literal))
    for said, _, literal in (
        line.partition(" ")
        for line in (Path(__file__).parent / "vectors" / "json-verdicts.txt").read_text().splitlines()
        if not line.startswith("#")
    )
]
ENDLESS = [b"[" * 4000, b'{"a":' * 4000, b"[" + b"9" * 5000 + b"]", b'"' + b"\\u0041" * 900 + b'"', b" " * 8000 + b"1"]


FRACTION = re.compile("~([0-9a-f]{16})")


def alike(here: dict[str, Any], there: dict[str, Any]) -> bool:
    """Whether both say the same; a fraction may differ in its last digits, which MicroPython does not always round."""
    ours, theirs = json.dumps(here), json.dumps(there)
    fractions = [
        [struct.unpack(">d", bytes.fromhex(found))[0] for found in FRACTION.findall(said)] for said in (ours, theirs)
    ]
    return FRACTION.sub("~", ours) == FRACTION.sub("~", theirs) and all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300) for a, b in zip(*fractions, strict=True)
    )


def test_alike_tells_what_differs() -> None:
    one, next_to_one, other = (struct.pack(">d", value).hex() for value in (1.0, 1.0 + 2**-52, 1.0001))
    assert alike({"gives": f"[~{one},61]"}, {"gives": f"[~{next_to_one},61]"})
    for said in (f"[~{other},61]", f"[~{one},62]", f"[{one},61]", "[1,61]", f"[~{one},~{one}]"):
        assert not alike({"gives": f"[~{one},61]"}, {"gives": said})
    assert not alike({"gives": "1"}, {"refused": "malformed"})


@pytest.mark.parametrize(("taken", "data"), VERDICTS, ids=lambda value: repr(value)[:40])
def test_where_parsers_disagree_the_verdict_is_written_down(taken: bool, data: bytes, interpreter: Any) -> None:
    came = interpreter.one(do="json", data=data.hex())
    assert taken == ("gives" in came)
    assert taken or came == {"refused": "malformed"}


@pytest.mark.parametrize("data", ENDLESS, ids=lambda data: repr(data[:8]))
def test_endless_json_has_one_verdict(data: bytes, cpython: Any, micropython: Any) -> None:
    assert micropython.one(do="json", data=data.hex()) == cpython.one(do="json", data=data.hex())


@patient
@given(data=st.data())
def test_json_has_one_verdict(nearly_json: Strategy, cpython: Any, micropython: Any, data: st.DataObject) -> None:
    case = {"do": "json", "data": data.draw(nearly_json).hex()}
    assert alike(micropython.one(**case), cpython.one(**case))


def test_every_character_but_half_a_pair_can_be_said(interpreter: Any) -> None:
    points = [*range(0x100), 0x7FF, 0x800, 0x2028, 0xD7FF, 0xE000, 0xFEFF, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF]
    for point in points:
        wanted = "{61:" + chr(point).encode().hex() + "}"
        assert interpreter.one(do="say", point=point) == {"gives": wanted}
    for point in (0xD800, 0xDBFF, 0xDC00, 0xDFFF):
        assert interpreter.one(do="say", point=point) == {"refused": "malformed"}


@pytest.mark.parametrize("kind", messages.KINDS)
@settings(patient, max_examples=60)
@given(data=st.data())
def test_messages_mean_the_same(
    messages_of: Callable[[str], Strategy], cpython: Any, micropython: Any, kind: str, data: st.DataObject
) -> None:
    message = data.draw(messages_of(kind))
    encoded = json.dumps(message).encode().hex()
    for do in ("encode", "decode"):
        here = cpython.one(do=do, kind=kind, data=encoded)
        assert "gives" in here
        assert alike(micropython.one(do=do, kind=kind, data=encoded), here)


@patient
@given(data=st.data())
def test_messages_with_a_mistake_are_refused_alike(
    messages_of: Callable[[str], Strategy],
    nearly_json: Strategy,
    cpython: Any,
    micropython: Any,
    data: st.DataObject,
) -> None:
    kind = data.draw(st.sampled_from(list(messages.KINDS)))
    message = json.dumps(data.draw(messages_of(kind))).encode()
    start = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(start, min(start + 20, len(message))))
    message = message[:start] + data.draw(nearly_json) + message[end:]
    for do in ("encode", "decode"):
        case = {"do": do, "kind": kind, "data": message.hex()}
        assert alike(micropython.one(**case), cpython.one(**case))


@settings(patient, max_examples=100)
@given(key=st.binary(max_size=60) | st.binary(min_size=62, max_size=66), data=st.binary(max_size=80))
def test_hmac_is_hmac_with_keys_around_a_block(cpython: Any, micropython: Any, key: bytes, data: bytes) -> None:
    case = {"do": "hmac", "key": key.hex(), "data": data.hex()}
    assert micropython.one(**case) == cpython.one(**case) == {"gives": hmac.digest(key, data, "sha256").hex()}


def test_equal_sees_a_difference_anywhere(interpreter: Any) -> None:
    tag = bytes(range(16))
    for other in [*(tag[:at] + bytes([tag[at] ^ 1]) + tag[at + 1 :] for at in range(16)), tag[:15], tag + b"\0", b""]:
        assert interpreter.one(do="equal", key=tag.hex(), data=other.hex()) == {"gives": "False"}
    assert interpreter.one(do="equal", key=tag.hex(), data=tag.hex()) == {"gives": "True"}


@settings(patient, max_examples=60)
@given(
    plaintext=st.text(max_size=300), purpose=st.sampled_from(topics.PURPOSES), iv=st.binary(min_size=16, max_size=16)
)
def test_each_opens_what_the_other_sealed(
    cpython: Any, micropython: Any, plaintext: str, purpose: str, iv: bytes
) -> None:
    case = {"key": keys.message_key(SECRET, "northside", "front-1", purpose).hex(), "kid": "front-1", "typ": purpose}
    sealing = {**case, "do": "seal", "plaintext": plaintext.encode().hex(), "iv": iv.hex()}
    sealed = micropython.one(**sealing)["gives"]
    assert cpython.one(**sealing)["gives"] == sealed
    opening = {**case, "do": "unseal", "sealed": sealed.encode().hex()}
    assert micropython.one(**opening) == cpython.one(**opening) == {"gives": plaintext.encode().hex()}


@settings(patient, max_examples=200)
@given(data=st.data())
def test_a_changed_sealed_message_is_refused_alike(cpython: Any, micropython: Any, data: st.DataObject) -> None:
    key = keys.message_key(SECRET, "northside", "front-1", "ask")
    sealed = bytearray(seal.seal(key, "front-1", "ask", b'{"v":1}', bytes(16)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(sealed)))
        end = data.draw(st.integers(at, min(at + 30, len(sealed))))
        sealed[at:end] = data.draw(
            st.sampled_from([b".", b"A", b"=", b"+", b"\xff", b"eyJ9", b""]) | st.binary(max_size=4)
        )
    case = {"do": "unseal", "key": key.hex(), "kid": "front-1", "typ": "ask", "sealed": bytes(sealed).hex()}
    assert micropython.one(**case) == cpython.one(**case)


@settings(patient, max_examples=200)
@given(
    do=st.sampled_from(["topic", "base64url-decode"]),
    text=st.text(max_size=12)
    | st.text("AQgw-_+/= \n.", max_size=12)
    | st.lists(
        st.sampled_from(["ostiary", "v1", "northside", "front-1", "ask", "", "+", "#", "A", "é"]), max_size=6
    ).map("/".join),
)
def test_topics_and_base64url_have_one_verdict(cpython: Any, micropython: Any, do: str, text: str) -> None:
    case = {"do": do, "data": text.encode().hex()}
    assert micropython.one(**case) == cpython.one(**case)


@settings(patient, max_examples=200)
@given(data=st.data())
def test_frames_have_one_verdict(nearly_json: Strategy, cpython: Any, micropython: Any, data: st.DataObject) -> None:
    header = data.draw(
        nearly_json
        | st.integers(-2, 12).map(lambda n: b'{"do":"present","bytes":%d}' % n)
        | st.sampled_from(
            [b'{"bytes":20971520}', b'{"bytes":20971521}', b'{"bytes":1.0}', b'{"bytes":true}', b'{"bytes":null}']
        )
    )
    case = {
        "do": "frame",
        "data": (header + data.draw(st.sampled_from([b"\n", b""])) + data.draw(st.binary(max_size=12))).hex(),
    }
    assert alike(micropython.one(**case), cpython.one(**case))
