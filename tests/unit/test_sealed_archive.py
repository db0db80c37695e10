"""A sealed archive: what went in comes out, and a cut, a changed byte, another secret or a hostile name is refused."""

import os
import tarfile
from pathlib import Path

import pytest

from ostiary.controller import sealed_archive
from ostiary.controller.sealed_archive import BadArchive, Head, Secret, add_bytes, extract, read_head, written

HEAD = Head("northside", 7, 1, 2, "key", "00" * 16)
SECRET = Secret("key", bytes(range(32)))


def made(path: Path, files: dict[str, bytes], secret: Secret = SECRET) -> Path:
    with written(path, HEAD, secret) as tar:
        for name, data in files.items():
            add_bytes(tar, name, data)
    return path


@pytest.mark.parametrize(
    "size", [0, 1, sealed_archive.PIECE - 1, sealed_archive.PIECE * 2, sealed_archive.PIECE * 3 + 5]
)
def test_what_went_in_comes_out(tmp_path: Path, size: int) -> None:
    files = {"site.toml": b"name", "log/keys": os.urandom(size)}
    heard: list[int] = []
    assert extract(made(tmp_path / "a", files), SECRET, tmp_path / "out", heard.append) == HEAD
    assert {name: (tmp_path / "out" / name).read_bytes() for name in files} == files
    assert (tmp_path / "out/log/keys").stat().st_mode & 0o777 == 0o600
    assert heard == sorted(heard) and heard[-1] == (tmp_path / "a").stat().st_size
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600 and read_head(tmp_path / "a") == HEAD
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_nothing_of_it_is_in_the_clear(tmp_path: Path) -> None:
    data = made(tmp_path / "a", {"keys.db": b"the key of keys " * 1000}).read_bytes()
    assert b"key of keys" not in data and b"keys.db" not in data


def test_each_byte_that_is_changed_and_each_cut_is_refused(tmp_path: Path) -> None:
    whole = made(tmp_path / "a", {"x": b"y"}).read_bytes()
    copy, out = tmp_path / "copy", tmp_path / "out"
    for number, at in enumerate([*range(300), *range(300, len(whole), 97)]):
        for data in (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole[:at]):
            copy.write_bytes(data)
            with pytest.raises(BadArchive):
                extract(copy, SECRET, out.with_name(f"out-{number}-{len(data)}"), lambda _: None)


def test_pieces_cannot_be_dropped_or_swapped(tmp_path: Path) -> None:
    whole = made(tmp_path / "a", {"x": os.urandom(sealed_archive.PIECE * 3)}).read_bytes()
    piece = sealed_archive.PIECE + sealed_archive.TAG_BYTES
    head = whole.index(b"}\n") + 2 + sealed_archive.PREFIX_BYTES
    pieces = [whole[at : at + piece] for at in range(head, len(whole), piece)]
    assert len(pieces) == 4
    for number, order in enumerate([(0, 1, 2), (1, 0, 2, 3), (0, 2, 3), (0, 1, 2, 3, 3)]):
        (tmp_path / "b").write_bytes(whole[:head] + b"".join(pieces[at] for at in order))
        with pytest.raises(BadArchive):
            extract(tmp_path / "b", SECRET, tmp_path / f"out-{number}", lambda _: None)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArchive, match="no file of a site"):
        extract(made(tmp_path / "a", {name: b"x"}), SECRET, tmp_path / "out", lambda _: None)


def test_a_link_is_refused(tmp_path: Path) -> None:
    with written(tmp_path / "a", HEAD, SECRET) as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(BadArchive, match="no file of a site"):
        extract(tmp_path / "a", SECRET, tmp_path / "out", lambda _: None)


def test_another_secret_is_refused_and_told_apart(tmp_path: Path) -> None:
    path = made(tmp_path / "a", {"x": b"y"})
    with pytest.raises(BadArchive, match="passphrase or key is another one"):
        extract(path, Secret("key", bytes(32)), tmp_path / "out", lambda _: None)
    with pytest.raises(BadArchive, match="sealed with a key file"):
        extract(path, sealed_archive.passphrase("a long passphrase"), tmp_path / "out2", lambda _: None)


def test_a_passphrase_opens_what_it_sealed(tmp_path: Path) -> None:
    secret = sealed_archive.passphrase("a long passphrase")
    head = Head("northside", 0, 1, 2, "scrypt", "00" * 16)
    with written(tmp_path / "a", head, secret) as tar:
        add_bytes(tar, "x", b"y")
    extract(tmp_path / "a", secret, tmp_path / "out", lambda _: None)
    assert (tmp_path / "out/x").read_bytes() == b"y"
    with pytest.raises(BadArchive, match="12 letters or more"):
        sealed_archive.passphrase("short")


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = made(tmp_path / "a", {"x": b"y"})
    before = path.read_bytes()
    with pytest.raises(BadArchive, match="is there already"):
        made(path, {"x": b"z"})
    assert path.read_bytes() == before


def test_what_breaks_halfway_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), written(tmp_path / "a", HEAD, SECRET):
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"ostiary backup v1\n", b"ostiary backup v1\n{}\n1234567", os.urandom(5000)])
def test_what_is_no_backup_is_told_in_three_parts(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(BadArchive, match="no backup of a site") as refused:
        read_head(tmp_path / "a")
    assert refused.value.what and refused.value.why and refused.value.now
