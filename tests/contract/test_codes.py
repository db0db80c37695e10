"""Codes: each has its sentence, and a refusal never has a code of its own invention."""

import ast
from pathlib import Path

import pytest

import ostiary.protocol
from ostiary.protocol import codes
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

PROTOCOL = Path(ostiary.protocol.__file__).parent


def test_every_code_has_one_plain_sentence() -> None:
    assert set(codes.SAYS) == set(codes.REFUSALS) | set(codes.EVENTS)
    assert len(codes.SAYS) == len(codes.REFUSALS) + len(codes.EVENTS)
    for sentence in codes.SAYS.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert len(set(codes.SAYS.values())) == len(codes.SAYS)


def test_every_constant_is_in_a_list() -> None:
    listed = {*codes.REFUSALS, *codes.EVENTS}
    assert {value for value in vars(codes).values() if isinstance(value, str) and value in listed} == listed
    assert {name for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)} == {
        code.upper().replace("-", "_") for code in listed
    }
    assert set(codes.OUTCOMES) <= set(codes.EVENTS)


def test_a_refusal_says_code_and_detail() -> None:
    refused = Refused(codes.STALE, "number 3, highest seen 4")
    assert isinstance(refused, ValueError)
    assert str(refused) == "stale: number 3, highest seen 4"


def test_the_contract_imports_nothing_of_ours_and_little_of_others() -> None:
    """One seam: `cryptography`, for AES on CPython. `typing` and `collections.abc` are for the type checker alone."""
    found = set()
    for path in PROTOCOL.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    ours = {name for name in found if name.startswith("ostiary")}
    assert all(name.startswith("ostiary.protocol") for name in ours)
    assert found - ours == {
        "binascii",
        "collections.abc",
        "cryptography.hazmat.primitives.ciphers",
        "hashlib",
        "hmac",
        "struct",
        "json",
        "sys",
        "typing",
    }
