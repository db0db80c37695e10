"""Keys: HKDF agrees with another implementation, and no two purposes, nodes or sites share a key."""

from itertools import product

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from ostiary.protocol import keys, topics
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

names = st.text(topics.NAME_ALPHABET, min_size=1, max_size=topics.NAME_LONGEST)


@given(
    ikm=st.binary(min_size=1, max_size=80),
    salt=st.binary(max_size=80),
    info=st.binary(max_size=80),
    length=st.integers(1, 300) | st.just(8160),
)
def test_hkdf_is_hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> None:
    assert keys.hkdf(ikm, salt, info, length) == HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


@pytest.mark.parametrize("length", [0, -1, 8161])
def test_hkdf_refuses_lengths_that_it_does_not_have(length: int) -> None:
    with pytest.raises(Refused):
        keys.hkdf(bytes(32), b"", b"", length)


def test_no_two_of_a_sites_keys_are_the_same() -> None:
    # Names chosen so that, run together, some of them read the same.
    sites, nodes = ["a", "ab", "a-", "b"], ["b", "bc", "c", "-b", "ask"]
    made = [
        keys.message_key(secret, site, node, purpose)
        for secret, site, node, purpose in product([bytes(32), bytes([1]) * 32], sites, nodes, topics.PURPOSES)
    ]
    assert len(set(made)) == len(made)
    assert {len(key) for key in made} == {32}


@given(site=names, node=names)
def test_a_keys_info_can_be_read_back(site: str, node: str) -> None:
    """The derivation as the documentation writes it, by another implementation."""
    info = b"".join(bytes([len(part)]) + part.encode() for part in ("message", site, node, "answer", "down"))
    wanted = HKDF(hashes.SHA256(), 32, b"ostiary/v1", info).derive(bytes(32))
    assert keys.message_key(bytes(32), site, node, "answer") == wanted


@pytest.mark.parametrize(
    ("secret", "site", "node", "purpose"),
    [
        (bytes(31), "northside", "front-1", "ask"),
        (bytes(33), "northside", "front-1", "ask"),
        (bytes(32), "", "front-1", "ask"),
        (bytes(32), "northside", "Front-1", "ask"),
        (bytes(32), "northside", "front/1", "ask"),
        (bytes(32), "northside", "front-1", "asks"),
    ],
)
def test_names_that_no_topic_has_get_no_key(secret: bytes, site: str, node: str, purpose: str) -> None:
    with pytest.raises(Refused):
        keys.message_key(secret, site, node, purpose)


@given(a=st.binary(max_size=40), b=st.binary(max_size=40))
def test_equal_is_equality(a: bytes, b: bytes) -> None:
    assert keys.equal(a, b) == (a == b)
    assert keys.equal(a, bytes(a))
