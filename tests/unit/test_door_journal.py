"""The journal's bytes: nothing before the damage is lost, no number is used twice, and the numbers have no gap."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.firmware.door import journal
from ostiary.firmware.door.framing import framed
from ostiary.protocol import codes, messages

RECEIPTS = ["A" * 16, "B" * 16, "C" * 16]

HEAD = journal.head(journal.Recovered())

entries = st.lists(
    st.fixed_dictionaries(
        {
            "boot": st.integers(1, 5),
            "at": st.fixed_dictionaries({"ms": st.integers(0, 2**41), "clock": st.sampled_from(["set", "unset"])}),
            "kind": st.sampled_from(codes.EVENTS),
        },
        optional={
            "receipt": st.sampled_from(RECEIPTS),
            "detail": st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20),
        },
    ),
    max_size=12,
)


def written(parts: list[dict[str, Any]], first: int = 1) -> list[dict[str, Any]]:
    return [{"v": 1, "seq": first + number, **part} for number, part in enumerate(parts)]


def sample() -> list[dict[str, Any]]:
    at = {"ms": 1_800_000_000_000, "clock": "set"}
    return written(
        [
            {"boot": 1, "at": at, "kind": "boot"},
            {"boot": 1, "at": at, "kind": "strike-on", "receipt": "A" * 16},
            {"boot": 1, "at": at, "kind": "opened"},
            {"boot": 1, "at": at, "kind": "acted", "receipt": "A" * 16},
            {"boot": 1, "at": at, "kind": "strike-off", "receipt": "A" * 16},
            {"boot": 1, "at": at, "kind": "strike-on", "receipt": "B" * 16, "detail": "a detail"},
        ]
    )


def bytes_of(entries: list[dict[str, Any]]) -> bytes:
    return HEAD + b"".join(journal.line(entry) for entry in entries)


@given(entries)
def test_what_is_written_is_recovered(parts: list[dict[str, Any]]) -> None:
    whole = written(parts)
    recovered = journal.recover(bytes_of(whole))
    assert recovered.entries == whole
    assert (recovered.last_seq, recovered.clean, recovered.lost) == (len(whole), True, [])


@given(entries, st.integers(0, 14))
def test_compaction_forgets_what_is_acknowledged_and_nothing_else(parts: list[dict[str, Any]], upto: int) -> None:
    before = journal.recover(bytes_of(written(parts)))
    before.acknowledge(upto)
    after = journal.recover(journal.compacted(before))
    assert vars(after) | {"last_boot": 0} == vars(before) | {"last_boot": 0}
    assert [entry["seq"] for entry in after.entries] == list(range(upto + 1, len(parts) + 1))


def test_an_open_grant_outlives_its_entries() -> None:
    recovered = journal.recover(bytes_of(sample()))
    assert (recovered.open, recovered.closed) == (["B" * 16], ["A" * 16])
    recovered.acknowledge(6)
    again = journal.recover(journal.compacted(recovered))
    assert (again.open, again.closed, again.entries, again.last_seq) == (["B" * 16], ["A" * 16], [], 6)


def test_cut_off_at_every_byte_all_whole_lines_are_there_and_the_number_is_free_again() -> None:
    whole = sample()
    data = bytes_of(whole)
    ends = [len(bytes_of(whole[:count])) for count in range(len(whole) + 1)]
    for size in range(len(data) + 1):
        complete = max(0, sum(1 for end in ends if end <= size) - 1)
        recovered = journal.recover(data[:size])
        assert recovered.entries == whole[:complete]
        assert recovered.last_seq == complete
        assert recovered.lost == []
        assert recovered.clean == (size in {0, *ends})


def check_after_damage(whole: list[dict[str, Any]], hit: int, data: bytes) -> None:
    """Entries before the damaged one are whole, those after it too, and its number is not used again."""
    recovered = journal.recover(data)
    assert recovered.entries[:hit] == whole[:hit]
    assert [entry["seq"] for entry in recovered.entries] == list(range(1, recovered.last_seq + 1))
    for entry in recovered.entries[hit:]:
        assert entry in whole or entry["detail"] == journal.LOST
        messages.encode("event", entry)
    if data.endswith(b"\n") and data.count(b"\n") > len(whole):
        assert recovered.last_seq >= len(whole)
        assert recovered.entries[hit + 1 : len(whole)] == whole[hit + 1 :]
    assert journal.recover(journal.compacted(recovered)).entries == recovered.entries


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_damaged_at_every_byte_nothing_else_is_lost(flip: int) -> None:
    whole = sample()
    data = bytes_of(whole)
    hit, line_ends = 0, [at for at, byte in enumerate(data) if byte == 0x0A][1:]
    for at in range(len(HEAD), len(data)):
        damaged = bytearray(data)
        damaged[at] ^= flip
        check_after_damage(whole, hit, bytes(damaged))
        hit += at in line_ends


def test_a_damaged_first_line_takes_no_entry_and_no_number() -> None:
    recovered = journal.recover(bytes_of(sample()))
    recovered.acknowledge(3)
    data = bytearray(journal.compacted(recovered))
    for at in range(len(journal.head(recovered)) - 1):
        damaged = bytes(data[:at]) + bytes([data[at] ^ 1]) + bytes(data[at + 1 :])
        again = journal.recover(damaged)
        assert (again.entries, again.upto, again.last_seq, again.lost) == (sample()[3:], 3, 6, [])
        assert not again.clean


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 6))
def test_rubbish_after_the_entries_takes_none_of_them(rubbish: bytes, count: int) -> None:
    whole = sample()[:count]
    recovered = journal.recover(bytes_of(whole) + rubbish)
    assert recovered.entries[:count] == whole
    assert recovered.last_seq >= count


@given(st.binary(max_size=300))
def test_any_bytes_recover_to_something(data: bytes) -> None:
    recovered = journal.recover(data)
    assert journal.recover(journal.compacted(recovered)).entries == recovered.entries


def test_a_block_of_zeros_after_a_power_cut_is_a_torn_line() -> None:
    recovered = journal.recover(bytes_of(sample()) + bytes(4096))
    assert (recovered.entries, recovered.last_seq, recovered.clean) == (sample(), 6, False)


def test_an_entry_with_a_wrong_number_is_refused() -> None:
    recovered = journal.recover(bytes_of(sample()))
    with pytest.raises(ValueError, match="9 cannot follow 6"):
        recovered.follow({**sample()[0], "seq": 9})


def test_the_highest_term_and_what_is_desired_outlive_entries_compaction_and_a_torn_line() -> None:
    kept = journal.recover(HEAD)
    kept.term = 7
    kept.desired = {"term": 7, "number": 2**52 - 1, "lockdown": True, "face": True, "offline": "deny"}
    data = bytes_of(sample()) + journal.head(kept)
    for torn in (data, data + journal.line({**sample()[0], "seq": 7})[:-9]):
        recovered = journal.recover(torn)
        assert (recovered.term, recovered.desired, recovered.last_seq) == (7, kept.desired, 6)
        again = journal.recover(journal.compacted(recovered))
        assert (again.term, again.desired, again.entries) == (7, kept.desired, sample())


def test_a_decision_made_alone_is_written_whole() -> None:
    at = {"ms": 1_800_000_000_000, "clock": "set"}
    decision = {"verdict": "deny", "credential": "card", "way": "card+pin", "pack": 0, "code": "pack-missing"}
    entry = {"v": 1, "boot": 1, "seq": 1, "at": at, "kind": "decided", "receipt": "A" * 16, "decision": decision}
    for more in ({}, {"subject": "x" * 16, "pack_age_ms": 0}):
        entry["decision"] = decision | more
        assert journal.recover(HEAD + journal.line(entry)).entries == [entry]
        messages.encode("event", entry)


def test_a_head_of_an_earlier_version_is_read() -> None:
    recovered = journal.recover(framed(["u", 4, ["A" * 16], ["B" * 16]]))
    assert (recovered.upto, recovered.open, recovered.closed, recovered.term, recovered.desired) == (
        4, ["A" * 16], ["B" * 16], 0, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        ["e", "1", 1, 0, "set", "exit", None, None],
        ["e", 1, -1, 0, "set", "exit", None, None],
        ["e", 1, 1, 0, "set", ["exit"], None, None],
        ["e", 1, 1, 0, "set", "exit", 7, None],
        ["e", 1, 1, 0, "set", "exit", None, None, {}],
        ["u", None, [], []],
        ["u", 0, 7, []],
        ["u", 0, [], [[]], 0, None],
        ["u", 0, [], [], "7", None],
        ["u", 0, [], [], 0, [["lockdown"]]],
    ],
)
def test_a_right_checksum_over_wrong_types_is_damage_and_no_crash(fields: list[Any]) -> None:
    data = journal.head(journal.Recovered()) + framed(fields)
    recovered = journal.recover(data)
    assert (recovered.clean, recovered.lost) == (False, [1])


def test_what_was_desired_counts_only_when_a_keeper_could_have_said_it() -> None:
    for desired in ([["lockdown", False]], [["lockdown", 1], ["face", True], ["offline", "deny"]]):
        recovered = journal.recover(framed(["u", 0, [], [], 3, desired]))
        assert (recovered.desired, recovered.term, recovered.clean) == (None, 3, False)


def test_a_decision_that_has_its_outcome_is_not_open_again() -> None:
    assert journal.recover(framed(["u", 0, ["a", "b"], ["b"]])).open == ["a"]
