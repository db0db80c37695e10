"""A private file: the old bytes or the new ones, nobody else's eyes, nothing left behind."""

import os
import stat
from pathlib import Path

import pytest

from ostiary.controller.fleet.private_file import read_if_there, write_private


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_it_is_private_whatever_the_mask_and_replaces_what_was_open_to_all(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o666)
    before = os.umask(mask)
    try:
        write_private(path, b"new")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_who_holds_the_old_file_keeps_reading_the_old_bytes(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"old" * 10_000)
    with path.open("rb") as reader:
        half = reader.read(100)
        write_private(path, b"new")
        assert (half + reader.read()) == b"old" * 10_000


def test_a_refused_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    with pytest.raises(OSError):
        write_private(tmp_path / "key", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_if_there(tmp_path / "absent") is None
