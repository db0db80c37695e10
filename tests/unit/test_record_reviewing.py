"""Reviewing: a reviewer reads it, nobody else does, and it belongs to one record."""

import os
from pathlib import Path

import pytest

from ostiary.controller.record.errors import Broken
from ostiary.controller.record.reviewing import hide, key_name, show
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import base64url

MARCH, CODE = 1_772_500_000_000, "0123456789ABCDEF"
SAID = {"similarity": 0.4375}


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.db", bytes(32))


def test_it_is_noise_until_a_reviewer_opens_it(keys: KeyStore) -> None:
    hidden = hide(SAID, CODE, MARCH, keys, os.urandom)
    assert b"0.4375" not in base64url.decode(hidden)
    assert hidden != hide(SAID, CODE, MARCH, keys, os.urandom)
    keys.keep()
    assert show(hidden, CODE, MARCH, keys) == SAID


def test_it_cannot_be_moved_or_changed(keys: KeyStore) -> None:
    hidden = hide(SAID, CODE, MARCH, keys, os.urandom)
    keys.keep()
    with pytest.raises(Broken):
        show(hidden, "1" * 16, MARCH, keys)
    data = bytearray(base64url.decode(hidden))
    for where in range(len(data)):
        data[where] ^= 1
        with pytest.raises(Broken):
            show(base64url.encode(bytes(data)), CODE, MARCH, keys)
        data[where] ^= 1


def test_it_goes_with_its_month(keys: KeyStore) -> None:
    hidden = hide(SAID, CODE, MARCH, keys, os.urandom)
    keys.keep()
    assert keys.destroy(key_name(MARCH))
    assert show(hidden, CODE, MARCH, keys) is None
