"""The standards' vectors and our own, on CPython and on real MicroPython."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ostiary.protocol import messages, topics

pytestmark = pytest.mark.contract

VECTORS = sorted((Path(__file__).parent / "vectors").glob("*.json"))
Interpreter = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def sent(case: dict[str, Any]) -> dict[str, Any]:
    """The case as `portable.py` takes it: sealed plaintexts are written as text in the files."""
    return {**case, "plaintext": case["plaintext"].encode().hex()} if case["do"] == "seal" else case


def wanted(case: dict[str, Any]) -> Any:
    """What the vector says must come, in the form in which `portable.py` gives it."""
    if case["do"] == "aead":
        return [case["encrypted"], case["tag"], case["plaintext"]]
    if case["do"] == "base64url":
        return [case["text"], case["data"]]
    return case["sealed"] if case["do"] == "seal" else case["gives"]


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_vector_comes_out_as_written(path: Path, interpreter: Interpreter) -> None:
    vectors = json.loads(path.read_text())
    assert vectors["origin"]
    for case, came in zip(vectors["cases"], interpreter(map(sent, vectors["cases"])), strict=True):
        assert came == {"gives": wanted(case)}, case["name"]


def takes(kind: str, other: str) -> bool:
    """Whether `kind` takes whatever `other` says: one table, or an order for a release, which says more."""
    return messages.KINDS[kind] is messages.KINDS[other] or (kind, other) == ("release", "command")


def test_our_sealed_vectors_open_again(interpreter: Interpreter) -> None:
    [path] = [path for path in VECTORS if path.stem == "ostiary-sealed"]
    cases = json.loads(path.read_text())["cases"]
    opened = interpreter([{**case, "do": "unseal", "sealed": case["sealed"].encode().hex()} for case in cases])
    assert opened == [{"gives": case["plaintext"].encode().hex()} for case in cases]


def test_our_message_vectors_are_messages(interpreter: Interpreter) -> None:
    """The plaintexts named after a kind decode as that kind, and a wrong kind's table refuses each."""
    [path] = [path for path in VECTORS if path.stem == "ostiary-sealed"]
    sealed = json.loads(path.read_text())["cases"]
    cases = [case for case in sealed if case["name"].partition(",")[0] == case["typ"]]
    assert {case["typ"] for case in cases} == set(topics.PURPOSES)
    plaintexts = [case["plaintext"].encode().hex() for case in cases]
    mine = [{"do": "decode", "kind": case["typ"], "data": data} for case, data in zip(cases, plaintexts, strict=True)]
    assert all("gives" in came for came in interpreter(mine))
    others = [{**case, "kind": kind} for case in mine for kind in messages.KINDS if not takes(kind, case["kind"])]
    assert interpreter(others) == [{"refused": "malformed"}] * len(others)


def test_our_passes_are_read_again(interpreter: Interpreter) -> None:
    [path] = [path for path in VECTORS if path.stem == "ostiary-pass"]
    for case in json.loads(path.read_text())["cases"]:
        reading = {"do": "pass-read", "text": case["gives"].encode().hex(), "signature": case["signature"]}
        [came] = interpreter([reading])
        assert came == {
            "gives": [case["site"], case["id"], *case["doors"], str(case["from_s"]), str(case["until_s"])],
        }
        [came] = interpreter([{**reading, "signature": "00" * 64}])
        assert came == {"refused": "unauthentic"}


def test_the_vectors_of_each_origin_are_there() -> None:
    assert {path.stem for path in VECTORS} == {
        "ostiary-keys",
        "ostiary-pass",
        "ostiary-sealed",
        "rfc4231-hmac",
        "rfc4648-base64url",
        "rfc5869-hkdf",
        "rfc7516-a128cbc-hs256",
        "rfc7518-a128cbc-hs256",
    }
