"""Passes as text: what is made is read, what was changed is not, and nothing but a pass or `Refused` comes out."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.protocol import base64url, codes, parts, passes, topics
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

VECTORS = json.loads((Path(__file__).parent / "vectors" / "ostiary-pass.json").read_text())
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
names = st.text(topics.NAME_ALPHABET, min_size=1, max_size=12)
seconds = st.integers(0, passes.LATEST_S)


def verify(message: bytes, signature: bytes, key: Ed25519PublicKey = PUBLIC) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signed(data: bytes) -> str:
    return passes.text(data, KEY.sign(passes.signed(data)))


def refusal(text: str) -> str:
    with pytest.raises(Refused) as caught:
        passes.read(text, verify)
    return caught.value.code


@given(
    site=names,
    pass_id=st.binary(min_size=16, max_size=16),
    doors=st.lists(names, min_size=1, max_size=8, unique=True),
    times=st.tuples(seconds, seconds).filter(lambda pair: pair[0] < pair[1]),
)
def test_a_pass_is_read_as_it_was_made(site: str, pass_id: bytes, doors: list[str], times: tuple[int, int]) -> None:
    text = signed(passes.payload(site, pass_id, doors, *times))
    assert len(text) <= parts.LONGEST_PASS
    read = passes.read(text, verify)
    assert (read.site, base64url.decode(read.id), list(read.doors)) == (site, pass_id, doors)
    assert (read.from_s, read.until_s) == times
    assert [read.valid_at(at_s * 1000) for at_s in (times[0], times[1])] == [True, False]
    assert read.valid_at(times[1] * 1000 - 1)
    assert not read.valid_at(times[0] * 1000 - 1)


def test_the_vectors_are_signed_by_their_key() -> None:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(VECTORS["public_key"]))
    for case in VECTORS["cases"]:
        passes.read(case["gives"], lambda message, signature: verify(message, signature, key))


def test_every_changed_letter_is_refused() -> None:
    text = signed(passes.payload("northside", bytes(16), ["front"], 0, 9))
    for at in range(len(text)):
        other = "A" if text[at] != "A" else "B"
        assert refusal(text[:at] + other + text[at + 1 :]) in (codes.UNAUTHENTIC, codes.MALFORMED, codes.VERSION)
        assert refusal(text[:at]) in (codes.MALFORMED, codes.VERSION)


def test_a_signature_of_something_else_is_none_of_a_pass() -> None:
    data = passes.payload("northside", bytes(16), ["front"], 0, 9)
    assert refusal(passes.text(data, KEY.sign(data))) == codes.UNAUTHENTIC
    assert refusal(passes.text(data, KEY.sign(b"ostiary/pass/v2\x00" + data))) == codes.UNAUTHENTIC


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"site": "North"}, codes.MALFORMED),
        ({"pass_id": bytes(15)}, codes.MALFORMED),
        ({"doors": []}, codes.MALFORMED),
        ({"doors": ["a", "a"]}, codes.MALFORMED),
        ({"doors": ["A"]}, codes.MALFORMED),
        ({"doors": list("abcdefghi")}, codes.MALFORMED),
        ({"until_s": 5}, codes.MALFORMED),
        ({"from_s": -1}, codes.MALFORMED),
        ({"until_s": 253402300800}, codes.MALFORMED),
        ({"doors": [letter * 40 for letter in "abcdefgh"]}, codes.OVERSIZED),
    ],
)
def test_what_no_pass_can_say_is_not_made(change: dict[str, Any], code: str) -> None:
    good = {"site": "northside", "pass_id": bytes(16), "doors": ["front"], "from_s": 5, "until_s": 9}
    with pytest.raises(Refused) as caught:
        passes.payload(**(good | change))
    assert caught.value.code == code


GOOD = {"s": "northside", "i": "A" * 22, "d": ["front"], "f": 0, "u": 9}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b'"s"',
        json.dumps(GOOD | {"d": "front"}).encode(),
        json.dumps(GOOD | {"d": [1]}).encode(),
        json.dumps(GOOD | {"d": [["front"]]}).encode(),
        json.dumps(GOOD | {"f": 0.5}).encode(),
        json.dumps(GOOD | {"f": 9}).encode(),
        json.dumps({name: GOOD[name] for name in "sidf"}).encode(),
        json.dumps(GOOD).encode()[:-1] + b',"u":10}',
    ],
)
def test_a_signed_payload_that_is_no_pass_is_malformed(said: bytes) -> None:
    assert refusal(signed(said)) == codes.MALFORMED


def test_a_later_pass_may_say_more() -> None:
    assert passes.read(signed(json.dumps(GOOD | {"x": [1]}).encode()), verify).doors == ("front",)


def test_nothing_is_read_before_it_is_known_to_be_signed() -> None:
    def never(message: bytes, signature: bytes) -> bool:
        return False

    with pytest.raises(Refused) as caught:
        passes.read(signed(b"no JSON at all"), never)
    assert caught.value.code == codes.UNAUTHENTIC


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(st.text("OST1AQgw-_.=+é ", max_size=40), max_size=5).map(".".join))
def test_only_refused_ever_comes_out_and_alike(micropython: Any, cpython: Any, text: str) -> None:
    for said in (text, "OST1." + text, "OST1.e30." + text):
        refusal(said)
        case = {"do": "pass-read", "text": said.encode().hex(), "signature": "00" * 64}
        assert micropython.one(**case) == cpython.one(**case)
