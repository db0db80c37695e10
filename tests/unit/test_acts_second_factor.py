"""The second factor: RFC 6238's own vectors, a clock that is a little off, and a seal that fits one owner."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from ostiary.controller.acts.errors import ActError
from ostiary.controller.acts.house import Act, Asked
from ostiary.controller.acts.second_factor import SECOND_FACTOR_CHECK, SECOND_FACTOR_SEAL, SECRET_BYTES, step_of
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import base64url

SECRET = b"12345678901234567890"  # RFC 6238, appendix B
AT_MS = 1_111_111_109_000


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_the_standard(at_s: int, code: str) -> None:
    assert step_of(SECRET, code, at_s * 1000) == at_s // 30


@pytest.mark.parametrize(("off_s", "taken"), [(-30, True), (0, True), (30, True), (-60, False), (60, False)])
def test_a_clock_may_be_half_a_minute_off(off_s: int, taken: bool) -> None:
    code = TOTP(SECRET, 6, SHA1(), 30).generate(AT_MS // 1000 + off_s).decode()  # noqa: S303 - as apps do
    assert (step_of(SECRET, code, AT_MS) is not None) is taken


@pytest.mark.parametrize("code", ["", "08180", "0818040", "08180４", "\ud800", "x" * 40])
def test_what_is_no_code_is_no_code(code: str) -> None:
    assert step_of(SECRET, code, AT_MS) is None


def asked(house: Any, act: Act, **args: str) -> dict[str, Any]:
    return asyncio.run(act.do(house, Asked(args, "web", frozenset(), None)))


def test_a_seal_fits_one_owner_and_nobodys_is_a_plain_no(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "keys.db", bytes(32))
    house = SimpleNamespace(keys=keys, now_ms=lambda: AT_MS)
    text = base64url.encode(SECRET)
    sealed = asked(house, SECOND_FACTOR_SEAL, owner="anna", secret=text)["sealed"]
    assert SECRET not in base64url.decode(sealed)
    assert asked(house, SECOND_FACTOR_CHECK, owner="anna", sealed=sealed, code="081804") == {"step": AT_MS // 30_000}
    assert asked(house, SECOND_FACTOR_CHECK, owner="anna", sealed=sealed, code="081805") == {"step": None}
    assert asked(house, SECOND_FACTOR_CHECK, owner="", sealed="", code="081804") == {"step": None}
    for owner, other in (("ben", sealed), ("anna", sealed[:-2]), ("anna", "AAAA")):
        with pytest.raises(ActError):
            asked(house, SECOND_FACTOR_CHECK, owner=owner, sealed=other, code="081804")
    with pytest.raises(ActError, match=str(SECRET_BYTES)):
        asked(house, SECOND_FACTOR_SEAL, owner="anna", secret="AAAA")
    keys.close()
