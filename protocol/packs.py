"""A pack's content: what a node needs to decide alone at its door. Written by the keeper, read on both interpreters.

    "ostiary/pack/1" LF, length of the header (4 bytes), header (JSON), then tables without gaps, numbers big-endian:
    schedules   each: how many intervals (2), and for each from and until (4 + 4) in ms after the header's `from_ms`
    people      subject (12), schedule (2), flags (1), 0 (1)
    ways        tag (16, rising), person (4), schedule (2), kind (1), 0 (1)
    galleries   one for each of the header's: persons (4 each), then vectors (`dimensions` of int8 each). 2^32 - 1
                stands for somebody who may not pass, and whose face is there to cast doubt on others alone

There is no name in it, no PIN and no card number; a subject names somebody to the keeper alone, and in one pack alone.
"""

import struct

from ostiary.protocol import base64url, codes, shapes, strict_json, topics
from ostiary.protocol.errors import Refused
from ostiary.protocol.keys import KEY_BYTES, hkdf
from ostiary.protocol.seal import BLOCK_BYTES, decrypt, encrypt
from ostiary.protocol.seal import TAG_BYTES as SEAL_BYTES
from ostiary.protocol.slow_hash import KINDS, LEAST_ROUNDS, MOST_ROUNDS, TAG_BYTES

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAX_BYTES = 4 * 1024 * 1024
SUBJECT_BYTES = 12
SALT_BYTES = 16
MAGIC = b"ostiary/pack/1\n"
MORE_TIME, HAS_FACE = 1, 2
MOST_PEOPLE = 100_000
NOBODY = 0xFFFFFFFF
MOST_SCHEDULES = 65_535
USES = ("content", "card", "face")

_PERSON = SUBJECT_BYTES + 4
_WAY = TAG_BYTES + 8
_MS = ("integer", 0, 253402300799999)
_COSINE = ("number", -2, 2)
_N = ("integer", 0, MOST_PEOPLE)
_GALLERY = (
    ("model", True, ("word", "0123456789abcdef", 64, 64), "SHA-256 of the embedder's file"),
    ("dimensions", True, ("integer", 64, 1024), "of a vector"),
    ("count", True, _N, "of vectors"),
    ("verify", True, _COSINE, "cosine from which a face verifies a claim"),
    ("identify", False, _COSINE, "cosine from which a search names somebody; without it none is made"),
    ("rival", False, _COSINE, "cosine from which somebody else casts doubt on that"),
)
HEADER = (
    ("door", True, ("name",), "where it decides"),
    ("policy", True, ("word", "0123456789abcdef", 64, 64), "SHA-256 of the policy it was worked out by"),
    ("version", True, ("integer", 1, 2147483647), "rises with every pack of this node"),
    ("made_ms", True, _MS, "when the facts in it were so"),
    ("from_ms", True, _MS, "where its intervals are counted from"),
    ("until_ms", True, _MS, "where its intervals end"),
    ("age_limit_ms", True, ("integer", 1, 2592000000), "it decides nothing when it is older"),
    ("pulse_ms", True, ("integer", 1000, 30000), "how long the strike is released"),
    ("more_pulse_ms", True, ("integer", 0, 29000), "how much longer for whom the door stays open longer"),
    ("more_held_ms", True, ("integer", 0, 600000), "the same for how long it may stand open"),
    ("face", True, ("one-of", ("off", "verify", "identify")), "whether it takes a face, and how"),
    ("card", True, ("flag",), "whether a card opens without a face"),
    ("pass", True, ("flag",), "whether a pass does"),
    ("liveness", True, ("one-of", ("none", "motion", "sensor")), "what must speak for a face of flesh, at least"),
    ("rounds", True, ("integer", LEAST_ROUNDS, MOST_ROUNDS), "of the slow hash"),
    ("salt", True, ("bytes", SALT_BYTES, SALT_BYTES), "of the slow hash"),
    ("schedules", True, ("integer", 0, MOST_SCHEDULES), "how many"),
    ("people", True, _N, "how many"),
    ("ways", True, ("integer", 0, 4 * MOST_PEOPLE), "how many"),
)


def key(node_secret: bytes, site: str, node: str, use: str) -> bytes:
    """One of a node's own 32-byte keys for packs: its seal, its hash of cards and passes, its turning of faces."""
    info = b""
    for part in ("pack", site, node, use):
        info += bytes([len(part)]) + part.encode()
    return hkdf(node_secret, topics.ROOT.encode(), info, KEY_BYTES)


def seal_content(content_key: bytes, node: str, version: int, content: bytes, iv: bytes) -> bytes:
    """The content as it travels and as it rests at the node; `iv` is 16 fresh random bytes."""
    encrypted, made = encrypt(content_key, iv, _bound(node, version), content)
    return iv + encrypted + made


def open_content(content_key: bytes, node: str, version: int, sealed: bytes) -> bytes:
    """The way back. Raises `Refused`: another node's, another version's, or changed bytes."""
    if len(sealed) > MAX_BYTES + 256:
        raise Refused(codes.OVERSIZED, "a pack has at most 4 MiB")
    iv, encrypted, made = sealed[:BLOCK_BYTES], sealed[BLOCK_BYTES:-SEAL_BYTES], sealed[-SEAL_BYTES:]
    return decrypt(content_key, iv, _bound(node, version), encrypted, made)


def _bound(node: str, version: int) -> bytes:
    return MAGIC + node.encode() + b"\n" + str(version).encode()


class Gallery:
    """The templates of one model, under the node's own transform: `vectors` is int8, row after row; `persons[i]` is the
    number of the person to whom row i belongs, or `NOBODY`."""

    def __init__(self, said: "dict[str, Any]", persons: "Sequence[int]", vectors: "Any") -> None:
        self.model: str = said["model"]
        self.dimensions: int = said["dimensions"]
        self.verify: float = said["verify"]
        self.identify: "float | None" = said.get("identify")
        self.rival: "float | None" = said.get("rival")
        self.persons = persons
        self.vectors = vectors


class Pack:
    """What `read` reads; `header` as its table says. It holds one copy of the bytes and looks things up in them."""

    def __init__(self, content: bytes) -> None:
        """Raises `Refused` (malformed, oversized) unless every number in it points at something that is there."""
        if len(content) > MAX_BYTES:
            raise Refused(codes.OVERSIZED, "a pack has at most 4 MiB")
        at = len(MAGIC) + 4
        if content[: len(MAGIC)] != MAGIC or len(content) < at:
            raise _wrong("it does not begin as a pack does")
        (size,) = struct.unpack_from(">I", content, len(MAGIC))
        if not 0 < size <= 8192 or at + size > len(content):
            raise _wrong("its header is not whole")
        said = strict_json.loads_object(content[at : at + size])
        galleries: "Any" = said.get("galleries")
        if not strict_json.is_array(galleries) or len(galleries) > 8:
            raise _wrong("it has no list of galleries")
        self._content = content
        self.header: "dict[str, Any]" = shapes.check(("object", HEADER), said, False)
        told = [shapes.check(("object", _GALLERY), one, False) for one in galleries]
        self._schedules: "list[int]" = []
        self._people = self._read_schedules(at + size)
        self._ways = self._people + self.header["people"] * _PERSON
        end = self._ways + self.header["ways"] * _WAY
        self.galleries: "list[Gallery]" = []
        for one in told:
            begin, persons = end, one["count"] * 4
            end += persons + one["count"] * one["dimensions"]
            if end > len(content):
                raise _wrong("a gallery is not whole")
            numbers = struct.unpack_from(">" + str(one["count"]) + "I", content, begin)
            for number in numbers:
                if number >= self.header["people"] and number != NOBODY:
                    raise _wrong("a template belongs to nobody")
            vectors = memoryview(content)[begin + persons : end]
            self.galleries.append(Gallery(one, numbers, vectors))
        if end != len(content):
            raise _wrong("its length is not what its header says")
        self._check()

    def _read_schedules(self, at: int) -> int:
        content, span_ms = self._content, self.header["until_ms"] - self.header["from_ms"]
        if span_ms < 0:
            raise _wrong("it ends before it begins")
        for _ in range(self.header["schedules"]):
            if at + 2 > len(content):
                raise _wrong("a schedule is not whole")
            (count,) = struct.unpack_from(">H", content, at)
            self._schedules.append(at)
            at += 2
            if at + count * 8 > len(content):
                raise _wrong("a schedule is not whole")
            last = -1
            for _ in range(count):
                begin, end = struct.unpack_from(">II", content, at)
                if not last < begin < end <= span_ms:
                    raise _wrong("a schedule's intervals do not rise")
                last, at = end, at + 8
        return at

    def _check(self) -> None:
        schedules, people = len(self._schedules), self.header["people"]
        for person in range(people):
            if self.schedule_of(person) >= schedules:
                raise _wrong("a person has no schedule")
        last = b""
        for at in range(self._ways, self._ways + self.header["ways"] * _WAY, _WAY):
            made, person, schedule, kind = struct.unpack_from(">16sIHB", self._content, at)
            if made <= last or person >= people or schedule >= schedules or kind >= len(KINDS):
                raise _wrong("a way in leads to nobody")
            last = made

    def subject(self, person: int) -> str:
        """How this person is named to the keeper: 12 bytes in base64url."""
        at = self._people + person * _PERSON
        return base64url.encode(bytes(self._content[at : at + SUBJECT_BYTES]))

    def flags(self, person: int) -> int:
        return self._content[self._people + person * _PERSON + SUBJECT_BYTES + 2]

    def schedule_of(self, person: int) -> int:
        (schedule,) = struct.unpack_from(">H", self._content, self._people + person * _PERSON + SUBJECT_BYTES)
        return schedule

    def grants(self, schedule: int, at_ms: "int | None") -> bool:
        """Whether a schedule grants at this time (Unix ms); for None: whether it grants all the time."""
        at = self._schedules[schedule]
        (count,) = struct.unpack_from(">H", self._content, at)
        span_ms = self.header["until_ms"] - self.header["from_ms"]
        for number in range(count):
            begin, end = struct.unpack_from(">II", self._content, at + 2 + number * 8)
            if at_ms is None:
                return begin == 0 and end == span_ms
            if begin <= at_ms - self.header["from_ms"] < end:
                return True
        return False

    def holder(self, kind: str, made: bytes) -> "tuple[int, int] | None":
        """Whose card or pass has this tag, and the schedule by which it counts; None for nobody's here."""
        low, high = 0, self.header["ways"]
        while low < high:
            middle = (low + high) // 2
            found, person, schedule, of = struct.unpack_from(">16sIHB", self._content, self._ways + middle * _WAY)
            if found == made:
                return (person, schedule) if KINDS[of] == kind else None
            if found < made:
                low = middle + 1
            else:
                high = middle
        return None


def salt_of(header: "dict[str, Any]") -> bytes:
    """The salt of a pack's slow hashes."""
    return base64url.decode(header["salt"])


def read(content: bytes) -> Pack:
    """The pack that these bytes are. Raises `Refused`, nothing else."""
    return Pack(content)


def write(
    header: "dict[str, Any]",
    schedules: "Sequence[Sequence[tuple[int, int]]]",
    people: "Sequence[tuple[bytes, int, int]]",
    ways: "Sequence[tuple[bytes, int, int, str]]",
    galleries: "Sequence[tuple[dict[str, Any], Sequence[int], bytes]]",
) -> bytes:
    """The content of a pack. `schedules` are intervals in Unix ms, `people` (subject, schedule, flags), `ways` (tag,
    person, schedule, kind), `galleries` (what its table says without `count`, persons, vectors). Raises `Refused` for
    what `read` would refuse."""
    from_ms = header["from_ms"]
    told = [dict(said, count=len(persons)) for said, persons, _ in galleries]
    whole = dict(header, schedules=len(schedules), people=len(people), ways=len(ways), galleries=told)
    said = strict_json.dumps(whole)
    parts = [MAGIC, struct.pack(">I", len(said)), said]
    for schedule in schedules:
        parts.append(struct.pack(">H", len(schedule)))
        for begin, end in schedule:
            parts.append(struct.pack(">II", begin - from_ms, end - from_ms))
    for subject, schedule, flags in people:
        parts.append(struct.pack(">12sHBB", subject, schedule, flags, 0))
    for made, person, schedule, kind in sorted(ways):
        parts.append(struct.pack(">16sIHBB", made, person, schedule, KINDS.index(kind), 0))
    for _, persons, vectors in galleries:
        parts.append(struct.pack(">" + str(len(persons)) + "I", *persons))
        parts.append(vectors)
    content = b"".join(parts)
    read(content)
    return content


def _wrong(why: str) -> Refused:
    return Refused(codes.MALFORMED, "pack: " + why)
