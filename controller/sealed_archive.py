"""A sealed archive: many files in one, readable only with its passphrase or key file; cut or changed, it is refused.

A line that says what it is, a line of JSON that says whose it is and how long it is good, then a tar stream in pieces
of 1 MiB, each sealed with AES-256-GCM. The nonce counts the pieces and marks the last one (the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár, 2015), and the head is sealed along with each.
"""

import contextlib
import io
import json
import os
import stat
import struct
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.sqlite_file import sync_directory

FIRST_LINE = b"ostiary backup v1\n"
PIECE = 1 << 20
TAG_BYTES, SALT_BYTES, PREFIX_BYTES = 16, 16, 7
LONGEST_HEAD = 4096
LEAST_LETTERS = 12
_COST = 2**17  # with r = 8: 128 MiB and about half a second for each guess (RFC 7914)


class BadArchive(ThreePartError, ValueError):
    """A file that is no backup, is damaged, or does not open with this passphrase or key."""


@dataclass(frozen=True, slots=True)
class Head:
    """What can be read without the passphrase. `size`: how many records the log had; times are Unix milliseconds."""

    site: str
    size: int
    at_ms: int
    expires_ms: int
    sealed_by: str
    salt: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A passphrase (`scrypt`), or the bytes of a key file (`key`)."""

    kind: str
    data: bytes

    def key(self, salt: bytes) -> bytes:
        if self.kind == "key":
            return HKDF(SHA256(), 32, salt=salt, info=b"ostiary/backup/v1").derive(self.data)
        return Scrypt(salt, 32, _COST, 8, 1).derive(self.data)


def passphrase(text: str) -> Secret:
    """Raises BadArchive when it is too short to keep the keys of a site."""
    if len(text) < LEAST_LETTERS:
        raise BadArchive(
            "The passphrase was not used.",
            f"It has {len(text)} letters, and whoever guesses it has every key of the site.",
            f"Choose one of {LEAST_LETTERS} letters or more, or use a key file.",
        )
    return Secret("scrypt", text.encode())


def key_file(path: Path) -> Secret:
    """Raises BadArchive."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadArchive("The key file was not used.", f"{path}: {error.strerror}.", "Name another one.") from error
    if not 32 <= len(data) <= 4096:
        why = f"{path} has {len(data)} bytes, and a key has from 32 to 4096."
        raise BadArchive("The key file was not used.", why, f"Make one: head -c 32 /dev/urandom > {path}")
    return Secret("key", data)


class _Writer(io.RawIOBase):
    def __init__(self, file: BinaryIO, key: bytes, prefix: bytes, head: bytes) -> None:
        self._file, self._cipher, self._prefix, self._head = file, AESGCM(key), prefix, head
        self._held, self._number = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._held += data
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(data)

    def end(self) -> None:
        self._put(bytes(self._held), last=True)

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), piece, self._head))
        self._number += 1


# `io` asks for any buffer, and before Python 3.12 that type has no name: hence the two marks for the type checker.
class _Reader(io.RawIOBase):
    def __init__(self, file: BinaryIO, key: bytes, prefix: bytes, head: bytes, heard: Callable[[int], None]) -> None:
        self._file, self._cipher, self._prefix, self._head, self._heard = file, AESGCM(key), prefix, head, heard
        self._number, self._held, self._ended = 0, b"", False
        self._ahead = file.read(PIECE + TAG_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, into: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._held and not self._ended:
            self._open()
        many = min(len(into), len(self._held))
        into[:many] = self._held[:many]
        self._held = self._held[many:]
        return many

    def rest(self) -> None:
        """Read to the end, so that what was cut off is noticed."""
        while not self._ended:
            self._open()

    def _open(self) -> None:
        piece, self._ahead = self._ahead, self._file.read(PIECE + TAG_BYTES)
        last = not self._ahead
        try:
            self._held = self._cipher.decrypt(_nonce(self._prefix, self._number, last), piece, self._head)
        except (InvalidTag, ValueError) as error:
            if self._number:
                raise _damaged(f"piece {self._number} was changed, or the end is missing") from error
            raise BadArchive(
                "The backup was not opened.",
                "The passphrase or key is another one, or the file was changed.",
                "Try the right one, or another copy of the file.",
            ) from error
        self._number += 1
        self._ended = last
        self._heard(self._file.tell())


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


@contextlib.contextmanager
def written(path: Path, head: Head, secret: Secret) -> Iterator[tarfile.TarFile]:
    """A tar file to add to; `path` appears when the block ends well, whole and on the disk, or not at all.

    Raises BadArchive when `path` is there already, and OSError.
    """
    if path.exists():
        raise BadArchive("No backup was made.", f"{path} is there already.", "Name a new file.")
    prefix = os.urandom(PREFIX_BYTES)
    said = FIRST_LINE + json.dumps(asdict(head), sort_keys=True).encode() + b"\n" + prefix
    beside = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(said)
            sealing = _Writer(file, secret.key(bytes.fromhex(head.salt)), prefix, said)
            with tarfile.open(fileobj=sealing, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                yield tar
            sealing.end()
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)  # not a link, which a stick's file system has not
        sync_directory(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def read_head(path: Path) -> Head:
    """What the file says of itself; it is believed only once the archive opens. Raises BadArchive."""
    with _opened(path) as file:
        return _head(file)[0]


def extract(path: Path, secret: Secret, to: Path, heard: Callable[[int], None]) -> Head:
    """Write every file of the archive below the new directory `to`, readable by its owner only.

    `heard` is told how many bytes of the archive were read. Raises BadArchive, OSError; what `to` holds then is for the
    caller to remove.
    """
    with _opened(path) as file:
        head, said, prefix = _head(file)
        if head.sealed_by != secret.kind:
            needed = "a key file" if head.sealed_by == "key" else "a passphrase"
            raise BadArchive("The backup was not opened.", f"It is sealed with {needed}.", "Give that.")
        reading = _Reader(file, secret.key(bytes.fromhex(head.salt)), prefix, said, heard)
        to.mkdir(mode=0o700)
        try:
            with tarfile.open(fileobj=io.BufferedReader(reading), mode="r|") as tar:
                for member in tar:
                    _put(tar, member, to)
            reading.rest()
        except tarfile.TarError as error:
            raise _damaged(f"what it holds is no archive ({error})") from error
    return head


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    name = PurePosixPath(member.name)
    data = tar.extractfile(member) if member.isreg() else None
    if data is None or name.is_absolute() or ".." in name.parts or not name.parts:
        raise _damaged(f"{member.name!r} is no file of a site")
    path = to / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := data.read(PIECE):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), stat.S_IRUSR | stat.S_IWUSR
    tar.addfile(member, io.BytesIO(data))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadArchive("The backup was not opened.", f"{path}: {error.strerror}.", "Name another file.") from error
    with file:
        yield file


def _head(file: BinaryIO) -> tuple[Head, bytes, bytes]:
    first, line = file.readline(len(FIRST_LINE)), file.readline(LONGEST_HEAD)
    prefix = file.read(PREFIX_BYTES)
    head: Head | None = None
    try:
        head = Head(**json.loads(line))
        right = first == FIRST_LINE and len(bytes.fromhex(head.salt)) == SALT_BYTES and len(prefix) == PREFIX_BYTES
        right = right and all(type(held) is int for held in (head.size, head.at_ms, head.expires_ms))
    except (ValueError, TypeError):
        right = False
    if head is None or not right:
        raise BadArchive("The backup was not opened.", f"{file.name} is no backup of a site.", "Name another file.")
    return head, first + line + prefix, prefix


def _damaged(why: str) -> BadArchive:
    return BadArchive("The backup was not restored.", f"The file is damaged: {why}.", "Take another copy of it.")
