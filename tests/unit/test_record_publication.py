"""Who published which policy: a note that anybody verifies, and that fits no other text, version, person or time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record.checkpoint import BadKey, BadNote, Signer, open_note
from ostiary.controller.record.publication import Publication, publisher, read, sign

SIGNER = publisher("northside", bytes(range(32)))
SAID = Publication("ab" * 32, 3, "an operator", 1_760_000_000_000)


@given(st.text(), st.integers(1, 2**40), st.integers(0, 2**45))
def test_what_was_signed_is_what_is_read(operator: str, version: int, at_ms: int) -> None:
    said = Publication("0f" * 32, version, operator, at_ms)
    assert read(sign(SIGNER, said), SIGNER.verifier_key) == said


def test_the_note_is_one_that_other_tools_open() -> None:
    note = sign(SIGNER, SAID)
    assert open_note(note, SIGNER.verifier_key) == (
        f'{{"at_ms":1760000000000,"operator":"an operator","sha256":"{"ab" * 32}","version":3}}\n'
    )
    assert note.splitlines()[2].startswith("\u2014 ostiary/northside/policy ")


@pytest.mark.parametrize(
    "other",
    [
        replace(SAID, sha256="cd" * 32),
        replace(SAID, version=4),
        replace(SAID, operator="somebody else"),
        replace(SAID, at_ms=SAID.at_ms + 1),
    ],
)
def test_a_changed_word_breaks_the_signature(other: Publication) -> None:
    signature = sign(SIGNER, SAID).splitlines(keepends=True)[2]
    text = sign(SIGNER, other).splitlines(keepends=True)[0]
    with pytest.raises(BadNote, match="does not fit"):
        read(f"{text}\n{signature}", SIGNER.verifier_key)


def test_another_site_or_another_purpose_signs_nothing_here() -> None:
    with pytest.raises(BadNote, match="did not sign"):
        read(sign(publisher("southside", bytes(range(32))), SAID), SIGNER.verifier_key)
    log = Signer("ostiary/northside", bytes(range(32)))
    with pytest.raises(BadNote, match="did not sign"):
        read(log.sign(3, bytes(32)), SIGNER.verifier_key)
    with pytest.raises(BadKey):
        read(sign(SIGNER, SAID), "no key")


@pytest.mark.parametrize("text", ["{}\n", "[]\n", "no json\n", '{"sha256": 1, "version": 1}\n', "ostiary\n1\nabc=\n"])
def test_a_signed_note_that_is_no_publication_is_none(text: str) -> None:
    with pytest.raises(BadNote, match="no publication"):
        read(SIGNER.sign_text(text), SIGNER.verifier_key)
