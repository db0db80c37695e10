"""Uploading: in order, bounded, again after a while, and everything arrives once acknowledged."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.door.upload import Upload


def entries(first: int, last: int) -> list[dict[str, Any]]:
    return [{"seq": seq} for seq in range(first, last + 1)]


def seqs(batch: list[dict[str, Any]]) -> list[int]:
    return [entry["seq"] for entry in batch]


def test_it_sends_each_entry_once_until_its_time_is_over() -> None:
    upload = Upload(window=32, again_ms=2_000)
    assert seqs(upload.due(entries(1, 3), 0)) == [1, 2, 3]
    assert seqs(upload.due(entries(1, 4), 1_000)) == [4]
    assert upload.due(entries(1, 4), 2_999) == []
    assert upload.due_ms(entries(1, 4)) == 3_000
    assert seqs(upload.due(entries(1, 4), 3_000)) == [1, 2, 3, 4]
    assert upload.due_ms([]) is None


def test_a_new_connection_sends_everything_again() -> None:
    upload = Upload()
    upload.due(entries(5, 9), 0)
    upload.again()
    assert seqs(upload.due(entries(5, 9), 1)) == [5, 6, 7, 8, 9]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3_000), st.sampled_from(["keeps", "loses", "acknowledges"])),
        max_size=60,
    )
)
def test_a_keeper_gets_all_of_it_in_order_over_any_line(steps: list[tuple[int, int, str]]) -> None:
    upload, now_ms, last, acknowledged, held = Upload(window=4, again_ms=2_000), 0, 0, 0, 0
    # The last steps are a line that works: everything must arrive then.
    for new, after_ms, line in [*steps, *[(0, 2_000, "keeps"), (0, 0, "acknowledges")] * (len(steps) * 2 + 2)]:
        now_ms += after_ms
        last += new
        if line == "acknowledges":
            acknowledged = held
        batch = seqs(upload.due(entries(acknowledged + 1, last), now_ms))
        assert len(batch) <= 4
        assert all(acknowledged < seq <= acknowledged + 4 for seq in batch)
        if line != "loses":
            for seq in batch:
                held += seq == held + 1
    assert held == last
