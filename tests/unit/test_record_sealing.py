"""Sealing: any one holder opens, nobody else does, and nothing can be exchanged unnoticed."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record.errors import Broken
from ostiary.controller.record.sealing import (
    WRAP_BYTES,
    Sealed,
    Unsealed,
    about,
    fresh_bytes,
    holder_of,
    holders_in,
    leaf_of,
    unseal,
)
from ostiary.controller.record.sealing import seal as seal_fresh
from ostiary.controller.store.keys import Key

ANNE, BEN = Key(b"a" * 16, bytes(range(32))), Key(b"b" * 16, bytes(range(32, 64)))
DATA = b'{"person":"p-abcdefghijklmnop","sentence":"No: 592 of 600."}'


def seal(data: bytes, site: str, keys: list[Key]) -> Sealed:
    holders = sorted(holder_of(key) for key in keys)
    return seal_fresh(data, about(site), holders, os.urandom(fresh_bytes(len(holders))))


def opened(sealed: Sealed, *keys: Key, site: str = "northside", leaf: bytes | None = None) -> Unsealed | None:
    secrets = {key.id: key.secret for key in keys}
    return unseal(site, leaf or sealed.leaf, sealed.sealed, sealed.wraps, secrets.get)


@given(st.binary(max_size=300), st.sets(st.sampled_from([ANNE, BEN]), min_size=1))
def test_every_holder_opens_what_was_sealed(data: bytes, holders: set[Key]) -> None:
    sealed = seal(data, "northside", list(holders))
    for holder in holders:
        assert opened(sealed, holder) == Unsealed(data, sealed.salt)
    assert sealed.leaf == leaf_of(sealed.salt, data)
    assert opened(sealed) is None


def test_the_same_bytes_never_look_the_same() -> None:
    one, two = seal(DATA, "northside", [ANNE]), seal(DATA, "northside", [ANNE])
    assert one.leaf != two.leaf
    assert one.sealed != two.sealed
    assert one.wraps != two.wraps


def test_nothing_of_the_record_shows() -> None:
    sealed = seal(DATA, "northside", [ANNE, BEN])
    seen = sealed.commitment + sealed.leaf + sealed.sealed + sealed.wraps
    assert all(DATA[start : start + 8] not in seen for start in range(len(DATA) - 8))
    assert sealed.salt not in seen


def test_a_key_that_is_not_the_holders_is_broken_not_erased() -> None:
    sealed = seal(DATA, "northside", [ANNE])
    with pytest.raises(Broken):
        opened(sealed, Key(ANNE.id, BEN.secret))


def test_another_site_another_leaf_and_an_exchanged_record_are_broken() -> None:
    sealed, other = seal(DATA, "northside", [ANNE]), seal(DATA + b" ", "northside", [ANNE])
    with pytest.raises(Broken):
        opened(sealed, ANNE, site="southside")
    with pytest.raises(Broken):
        opened(sealed, ANNE, leaf=os.urandom(32))
    with pytest.raises(Broken):
        opened(Sealed(b"", sealed.leaf, b"", other.sealed, other.wraps), ANNE)
    with pytest.raises(Broken):
        opened(Sealed(b"", sealed.leaf, b"", sealed.sealed, other.wraps), ANNE)
    assert opened(Sealed(b"", sealed.leaf, b"", sealed.sealed, b""), ANNE) is None  # erased: every wrap is gone
    with pytest.raises(Broken):
        opened(Sealed(b"", sealed.leaf, b"", sealed.sealed, sealed.wraps[:-1]), ANNE)


def test_every_changed_bit_is_noticed() -> None:
    sealed = seal(DATA, "northside", [ANNE])
    [(holder, wrapped)] = holders_in(sealed.wraps)
    for where in range(len(sealed.sealed) * 8):
        with pytest.raises(Broken):
            opened(Sealed(b"", sealed.leaf, b"", flipped(sealed.sealed, where), sealed.wraps), ANNE)
    for where in range(len(wrapped) * 8):
        with pytest.raises(Broken):
            opened(Sealed(b"", sealed.leaf, b"", sealed.sealed, holder + flipped(wrapped, where)), ANNE)


def test_one_damaged_wrap_does_not_keep_another_holder_out() -> None:
    sealed = seal(DATA, "northside", [ANNE, BEN])
    anne, whole = sealed.wraps[:WRAP_BYTES], sealed.wraps[WRAP_BYTES:]
    damaged = Sealed(b"", sealed.leaf, b"", sealed.sealed, anne[:16] + flipped(anne[16:], 5) + whole)
    assert opened(damaged, ANNE, BEN) == Unsealed(DATA, sealed.salt)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
