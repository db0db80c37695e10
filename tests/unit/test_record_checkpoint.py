"""Checkpoints as signed notes, held against notes that other people's tools signed."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record.checkpoint import (
    BadKey,
    BadNote,
    Checkpoint,
    Signer,
    open_note,
    origin_of,
    read_checkpoint,
)

# Origin: the documentation and tests of golang.org/x/mod/sumdb/note, note_test.go.
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

SIGNER = Signer(origin_of("northside"), bytes(range(32)))
ROOT = bytes(range(100, 132))
NOTE = SIGNER.sign(7, ROOT)


def test_the_note_of_go_is_ours_byte_for_byte() -> None:
    signer = Signer("PeterNeumann", b64decode(GO_SECRET.split("+", 4)[4])[1:])
    assert signer.verifier_key == GO_KEY
    assert signer.sign_text(GO_TEXT) == GO_NOTE
    assert open_note(GO_NOTE, GO_KEY) == GO_TEXT


def test_a_checkpoint_says_origin_size_and_root() -> None:
    assert NOTE.startswith("ostiary/northside\n7\n")
    assert read_checkpoint(NOTE, SIGNER.verifier_key) == Checkpoint("ostiary/northside", 7, ROOT)


@given(st.integers(0, 10**17), st.binary(min_size=32, max_size=32))
def test_what_was_signed_is_read(size: int, root: bytes) -> None:
    assert read_checkpoint(SIGNER.sign(size, root), SIGNER.verifier_key) == Checkpoint(SIGNER.origin, size, root)


def test_signatures_of_others_are_passed_over() -> None:
    witness = Signer("witness.example", bytes(32))
    both = NOTE + witness.sign_text("x\n").rpartition("\n\n")[2]
    assert read_checkpoint(both, SIGNER.verifier_key).size == 7
    with pytest.raises(BadNote, match="did not sign"):
        open_note(NOTE, witness.verifier_key)


def test_a_key_of_the_same_name_is_another_key() -> None:
    other = Signer(SIGNER.origin, bytes(32))
    with pytest.raises(BadNote, match="did not sign"):
        read_checkpoint(NOTE, other.verifier_key)


@given(st.data())
def test_every_changed_letter_is_noticed(data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(NOTE) - 1))
    letter = data.draw(st.characters(exclude_characters=NOTE[where], exclude_categories=["Cs"]))
    with pytest.raises(BadNote):
        open_note(NOTE[:where] + letter + NOTE[where + 1 :], SIGNER.verifier_key)


@given(st.text(max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    with pytest.raises(BadNote):
        open_note(text, SIGNER.verifier_key)
    with pytest.raises(BadKey):
        open_note(NOTE, text)


@pytest.mark.parametrize(
    "text",
    [
        "ostiary/northside\n7\n",
        "ostiary/northside\n07\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n",
        "ostiary/northside\n-7\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n",
        "ostiary/northside\n7\nZGVm\n",
        "ostiary/northside\n7\n!\n",
        "ostiary/southside\n7\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    note = SIGNER.sign_text(text)
    assert open_note(note, SIGNER.verifier_key) == text
    with pytest.raises(BadNote):
        read_checkpoint(note, SIGNER.verifier_key)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "thin\u2009space"])
def test_names_that_the_standard_forbids_are_refused(name: str) -> None:
    with pytest.raises(BadKey):
        Signer(name, bytes(32))
