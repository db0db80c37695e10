"""The witness: signs what continues, remembers before it answers, and keeps two histories as evidence."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record import witness as witness_room
from ostiary.controller.record.checkpoint import BadKey, Cosigner, Signer, cosignature
from ostiary.controller.record.tree import leaf_hash
from ostiary.controller.record.witness import BadMemory, Witness
from ostiary.controller.record.witness_http import server
from ostiary.controller.record.witnesses import BadWitness, Known, Witnesses, read_witnesses
from tests.unit.leaf_nodes import tree_of
from tests.unit.made_receipts import WITNESSES

SIGNER = Signer("ostiary/northside", bytes(range(32)))
LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
TREE = tree_of(LEAVES)
OTHER = tree_of([*LEAVES[:4], leaf_hash(b"another"), *LEAVES[5:]])
AT_S = 1_772_500_000


class Desk:
    """A witness with its alarms."""

    def __init__(self, directory: Path, *logs: str) -> None:
        self.said: list[str] = []
        self.directory = directory
        self.witness = Witness(directory, WITNESSES[0], logs or (SIGNER.verifier_key,), lambda: AT_S, self.said.append)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def note(size: int, tree: object = TREE, signer: Signer = SIGNER) -> str:
    assert isinstance(tree, type(TREE))
    return signer.sign(size, tree.root(size))


def asked(old: int, size: int, tree: object = TREE, shown: str | None = None) -> bytes:
    assert isinstance(tree, type(TREE))
    proof = "".join(f"{b64encode(step).decode()}\n" for step in tree.consistency(old, size))
    return f"old {old}\n{proof}\n{shown or note(size, tree)}".encode()


def test_it_cosigns_what_continues_and_says_when(desk: Desk) -> None:
    for old, size in ((0, 5), (5, 5), (5, 17), (17, 40)):
        answer = desk.witness.add(asked(old, size))
        assert answer.status == 200
        seen = cosignature(note(size) + answer.text, WITNESSES[0].verifier_key)
        assert seen is not None and (seen.name, seen.at_s) == ("library.example", AT_S)
    assert desk.witness.seen() == {SIGNER.origin: note(40)}
    assert desk.said == [] and desk.witness.evidence() == []


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_it_follows_any_sequence_and_never_goes_back(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    desk, known = Desk(tmp_path_factory.mktemp("witness")), 0
    for size in sizes:
        answer = desk.witness.add(asked(min(known, size), size))
        assert answer.status == (200 if size >= known else 409)
        if size < known:
            assert (answer.text, answer.kind) == (f"{known}\n", "text/x.tlog.size")
        known = max(known, size)


def test_it_remembers_across_a_restart(desk: Desk) -> None:
    assert desk.witness.add(asked(0, 17)).status == 200
    again = Desk(desk.directory)
    assert again.witness.add(asked(0, 20)).status == 409
    assert again.witness.add(asked(17, 20)).status == 200
    assert not list(desk.directory.glob("*.new"))


def test_it_signs_nothing_that_it_cannot_remember(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(witness_room, "_replace", full)
    answer = desk.witness.add(asked(0, 5))
    assert answer.status == 503 and "Nothing was cosigned" in answer.text
    monkeypatch.undo()
    assert desk.witness.add(asked(0, 5)).status == 200


@pytest.mark.parametrize("size", [17, 23])
def test_two_histories_are_refused_kept_and_told(desk: Desk, size: int) -> None:
    assert desk.witness.add(asked(0, 17)).status == 200
    for _ in range(3):
        answer = desk.witness.add(asked(17, size, OTHER))
        assert answer.status == (409 if size == 17 else 422)
        assert "\u2014" not in answer.text
    [evidence] = desk.witness.evidence()
    text = evidence.read_text()
    assert note(17) in text and note(size, OTHER) in text
    [sentence] = desk.said
    assert "two histories" in sentence and str(evidence) in sentence
    assert desk.witness.add(asked(17, 30)).status == 200, "the history seen first goes on"


def test_a_log_that_went_back_is_told(desk: Desk) -> None:
    assert desk.witness.add(asked(0, 17)).status == 200
    assert desk.witness.add(asked(5, 9)).status == 409
    assert "went back" in desk.said[0]


def test_requests_of_others_are_told_apart(desk: Desk) -> None:
    stranger = Signer("ostiary/southside", bytes(32))
    forger = Signer(SIGNER.origin, bytes(32))
    assert desk.witness.add(asked(0, 5, shown=note(5, signer=stranger))).status == 404
    assert desk.witness.add(asked(0, 5, shown=note(5, signer=forger))).status == 403
    assert desk.witness.add(asked(0, 5).replace(b"old 0", b"old 6")).status == 400
    assert desk.witness.seen() == {SIGNER.origin: ""}
    both = note(5, signer=forger) + note(5).rpartition("\n\n")[2]
    assert desk.witness.add(asked(0, 5, shown=both)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0\n", b"old 00\n\n" + note(5).encode(), b"old -1\n\n" + note(5).encode(), b"old 0\n\nno note",
        b"old 0\nAAAA\n\n" + note(5).encode(), b"old 0\n" + b"\n" * 3, b"\xff" * 40,
        b"old 0\n\n" + note(5).encode()[:-3],
        b"old 0\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\n" + note(5).encode(),
    ],
)  # fmt: skip
def test_what_is_no_request_is_answered_as_such(desk: Desk, body: bytes) -> None:
    assert desk.witness.add(body).status == 400


@given(st.binary(max_size=300))
def test_anything_at_all_gets_an_answer(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    assert Desk(tmp_path_factory.mktemp("witness")).witness.add(body).status == 400


def test_every_changed_byte_of_a_request_is_refused(desk: Desk) -> None:
    assert desk.witness.add(asked(0, 17)).status == 200
    body = asked(17, 23)
    for where in range(len(body)):
        answer = desk.witness.add(body[:where] + bytes([body[where] ^ 1]) + body[where + 1 :])
        assert answer.status in (400, 403, 404, 409, 422), where
    assert desk.witness.add(body).status == 200


@pytest.mark.parametrize("memory", ["", "no note", note(17, signer=Signer(SIGNER.origin, bytes(32)))])
def test_a_damaged_memory_never_becomes_an_empty_one(desk: Desk, memory: str) -> None:
    assert desk.witness.add(asked(0, 17)).status == 200
    [file] = desk.directory.glob("*.checkpoint")
    file.write_text(memory)
    with pytest.raises(BadMemory, match="Do not delete it"):
        Desk(desk.directory)


def test_a_witness_follows_logs_only(tmp_path: Path) -> None:
    with pytest.raises(BadKey):
        Desk(tmp_path, WITNESSES[1].verifier_key)
    with pytest.raises(BadKey):
        Desk(tmp_path, "nonsense")


# --- the site's side, over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def known(desk: Desk) -> Iterator[Known]:
    listening = server(desk.witness, "127.0.0.1", 0)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Known(WITNESSES[0].verifier_key, f"http://127.0.0.1:{listening.server_address[1]}")
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_site_gets_its_cosignatures(desk: Desk, known: Known) -> None:
    witnesses = Witnesses([known], TREE.consistency)
    for size in (5, 5, 17):
        cosigned = witnesses.cosigned(size, note(size))
        assert cosigned.startswith(note(size)) and cosignature(cosigned, known.key) is not None
    fresh = Witnesses([known], TREE.consistency)  # a keeper that was started again asks how far the witness is
    assert cosignature(fresh.cosigned(40, note(40)), known.key) is not None
    assert fresh.alarms == {} and desk.said == []


def test_a_site_with_two_histories_or_an_older_one_is_alarmed(
    desk: Desk, known: Known, caplog: pytest.LogCaptureFixture
) -> None:
    assert Witnesses([known], TREE.consistency).cosigned(17, note(17)) != note(17)
    forked = Witnesses([known], OTHER.consistency)
    assert forked.cosigned(23, note(23, OTHER)) == note(23, OTHER)
    assert "another history" in forked.alarms[known.key] and len(desk.witness.evidence()) == 1
    older = Witnesses([known], TREE.consistency)
    assert older.cosigned(9, note(9)) == note(9)
    assert "remembers 17 records and the log has 9" in older.alarms[known.key]
    assert "ALARM" in caplog.text


def test_a_witness_that_is_away_or_lies_costs_its_line_only(known: Known, caplog: pytest.LogCaptureFixture) -> None:
    away = Known(WITNESSES[1].verifier_key, "http://127.0.0.1:9")
    liar = Known(Cosigner("liar.example", bytes(32)).verifier_key, known.address)
    witnesses = Witnesses([away, liar, known], TREE.consistency)
    for _ in range(2):
        cosigned = witnesses.cosigned(17, note(17))
        assert cosigned.count("\u2014") == 2
    assert caplog.text.count("town-hall.example") == 1, "told on change, never twice"
    assert witnesses.alarms == {}


def test_an_answer_that_is_no_http_costs_the_line_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65_536)
                line.sendall(b"hello?\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        odd = Known(WITNESSES[0].verifier_key, f"http://127.0.0.1:{listening.getsockname()[1]}")
        assert Witnesses([odd], TREE.consistency).cosigned(17, note(17)) == note(17)
        thread.join()


def test_the_file_of_witnesses_is_read_or_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "witnesses"
    assert read_witnesses(path) == ()
    key = WITNESSES[0].verifier_key
    path.write_text(f"# ours\n\n{key} https://library.example/ostiary/\n")
    assert read_witnesses(path) == (Known(key, "https://library.example/ostiary"),)
    for line in (key, f"{key} ftp://x", f"{SIGNER.verifier_key} http://x", "nonsense http://x", f"{key} http://x y"):
        path.write_text(f"\n{line}\n")
        with pytest.raises(BadWitness, match="Line 2"):
            read_witnesses(path)
