"""Bad starts are counted before anything can go wrong, and forgotten after a good one."""

from pathlib import Path

import pytest

from ostiary.firmware.pi import bad_boots


def test_starts_count_as_bad_until_one_is_good(tmp_path: Path) -> None:
    path = tmp_path / "bad-boots"
    assert [bad_boots.begin(path) for _ in range(12)] == list(range(12))
    bad_boots.settle(path, 0)
    assert bad_boots.begin(path) == 0


def test_a_start_that_ended_in_good_order_leaves_the_count_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bad-boots"
    bad_boots.begin(path)
    for _ in range(20):
        bad_boots.settle(path, bad_boots.begin(path))
    assert bad_boots.begin(path) == 1


@pytest.mark.parametrize("rubbish", [b"", b"many", b"-3", b"99999", b"\xff\xfe", b"1 2"])
def test_a_file_without_a_number_counts_as_none(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "bad-boots"
    path.write_bytes(rubbish)
    assert (bad_boots.begin(path), bad_boots.begin(path)) == (0, 1)


def test_a_disk_that_refuses_costs_no_good_start(tmp_path: Path) -> None:
    bad_boots.settle(tmp_path / "nowhere" / "bad-boots", 0)
