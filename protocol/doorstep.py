"""Framing at the virtual doorstep: one JSON object a line, and where it announces `bytes`, so many raw bytes after it.

A person says, and the board answers each with one frame:

    {"do": "present", "card": number, "pass": text, "pin": digits, "picture": true, "bytes": N}
        and a picture of N bytes; several in one visit are named by their lengths in "pictures". Whatever is not
        brought is null or absent. With "walk": true: on yes, open the door, walk through and close it
    {"do": "keys", "keys": "2468#"}                            typed at the keypad alone
    {"do": "wiegand", "bits": "0110", "apart_us": 2000}        what a card does to the reader's two lines
    {"do": "press", "what": "rex", "hold_ms": 500}
    {"do": "set", "pin": "fire", "level": true}                or rex, tamper (housing opened), power (mains there),
                                                               config (somebody sets the node up at the door)
    {"do": "pull"}, {"do": "open"}, {"do": "close"}            the leaf; open forces what is locked, pull does not
    {"do": "pins"}, {"do": "edges", "since": 0, "count": 1, "wait_ms": 5000}

No socket is opened here: `reader` and `writer` are asyncio's, or anything that reads and writes like them.
"""

from ostiary.protocol import codes, strict_json
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Reader(Protocol):
        """What is needed of `asyncio.StreamReader`."""

        async def readline(self) -> bytes: ...
        async def readexactly(self, n: int) -> bytes: ...

    class Writer(Protocol):
        """What is needed of `asyncio.StreamWriter`."""

        def write(self, data: bytes) -> None: ...
        async def drain(self) -> None: ...


MAX_LINE_BYTES = 16 * 1024
MAX_BLOB_BYTES = 20 * 1024 * 1024
MOST_PICTURES = 24


def encode_header(header: "dict[str, Any]", blob_bytes: int = 0) -> bytes:
    """The line for `header`, its newline included; `blob_bytes`, if any, are announced in it.

    Raises `Refused`: oversized, or malformed for what `decode_header` would refuse.
    """
    if blob_bytes > MAX_BLOB_BYTES:
        raise Refused(codes.OVERSIZED, "at most 20 MiB follow a line")
    if blob_bytes or "bytes" in header:
        header = dict(header)
        header["bytes"] = blob_bytes
    line = strict_json.dumps(header) + b"\n"
    # Read back, because a header may hold anything, and the two interpreters would write some of it differently.
    decode_header(line)
    return line


def decode_header(line: bytes) -> "tuple[dict[str, Any], int]":
    """`(header, blob_bytes)` of a line of at most 16 KiB, with or without its newline. Raises `Refused`."""
    if len(line) > MAX_LINE_BYTES:
        raise Refused(codes.OVERSIZED, "a line has at most 16 KiB")
    header = strict_json.loads_object(line)
    blob_bytes = header.get("bytes", 0)
    if type(blob_bytes) is not int or blob_bytes < 0:
        raise Refused(codes.MALFORMED, "bytes: expected an integer from 0 to 20 MiB")
    if blob_bytes > MAX_BLOB_BYTES:
        raise Refused(codes.OVERSIZED, "at most 20 MiB follow a line")
    return header, blob_bytes


def together(pictures: "list[bytes]") -> "tuple[dict[str, Any], bytes]":
    """What a `present` says of `pictures`, and the blob that follows it. `apart` takes it to pieces."""
    return {"pictures": [len(picture) for picture in pictures]}, b"".join(pictures)


def apart(header: "dict[str, Any]", blob: bytes) -> "list[bytes]":
    """The pictures that a `present` shows, in order: one where it names no lengths. Raises `Refused`: malformed."""
    lengths: "Any" = header.get("pictures")
    if lengths is None:
        return [blob] if header.get("picture") is True else []
    if not strict_json.is_array(lengths) or len(lengths) > MOST_PICTURES:
        raise Refused(codes.MALFORMED, "pictures: expected the lengths of at most " + str(MOST_PICTURES))
    found: "list[bytes]" = []
    begun = 0
    for length in lengths:
        if type(length) is not int or length < 0:
            raise Refused(codes.MALFORMED, "pictures: expected lengths from 0")
        found.append(blob[begun : begun + length])
        begun += length
    if begun != len(blob):
        raise Refused(codes.MALFORMED, "pictures: their lengths are not those of the bytes that follow")
    return found


async def read_frame(reader: "Reader") -> "tuple[dict[str, Any], bytes]":
    """The next `(header, blob)`. Raises `EOFError` when the other side has left, `Refused` for what is no frame."""
    try:
        line = await reader.readline()
    except ValueError:  # asyncio's own limit, which may be lower than ours
        raise Refused(codes.OVERSIZED, "a line has at most 16 KiB") from None
    if line[-1:] != b"\n":
        if len(line) > MAX_LINE_BYTES:
            raise Refused(codes.OVERSIZED, "a line has at most 16 KiB")
        raise EOFError("the other side left before the end of a line")
    header, blob_bytes = decode_header(line)
    return header, await reader.readexactly(blob_bytes) if blob_bytes else b""


async def write_frame(writer: "Writer", header: "dict[str, Any]", blob: bytes = b"") -> None:
    """Sends `header`, with the length of `blob` in it, and `blob`. Raises `Refused` before anything is sent."""
    writer.write(encode_header(header, len(blob)))
    if blob:
        writer.write(blob)
    await writer.drain()
