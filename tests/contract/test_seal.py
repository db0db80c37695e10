"""Sealing: what was sealed opens, with the same key and purpose only, and nothing else opens at all."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from ostiary.protocol import codes, keys, seal, topics
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

SITE, NODE, KEY, IV = "northside", "front-1", bytes(range(32)), bytes(range(16))
keys_32 = st.binary(min_size=32, max_size=32)
ivs = st.binary(min_size=16, max_size=16)


def refusal(*arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        seal.unseal(*arguments)
    return caught.value.code


def base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def sealed_with_header(
    header: bytes, plaintext: bytes = b"{}", key: bytes = KEY, padding: bytes | None = None
) -> bytes:
    """A JWE that is authentic under `key`, made without the code under test, with any header one likes."""
    if padding is None:
        padding = bytes([16 - len(plaintext) % 16]) * (16 - len(plaintext) % 16)
    encryptor = Cipher(algorithms.AES(key[16:]), modes.CBC(IV)).encryptor()
    encrypted = encryptor.update(plaintext + padding) + encryptor.finalize()
    mac = hmac.HMAC(key[:16], hashes.SHA256())
    mac.update(base64url(header) + IV + encrypted + (len(base64url(header)) * 8).to_bytes(8, "big"))
    tag = mac.finalize()[:16]
    return b".".join([base64url(header), b"", base64url(IV), base64url(encrypted), base64url(tag)])


HEADER: dict[str, Any] = {"alg": "dir", "enc": "A128CBC-HS256", "kid": NODE, "typ": "ask"}


def spelled(**changed: Any) -> bytes:
    header = {name: value for name, value in {**HEADER, **changed}.items() if value is not None}
    return json.dumps(header, separators=(",", ":")).encode()


@given(key=keys_32, iv=ivs, plaintext=st.binary(max_size=600), purpose=st.sampled_from(topics.PURPOSES))
def test_what_was_sealed_opens(key: bytes, iv: bytes, plaintext: bytes, purpose: str) -> None:
    assert seal.unseal(key, NODE, purpose, seal.seal(key, NODE, purpose, plaintext, iv)) == plaintext


@given(plaintext=st.binary(max_size=100))
def test_sealing_is_what_the_standard_says(plaintext: bytes) -> None:
    assert seal.seal(KEY, NODE, "ask", plaintext, IV) == sealed_with_header(spelled(), plaintext)


@given(data=st.data(), plaintext=st.binary(max_size=40))
def test_any_changed_byte_is_refused(data: st.DataObject, plaintext: bytes) -> None:
    sealed = seal.seal(KEY, NODE, "ask", plaintext, IV)
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != sealed[at]))
    refusal(KEY, NODE, "ask", sealed[:at] + bytes([other]) + sealed[at + 1 :])


def test_every_byte_of_one_message_counts() -> None:
    sealed = seal.seal(KEY, NODE, "ask", b'{"v":1}', IV)
    for at in range(len(sealed)):
        for other in b"AQgw-_.=+/ \n\x00\xff" + bytes([sealed[at] ^ 1, sealed[at] ^ 32]):
            if other != sealed[at]:
                refusal(KEY, NODE, "ask", sealed[:at] + bytes([other]) + sealed[at + 1 :])
        refusal(KEY, NODE, "ask", sealed[:at])
        refusal(KEY, NODE, "ask", sealed[:at] + sealed[at + 1 :])


@given(key=keys_32, other=keys_32)
def test_another_key_does_not_open(key: bytes, other: bytes) -> None:
    sealed = seal.seal(key, NODE, "ask", b"{}", IV)
    if other != key:
        assert refusal(other, NODE, "ask", sealed) == codes.UNAUTHENTIC


def test_each_half_of_the_key_counts() -> None:
    sealed = seal.seal(KEY, NODE, "ask", b"{}", IV)
    assert refusal(bytes(16) + KEY[16:], NODE, "ask", sealed) == codes.UNAUTHENTIC
    assert refusal(KEY[16:] + KEY[:16], NODE, "ask", sealed) == codes.UNAUTHENTIC
    try:
        # The tag does not cover the cipher's half; the plaintext that comes out is then another one, or none.
        assert seal.unseal(KEY[:16] + bytes(16), NODE, "ask", sealed) != b"{}"
    except Refused as refused:
        assert refused.code == codes.UNAUTHENTIC


@given(
    purpose=st.sampled_from(topics.PURPOSES),
    node=st.sampled_from([NODE, "front-2"]),
    site=st.sampled_from([SITE, "southside"]),
    secret=st.sampled_from([bytes(32), bytes([1]) * 32]),
)
def test_a_message_opens_at_its_own_node_and_purpose_only(purpose: str, node: str, site: str, secret: bytes) -> None:
    mine = keys.message_key(bytes(32), SITE, NODE, "ask")
    theirs = keys.message_key(secret, site, node, purpose)
    sealed = seal.seal(theirs, node, purpose, b"{}", IV)
    # A liar may write any header; then the key tells.
    lying = seal.seal(theirs, NODE, "ask", b"{}", IV)
    if (purpose, node, site, secret) == ("ask", NODE, SITE, bytes(32)):
        assert seal.unseal(mine, NODE, "ask", sealed) == b"{}"
        return
    wanted = codes.WRONG_KIND if purpose != "ask" else codes.WRONG_KEY if node != NODE else codes.UNAUTHENTIC
    assert refusal(mine, NODE, "ask", sealed) == wanted
    assert refusal(mine, NODE, "ask", lying) == codes.UNAUTHENTIC


@pytest.mark.parametrize(
    "header",
    [
        spelled(alg="none"),
        spelled(alg="A128KW"),
        spelled(alg="RSA1_5"),
        spelled(alg="HS256"),
        spelled(alg=None),
        spelled(enc="A128GCM"),
        spelled(enc="A256CBC-HS512"),
        spelled(enc="none"),
        spelled(enc=None),
        spelled(typ="answer"),
        spelled(typ=None),
        spelled(typ="ASK"),
        spelled(kid=None),
        spelled(kid=7),
        spelled(kid="Front-1"),
        spelled(kid=""),
        spelled(kid="x" * 41),
        spelled(zip="DEF"),
        spelled(crit=["exp"]),
        spelled(jku="https://door.example/keys"),
        spelled(cty="JWT"),
        spelled(x=""),
        spelled(kid="front-2", zip="DEF"),
        b" " + spelled(),
        spelled().replace(b":", b": "),
        spelled().replace(b'"dir"', b'"\\u0064ir"'),
        json.dumps(HEADER | {"alg": HEADER["alg"]}, sort_keys=True, indent=1).encode(),
        b'{"enc":"A128CBC-HS256","alg":"dir","kid":"front-1","typ":"ask"}',
        b"{}",
    ],
    ids=repr,
)
def test_nothing_about_the_header_can_be_chosen(header: bytes) -> None:
    assert refusal(KEY, NODE, "ask", sealed_with_header(header)) == codes.WRONG_KIND


def test_a_header_of_another_key_says_so() -> None:
    assert refusal(KEY, NODE, "ask", sealed_with_header(spelled(kid="front-1.2"))) == codes.WRONG_KEY


@pytest.mark.parametrize(
    "header", [b"", b"[]", b"{", b"\xff", spelled()[:-1] + b',"alg":"dir"}', b'{"alg":NaN}'], ids=repr
)
def test_a_header_that_is_no_object_is_malformed(header: bytes) -> None:
    assert refusal(KEY, NODE, "ask", sealed_with_header(header)) == codes.MALFORMED


def test_an_endless_header_is_not_even_read() -> None:
    header = b'{"alg":' + b"[" * 3000
    assert refusal(KEY, NODE, "ask", sealed_with_header(header)) == codes.WRONG_KIND


def test_an_encrypted_key_is_refused() -> None:
    header, _, *rest = seal.seal(KEY, NODE, "ask", b"{}", IV).split(b".")
    assert refusal(KEY, NODE, "ask", b".".join([header, b"AAAA", *rest])) == codes.WRONG_KIND


@pytest.mark.parametrize(
    "padding", [b"\x00" * 14, b"\x0f" * 14, b"\x11" * 14, b"\x01" * 12 + b"\x02\x03", bytes(13) + b"\xff"]
)
def test_authentic_nonsense_in_the_padding_is_refused(padding: bytes) -> None:
    assert refusal(KEY, NODE, "ask", sealed_with_header(spelled(), b"{}", padding=padding)) == codes.UNAUTHENTIC


def test_a_part_without_its_length_is_malformed() -> None:
    parts = seal.seal(KEY, NODE, "ask", b"{}", IV).split(b".")
    for at, lengths in ((2, (0, 15, 17)), (3, (0, 15, 17)), (4, (0, 15, 17, 32))):
        for length in lengths:
            changed = [*parts[:at], base64url(bytes(length)), *parts[at + 1 :]]
            assert refusal(KEY, NODE, "ask", b".".join(changed)) == codes.MALFORMED
    for other in ([], parts[:4], [*parts, b""], [b"", *parts]):
        assert refusal(KEY, NODE, "ask", b".".join(other)) == codes.MALFORMED


def test_sizes_are_bounded_both_ways() -> None:
    largest = seal.seal(KEY, "n" * 40, "t" * 40, bytes(seal.MAX_PLAINTEXT_BYTES), IV)
    assert len(largest) <= seal.MAX_SEALED_BYTES
    assert seal.unseal(KEY, "n" * 40, "t" * 40, largest) == bytes(seal.MAX_PLAINTEXT_BYTES)
    with pytest.raises(Refused, match="oversized"):
        seal.seal(KEY, NODE, "ask", bytes(seal.MAX_PLAINTEXT_BYTES + 1), IV)
    assert refusal(KEY, NODE, "ask", b"A" * (seal.MAX_SEALED_BYTES + 1)) == codes.OVERSIZED


@pytest.mark.parametrize(
    "change",
    [
        {"key": bytes(16)},
        {"key": bytes(33)},
        {"iv": bytes(15)},
        {"iv": b""},
        {"kid": ""},
        {"kid": 'a","x":"'},
        {"typ": "A"},
    ],
    ids=repr,
)
def test_own_mistakes_are_refused_too(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"key": KEY, "kid": NODE, "typ": "ask", "plaintext": b"{}", "iv": IV}
    with pytest.raises(Refused, match="malformed"):
        seal.seal(**(good | change))


@given(st.binary(max_size=400) | st.lists(st.binary(max_size=30).map(base64url), max_size=7).map(b".".join))
def test_only_refused_ever_comes_out(sealed: bytes) -> None:
    assert refusal(KEY, NODE, "ask", sealed) in codes.REFUSALS


@given(header=st.binary(max_size=120), parts=st.lists(st.binary(max_size=40), min_size=4, max_size=4))
def test_only_refused_ever_comes_out_of_five_parts(header: bytes, parts: list[bytes]) -> None:
    first = seal.seal(KEY, NODE, "ask", b"", IV).split(b".")[0]
    for head in (base64url(header), first):
        refusal(KEY, NODE, "ask", b".".join([head, b"", *map(base64url, parts[1:])]))
        refusal(KEY, NODE, "ask", b".".join([head, *map(base64url, parts)]))
