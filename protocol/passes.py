"""A visitor's pass as text, for a QR code: what it says, and that its site signed it. Keys are held elsewhere.

    OST1.<base64url of the payload>.<base64url of the signature>

The payload is compact JSON, `{"s": site, "i": id, "d": [door, …], "f": from, "u": until}`: the id is base64url of 16
random bytes, the times are Unix seconds, and the pass is valid from `f` until before `u`. The signature is Ed25519
(RFC 8032, pure) over "ostiary/pass/v1", a zero byte and the payload's bytes. Further names are left out when one is
read. Only the text is random enough to be a secret: whoever copies the code has the pass.
"""

from ostiary.protocol import base64url, codes, shapes, strict_json
from ostiary.protocol.errors import Refused
from ostiary.protocol.parts import LONGEST_PASS, NEEDED

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

VERSION = "OST1"
ID_BYTES = 16
SIGNATURE_BYTES = 64
MOST_DOORS = 8
LATEST_S = 253402300799

_CONTEXT = b"ostiary/pass/v1\x00"
_SECONDS = ("integer", 0, LATEST_S)
# An array of names is no shape of a message's, so doors are read by hand.
_PAYLOAD = (
    ("s", NEEDED, ("name",), "the site"),
    ("i", NEEDED, ("bytes", ID_BYTES, ID_BYTES), "the pass's id"),
    ("f", NEEDED, _SECONDS, "valid from, Unix seconds"),
    ("u", NEEDED, _SECONDS, "valid until before, Unix seconds"),
)


class Pass:
    """What an authentic pass says. `id` is base64url of 16 bytes; times are Unix seconds."""

    def __init__(self, site: str, pass_id: str, doors: "tuple[str, ...]", from_s: int, until_s: int) -> None:
        self.site = site
        self.id = pass_id
        self.doors = doors
        self.from_s = from_s
        self.until_s = until_s

    def valid_at(self, at_ms: int) -> bool:
        """Whether its time has come and not passed, at Unix milliseconds."""
        return self.from_s * 1000 <= at_ms < self.until_s * 1000


def payload(site: str, pass_id: bytes, doors: "Sequence[str]", from_s: int, until_s: int) -> bytes:
    """The bytes that the site signs (after `signed`) and that `text` carries. `doors` are 1 to 8 names, each once.

    Raises `Refused`: malformed, or oversized for what no pass's text could carry.
    """
    said = {"s": site, "i": base64url.encode(pass_id), "d": list(doors), "f": from_s, "u": until_s}
    _read(said)
    # Written, not serialised: a MicroPython dict keeps no order, and the same pass has the same bytes everywhere.
    names = ",".join(['"' + name + '"' for name in doors])
    written = '{"s":"' + site + '","i":"' + str(said["i"]) + '","d":[' + names + '],"f":' + str(from_s)
    data = (written + ',"u":' + str(until_s) + "}").encode()
    if _characters(len(data)) > LONGEST_PASS:
        raise Refused(codes.OVERSIZED, "a pass has at most 400 characters: name fewer doors")
    return data


def signed(data: bytes) -> bytes:
    """What the signature is over."""
    return _CONTEXT + data


def text(data: bytes, signature: bytes) -> str:
    """The pass of a payload and its signature (64 bytes). Raises `Refused`."""
    if len(signature) != SIGNATURE_BYTES:
        raise Refused(codes.MALFORMED, "a signature has 64 bytes")
    if _characters(len(data)) > LONGEST_PASS:
        raise Refused(codes.OVERSIZED, "a pass has at most 400 characters")
    return VERSION + "." + base64url.encode(data) + "." + base64url.encode(signature)


def read(said: str, verify: "Callable[[bytes, bytes], bool]") -> Pass:
    """The pass that `said` is. `verify(message, signature)` tells whether the site's key signed the message.

    Raises `Refused`: oversized, version, malformed, unauthentic. Nothing of a payload is read that was not signed.
    """
    if len(said) > LONGEST_PASS:
        raise Refused(codes.OVERSIZED, "a pass has at most 400 characters")
    parts = said.split(".")
    if parts[0] != VERSION:
        raise Refused(codes.VERSION, "a pass begins with OST1 and a dot")
    if len(parts) != 3:
        raise Refused(codes.MALFORMED, "a pass has three parts")
    data, signature = base64url.decode(parts[1]), base64url.decode(parts[2])
    if len(signature) != SIGNATURE_BYTES:
        raise Refused(codes.MALFORMED, "a signature has 64 bytes")
    if not verify(signed(data), signature):
        raise Refused(codes.UNAUTHENTIC, "the signature is not the site's")
    return _read(strict_json.loads_object(data))


def _read(said: "dict[str, Any]") -> Pass:
    try:
        known = shapes.check(("object", _PAYLOAD), said, False)
    except Refused as refused:
        raise Refused(refused.code, "pass" + refused.detail) from None
    doors: "list[Any]" = said["d"] if strict_json.is_array(said.get("d")) else []
    if not 0 < len(doors) <= MOST_DOORS:
        raise Refused(codes.MALFORMED, "pass.d: expected 1 to 8 doors")
    for i in range(len(doors)):
        shapes.check(("name",), doors[i], False)
        if doors[i] in doors[:i]:
            raise Refused(codes.MALFORMED, "pass.d: expected each door once")
    if known["f"] >= known["u"]:
        raise Refused(codes.MALFORMED, "pass: it ends before it begins")
    return Pass(known["s"], known["i"], tuple(doors), known["f"], known["u"])


def _characters(payload_bytes: int) -> int:
    return len(VERSION) + 2 + base64url.longest(payload_bytes) + base64url.longest(SIGNATURE_BYTES)
