"""Receipts: a whole one holds, and one changed in any byte, anywhere, does not."""

import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.record.checkpoint import Signer, origin_of
from ostiary.controller.record.receipt import Receipt, to_file, verify
from ostiary.controller.record.record import Draft, record_bytes
from ostiary.controller.record.sealing import leaf_of
from tests.unit.leaf_nodes import tree_of

SIGNER = Signer(origin_of("northside"), bytes(range(32)))
SALT = bytes(range(16))
POSITION, SIZE = 5, 11


def made(site: str = "northside", signer: Signer = SIGNER) -> tuple[bytes, Receipt]:
    """A record in the middle of a small log, and its receipt."""
    draft = Draft("decision", 1, {"person": "p-ä", "sentence": "No."}, ("p-ä",), "front", "deny", "score", "ABCD")
    data = record_bytes(draft, site)
    leaves = [bytes([number]) * 32 for number in range(SIZE)]
    leaves[POSITION] = leaf_of(SALT, data)
    tree = tree_of(leaves)
    note = signer.sign(SIZE, tree.root())
    return data, Receipt(POSITION, leaves[POSITION], SALT, SIZE, tree.inclusion(POSITION), note)


DATA, RECEIPT = made()
FILE = to_file(DATA, RECEIPT)


def respelled(**changed: object) -> bytes:
    """The receipt with parts exchanged, spelled as a log spells it."""
    return json.dumps(
        {**json.loads(FILE), **changed}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def test_a_whole_receipt_says_what_was_decided_and_where() -> None:
    checked = verify(FILE, SIGNER.verifier_key)
    assert (checked.ok, checked.check, checked.position, checked.size) == (True, "", POSITION, SIZE)
    assert checked.record == json.loads(DATA)
    assert "holds this record at 5" in checked.say


def test_every_flipped_bit_is_refused() -> None:
    for where in range(len(FILE)):
        for bit in range(8):
            changed = bytearray(FILE)
            changed[where] ^= 1 << bit
            checked = verify(bytes(changed), SIGNER.verifier_key)
            assert not checked.ok and checked.check and checked.record is None, (where, bit)


@settings(max_examples=500)
@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_every_changed_byte_is_refused(where: int, byte: int) -> None:
    changed = FILE[:where] + bytes([byte]) + FILE[where + 1 :]
    assert verify(changed, SIGNER.verifier_key).ok == (changed == FILE)


def test_every_cut_and_every_added_byte_is_refused() -> None:
    for where in range(len(FILE)):
        assert not verify(FILE[:where], SIGNER.verifier_key).ok
        assert not verify(FILE[:where] + FILE[where + 1 :], SIGNER.verifier_key).ok
        assert not verify(FILE[:where] + b" " + FILE[where:], SIGNER.verifier_key).ok
    assert not verify(FILE + b"\n", SIGNER.verifier_key).ok


@given(st.binary(max_size=400))
def test_anything_at_all_gets_an_answer(file: bytes) -> None:
    assert verify(file, SIGNER.verifier_key).check == "form"


@pytest.mark.parametrize("nested", [b"[" * 200_000, b'{"a":' * 200_000])
def test_endless_nesting_gets_an_answer(nested: bytes) -> None:
    assert verify(nested, SIGNER.verifier_key).check == "form"


def test_each_refusal_says_which_check_failed() -> None:
    other = Signer(SIGNER.origin, bytes(32))
    steps = [b64encode(step).decode() for step in RECEIPT.proof]
    rolled_back = SIGNER.sign(POSITION, bytes(32))
    cases = {
        "form": [
            respelled(format="ostiary-receipt/2"),
            respelled(extra=1),
            respelled(position="5"),
            respelled(position=True),
            respelled(salt="AAAA"),
            respelled(proof=[*steps[:-1], 7]),
            respelled(proof=[*steps[:-1], steps[-1][:-4]]),
        ],
        "checkpoint": [
            respelled(checkpoint=other.sign(SIZE, bytes(32))),
            respelled(checkpoint=RECEIPT.checkpoint.replace("\n11\n", "\n12\n")),
        ],
        "position": [
            respelled(checkpoint=rolled_back),
            respelled(position=SIZE),
            respelled(position=-1),
        ],
        "proof": [
            respelled(position=POSITION + 1),
            respelled(proof=steps[:-1]),
            respelled(proof=[*steps, steps[0]]),
            respelled(proof=steps[::-1]),
            respelled(record=DATA.decode().replace("deny", "gran")),
            respelled(salt=b64encode(bytes(16)).decode()),
            respelled(checkpoint=SIGNER.sign(SIZE, bytes(32))),
        ],
    }
    for check, files in cases.items():
        for file in files:
            checked = verify(file, SIGNER.verifier_key)
            assert (checked.ok, checked.check) == (False, check), file
            assert checked.say.endswith(".")


def test_a_receipt_of_another_site_or_signed_by_another_key_is_refused() -> None:
    southern = Signer(origin_of("southside"), bytes(range(32)))
    assert verify(to_file(*made("southside", southern)), SIGNER.verifier_key).check == "checkpoint"
    assert verify(to_file(*made(signer=Signer(SIGNER.origin, bytes(32)))), SIGNER.verifier_key).check == "checkpoint"
    # The log of one site that signed for the record of another.
    assert verify(to_file(*made("southside")), SIGNER.verifier_key).check == "record"


def test_a_key_that_is_none_is_told_apart_from_a_bad_receipt() -> None:
    assert verify(FILE, "not a key").check == "key"
    assert verify(FILE, SIGNER.verifier_key + "=").check == "key"
