"""Receipts: a whole one holds; one changed in any byte, anywhere, does not; and two verifiers say the same of each."""

import ast
import os
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.record import standalone
from ostiary.controller.record.checkpoint import Cosigner, Signer, split_note
from ostiary.controller.record.receipt import Checked, is_as_shown, verify
from ostiary.controller.record.receipt_words import in_words, plain
from ostiary.protocol import base64url
from tests.unit.made_receipts import AT_S, WITNESSES, SmallLog, by_standalone, small_log

# The long form, outside CI: every mutation of every kind, on 10,000 receipts.
LONG = os.environ.get("OSTIARY_LONG") == "1"
POSITION = 5

LOG = small_log()
FILE = LOG.receipt(POSITION)
RICH = small_log(11, rotations=2)
RICH_FILE = RICH.receipt(POSITION, witnesses=2)


def judged(file: bytes, key: str | None = None, witnesses: tuple[str, ...] = (), now_s: int | None = None) -> Checked:
    """What ours says, once the standalone verifier has said the same."""
    checked = verify(file, key, witnesses, now_s)
    other = by_standalone(file, key, witnesses, now_s)
    assert (checked.ok, checked.check) == (other == "", other), (checked, other)
    assert checked.say.endswith(".")
    return checked


def changed(file: bytes, old: str, new: str) -> bytes:
    assert old.encode() in file
    return file.replace(old.encode(), new.encode(), 1)


def lines_of(file: bytes) -> list[str]:
    return file.decode().split("\n")


@pytest.mark.parametrize("key", [LOG.key, None])
def test_a_whole_receipt_says_what_was_decided_and_where(key: str | None) -> None:
    checked = judged(FILE, key)
    assert (checked.ok, checked.check, checked.position, checked.size) == (True, "", POSITION, 11)
    assert checked.record is not None and checked.record["receipt"] == "CODE5"
    assert "holds this record at 5" in checked.say
    assert checked.witnessed == ()


def test_rotated_keys_and_witnesses_are_followed() -> None:
    for signer in RICH.signers:  # whichever of the log's keys a person knows
        checked = judged(RICH_FILE, signer.verifier_key)
        assert checked.ok and checked.log_key == RICH.key
    assert [(one.name, one.at_s) for one in checked.witnessed] == [(one.name, AT_S) for one in WITNESSES]
    assert judged(RICH_FILE, None, (WITNESSES[1].verifier_key,), AT_S).ok
    assert judged(RICH_FILE, None, (Cosigner("other.example", bytes(32)).verifier_key,)).check == "witness"
    assert judged(RICH_FILE, None, (), AT_S - 90_000).check == "witness"


def test_a_receipt_is_text_that_survives_the_mail() -> None:
    text = RICH_FILE.decode()
    assert all(len(line) <= 220 for line in text.split("\n"))
    assert judged(RICH_FILE.replace(b"\n", b"\r\n"), RICH.key).ok
    assert judged(RICH_FILE.replace(b"\n", b"\r\n", 3), RICH.key).check == "form"


@pytest.mark.parametrize("file", [FILE, RICH_FILE], ids=["plain", "rotated and witnessed"])
@pytest.mark.parametrize("known", [True, False], ids=["key known", "key believed"])
def test_every_byte_counts(file: bytes, known: bool) -> None:
    key = (LOG if file is FILE else RICH).key if known else None
    chance = random.Random(file)
    for where in range(len(file)):
        values = range(256) if LONG else (file[where] ^ 1, chance.randrange(256), 0x0A)
        for value in values:
            edited = file[:where] + bytes([value]) + file[where + 1 :]
            assert judged(edited, key).ok == (edited == file), (where, value)


@pytest.mark.parametrize("file", [FILE, RICH_FILE], ids=["plain", "rotated and witnessed"])
def test_every_cut_and_every_added_byte_is_refused(file: bytes) -> None:
    chance = random.Random(file)
    for where in range(len(file)):
        assert not judged(file[:where]).ok
        assert (
            not judged(file[:where] + file[where + 1 :]).ok or file[where : where + 1] == b"\n" == file[where + 1 :][:1]
        )
        for added in (b" ", b"\n", b"A") if LONG else (chance.choice((b" ", b"\n", b"A")),):
            assert not judged(file[:where] + added + file[where:]).ok
    assert not judged(file + b"\n").ok


@given(st.binary(max_size=400))
def test_anything_at_all_gets_an_answer(file: bytes) -> None:
    assert judged(file, LOG.key).check == "form"


@settings(max_examples=300)
@given(st.data())
def test_lines_that_change_places_are_refused(data: st.DataObject) -> None:
    lines = lines_of(RICH_FILE)
    where, other = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
    moved = [*lines]
    moved[where], moved[other] = moved[other], moved[where]
    assert judged("\n".join(moved).encode(), RICH.key).ok == (moved == lines)
    assert judged("\n".join(lines[:where] + lines[where + 1 :]).encode(), RICH.key).ok is False
    assert judged("\n".join(lines[: where + 1] + lines[where:]).encode(), RICH.key).ok is False


def cases() -> Iterator[tuple[str, bytes, str | None]]:
    """(the check that must fail, the file, the key it is checked with)."""
    key = LOG.key
    steps = [b64encode(step).decode() for step in LOG.tree.inclusion(POSITION)]
    note, other = LOG.note(), LOG.receipt(POSITION + 1)
    longer = SmallLog(19)
    yield "form", changed(FILE, "receipt v1", "receipt v2"), key
    yield "form", changed(FILE, "index 5", "index 05"), key
    yield "form", changed(FILE, "index 5", "index -5"), key
    yield "form", changed(FILE, "salt ", "salt A"), key
    yield "form", changed(FILE, steps[0], steps[0][:-4]), key
    yield "form", b"[" * 200_000, key
    # Signed again by another key, which the receipt names or does not name.
    thief = Signer(LOG.signers[0].origin, bytes(32))
    stolen = thief.sign(11, LOG.tree.root())
    yield "checkpoint", changed(FILE, note, stolen), key
    yield "checkpoint", changed(FILE, note, stolen), None
    yield "key", changed(changed(FILE, note, stolen), key, thief.verifier_key), key
    yield "key", changed(FILE, key, key[:-4] + "AAA="), key
    yield "key", changed(RICH_FILE, RICH.signers[1].verifier_key, thief.verifier_key), RICH.key
    yield "key", FILE, "not a key"
    yield "key", FILE, WITNESSES[0].verifier_key
    yield "key", FILE, Signer(LOG.signers[0].origin, bytes(31) + b"1").verifier_key
    # Another site.
    yield "key", small_log(11, "southside").receipt(POSITION), key
    south = Signer(LOG.signers[0].origin, bytes(32))
    yield (
        "checkpoint",
        changed(FILE, note, south.sign_text(small_log(11, "southside").note().partition("\n\n")[0] + "\n")),
        key,
    )
    # The proof of another leaf, or no right proof.
    other_steps = [b64encode(step).decode() for step in LOG.tree.inclusion(POSITION + 1)]
    yield "proof", changed(FILE, "\n".join(steps), "\n".join(other_steps)), key
    yield "proof", changed(other, "index 6", "index 5"), key
    yield "proof", changed(FILE, "\n".join(steps), "\n".join(steps[:-1])), key
    yield "proof", changed(FILE, "\n".join(steps), "\n".join([*steps, steps[0]])), key
    yield "proof", changed(FILE, "\n".join(steps), "\n".join(steps[::-1])), key
    yield "proof", changed(FILE, b64encode(LOG.salts[POSITION]).decode(), b64encode(bytes(16)).decode()), key
    # A checkpoint from the past, from the future, and of another history.
    yield "position", changed(FILE, note, LOG.note(POSITION)), key
    yield "position", changed(FILE, note, LOG.note(0)), key
    yield "proof", changed(FILE, note, LOG.note(7)), key
    yield "proof", changed(FILE, note, LOG.signers[0].sign(19, longer.tree.root())), key
    yield "proof", changed(FILE, note, LOG.signers[0].sign(11, bytes(32))), key
    yield "checkpoint", changed(FILE, "\n11\n", "\n12\n"), key
    # Witnesses: a line that nobody explains, one that is missing, one from another checkpoint.
    line = WITNESSES[0].line(split_note(note)[0], AT_S)
    yield "witness", FILE + line.encode(), key
    yield "witness", changed(FILE, "salt ", f"witness {WITNESSES[0].verifier_key}\nsalt "), key
    older = WITNESSES[0].line(split_note(RICH.note(7))[0], AT_S)
    right = WITNESSES[0].line(split_note(RICH.note())[0], AT_S)
    yield "witness", changed(RICH_FILE, right, older), RICH.key
    yield "witness", changed(RICH_FILE, right, right + right), RICH.key
    # The log of one site that signed for the record of another.
    mixed = SmallLog(11)
    mixed.signers[0] = Signer("ostiary/southside", bytes(32))
    mixed.keys = [type(mixed.keys[0])(mixed.signers[0].verifier_key)]
    yield "record", mixed.receipt(POSITION), mixed.key


def test_each_refusal_says_which_check_failed() -> None:
    said: set[str] = set()
    for check, file, key in cases():
        checked = judged(file, key)
        assert (checked.ok, checked.check) == (False, check), (check, checked.say, file.decode(errors="replace"))
        assert checked.record is None
        said.add(check)
    assert said == {"form", "key", "checkpoint", "witness", "position", "proof", "record"}


def test_both_verifiers_agree_on_many_receipts_and_their_mutations() -> None:
    chance = random.Random(20261124)
    logs = [SmallLog(size, rotations=rotations) for size in (1, 2, 7, 64, 257, 900) for rotations in (0, 1)]
    for _ in range(10_000 if LONG else 250):
        log = chance.choice(logs)
        size = chance.randint(1, log.size)
        file = log.receipt(chance.randrange(size), size, chance.randrange(3))
        assert judged(file, chance.choice([None, log.key])).ok
        where = chance.randrange(len(file))
        byte = bytes([chance.randrange(256)])
        edited = file[:where] + byte + file[where + 1 :]
        assert judged(edited, log.key).ok == (edited == file)
        assert not judged(file[:where], log.key).ok
        assert not judged(file, chance.choice([one for one in logs if one is not log]).key).ok


def test_what_the_door_showed_names_the_receipt_and_fits_a_small_qr() -> None:
    checked = verify(FILE)
    leaf, salt = base64url.encode(checked.leaf), base64url.encode(checked.salt)
    right = f"OSTIARY:CODE5:{leaf}:{salt}"
    assert is_as_shown(checked, right) == checked
    for wrong in ("", "OSTIARY:CODE5", right.replace("CODE5", "CODE6"), right[:-1], right.replace(leaf, salt)):
        assert is_as_shown(checked, wrong).check == "shown"
    longest = f"OSTIARY:{'Z' * 16}:{leaf}:{salt}"
    assert segno.make(longest, error="l", micro=False).version <= 12


def test_words_say_what_was_decided_and_never_command_a_terminal() -> None:
    said = "\n".join(in_words(verify(RICH_FILE, RICH.key), key_known=True))
    for words in ("This receipt holds.", "northside said", "Reason:", "record 5", "since 2026-", "library.example saw"):
        assert words in said, said
    assert "Unwitnessed" not in said
    assert "Unwitnessed" in "\n".join(in_words(verify(FILE), key_known=False))
    refused = in_words(verify(FILE[:-9], "key"), key_known=True)
    assert len(refused) == 2 and refused[0].startswith("This receipt does not hold (")
    assert plain("\x1b[2J\u202eabc") == "\ufffd[2J\ufffdabc"


def test_the_standalone_verifier_is_short_and_stands_alone() -> None:
    source = Path(standalone.__file__).read_text()
    assert len(source.splitlines()) < 250
    imported = {
        (name.module or "").split(".")[0] if isinstance(name, ast.ImportFrom) else name.names[0].name
        for name in ast.walk(ast.parse(source))
        if isinstance(name, ast.Import | ast.ImportFrom)
    }
    assert imported - sys.stdlib_module_names == {"cryptography"}


def test_the_standalone_verifier_runs_by_itself(tmp_path: Path) -> None:
    alone = tmp_path / "verify_receipt.py"
    alone.write_text(Path(standalone.__file__).read_text())
    (tmp_path / "good").write_bytes(RICH_FILE)
    (tmp_path / "bad").write_bytes(FILE.replace(b"index 5", b"index 4"))

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(alone), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert not done.stderr
        return done.returncode, done.stdout

    code, said = run("good", "--key", RICH.key, "--witness", WITNESSES[0].verifier_key)
    assert code == 0 and said.startswith("This receipt holds.") and "Witnessed by library.example" in said
    code, said = run("bad")
    assert code == 1 and "does not hold (proof)" in said
    code, said = run("nowhere")
    assert code == 2 and "could not be read" in said
