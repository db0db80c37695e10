"""The journal's bytes: one checksummed line an entry, gap-free numbers across boots, readable after any damage.

A line is `<crc32 as 8 hex digits> <compact JSON list>\\n`. Lists have an order, so the same entry has the same bytes on
CPython and on MicroPython. Two kinds of line; a file begins with the second kind:

    ["e", boot, seq, at_ms, clock, kind, receipt, detail]     an event, exactly as it is uploaded; a decision made alone
                                                              follows as one list more
    ["u", upto, [receipt, …], [receipt, …], term, desired]    entries up to `upto` are at the keeper; grants still open
                                                              and the last closed ones, which must outlive their
                                                              entries; the highest lease term ever seen, and what was
                                                              last desired, as [[name, value], …] or null

A "u" of an earlier version ends after the receipts.
"""

from ostiary.firmware.door.framing import framed, unframed
from ostiary.protocol import codes, messages
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

REMEMBERED = 32
MOST_FILLED = 10_000

DECISION = ("verdict", "credential", "way", "subject", "pack", "pack_age_ms", "code")

LOST = "an entry lost to damage of the journal"


class Recovered:
    """What a journal's bytes still say.

    `entries`: event messages with seq > `upto`, in order, gap-free. `last_seq`: the highest number ever used.
    `last_boot`: the highest boot named. `open`: receipts of grants that moved the strike and have no outcome.
    `closed`: receipts of the last outcomes. `term`: the highest lease term seen. `desired`: what was in force, None
    before any. `lost`: numbers whose lines were damaged (their place is taken by a filler entry). `headed`: a line was
    readable that says where the numbers stand. `clean`: False when the bytes should be replaced by `compacted(self)`.
    """

    def __init__(self) -> None:
        self.entries: "list[dict[str, Any]]" = []
        self.upto = 0
        self.last_seq = 0
        self.last_boot = 0
        self.open: list[str] = []
        self.closed: list[str] = []
        self.term = 0
        self.desired: "dict[str, Any] | None" = None
        self.lost: list[int] = []
        self.clean = True
        self.headed = False

    def follow(self, entry: "dict[str, Any]") -> None:
        """Take the next entry into account; its `seq` must be `last_seq + 1`."""
        seq: int = entry["seq"]
        if seq != self.last_seq + 1:
            raise ValueError(f"entry {seq} cannot follow {self.last_seq}")
        self.last_seq = seq
        self.last_boot = max(self.last_boot, entry["boot"])
        self.entries.append(entry)
        receipt = entry.get("receipt")
        if receipt is None:
            return
        if entry["kind"] == codes.STRIKE_ON and receipt not in self.open and receipt not in self.closed:
            self.open.append(receipt)
        elif entry["kind"] in codes.OUTCOMES:
            self.open = [kept for kept in self.open if kept != receipt]
            self.closed = [kept for kept in self.closed if kept != receipt][1 - REMEMBERED :]
            self.closed.append(receipt)

    def acknowledge(self, upto: int) -> None:
        """Forget entries up to `upto`. A number beyond `last_seq` moves `last_seq` too: it must not be used again."""
        if upto <= self.upto:
            return
        self.upto = upto
        self.last_seq = max(self.last_seq, upto)
        self.entries = [entry for entry in self.entries if entry["seq"] > upto]


def line(entry: "dict[str, Any]") -> bytes:
    """The journal line of one event message."""
    at = entry["at"]
    fields: "list[Any]" = ["e", entry["boot"], entry["seq"], at["ms"], at["clock"], entry["kind"]]
    fields += [entry.get("receipt"), entry.get("detail")]
    decision = entry.get("decision")
    if decision is not None:
        fields.append([decision.get(name) for name in DECISION])
    return framed(fields)


def head(recovered: Recovered) -> bytes:
    """The line that says what the keeper has, and what outlives the entries."""
    desired = recovered.desired
    # Sorted, because a MicroPython dict keeps no order.
    pairs = None if desired is None else [[name, desired[name]] for name in sorted(desired)]
    return framed(["u", recovered.upto, recovered.open, recovered.closed, recovered.term, pairs])


def compacted(recovered: Recovered) -> bytes:
    """The shortest journal that recovers to the same."""
    return head(recovered) + b"".join([line(entry) for entry in recovered.entries])


def recover(data: bytes) -> Recovered:
    """Read whatever is left of a journal; never raises.

    A last line without its newline was never durable (the writer syncs whole lines before it tells anybody), so it is
    dropped and its number used again. A damaged whole line may have been uploaded already: its number is not used
    again; when no later line shows what it was, it is counted as one lost entry.
    """
    recovered = Recovered()
    damaged = 0
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        if end < 0:
            recovered.clean = False
            break
        if not _take(recovered, unframed(data[start:end]), damaged):
            damaged += 1
            recovered.clean = False
        else:
            damaged = 0
        start = end + 1
    if damaged:
        _fill(recovered, recovered.last_seq + damaged)
    if recovered.desired is not None and not _is_desired(recovered.desired):
        recovered.desired, recovered.clean = None, False
    return recovered


def _take(recovered: Recovered, fields: "list[Any] | None", damaged: int) -> bool:
    """Count one line in; False when it tells nothing."""
    if fields is None:
        return False
    headed, recovered.headed = recovered.headed, True
    if fields[0] == "u":
        recovered.closed = fields[3]
        recovered.open = [receipt for receipt in fields[2] if receipt not in recovered.closed]
        if len(fields) > 4:
            recovered.term = fields[4]
            recovered.desired = None if fields[5] is None else dict(fields[5])
        recovered.acknowledge(fields[1])
        return True
    seq: int = fields[2]
    if seq <= recovered.last_seq:
        return False
    if seq > recovered.last_seq + 1:
        recovered.clean = False
        if damaged and not headed:
            # The first line, which said how far the keeper is, is among the damaged ones; the others were entries.
            recovered.acknowledge(seq - damaged)
        _fill(recovered, seq - 1)
    recovered.follow(_entry(fields))
    return True


def _fill(recovered: Recovered, upto: int) -> None:
    """Stand-ins for lost entries keep the numbers gap-free, and say so in the log."""
    # One flipped bit cannot pass the checksum; the bound keeps a forged file from filling memory.
    recovered.acknowledge(upto - MOST_FILLED)
    for seq in range(recovered.last_seq + 1, upto + 1):
        recovered.lost.append(seq)
        recovered.follow(
            {
                "v": 1,
                "boot": recovered.last_boot,
                "seq": seq,
                "at": {"ms": 0, "clock": "unset"},
                "kind": codes.BOOT,
                "detail": LOST,
            }
        )


def _entry(fields: "list[Any]") -> "dict[str, Any]":
    entry: "dict[str, Any]" = {
        "v": 1,
        "boot": fields[1],
        "seq": fields[2],
        "at": {"ms": fields[3], "clock": fields[4]},
        "kind": fields[5],
    }
    if fields[6] is not None:
        entry["receipt"] = fields[6]
    if fields[7] is not None:
        entry["detail"] = fields[7]
    if len(fields) > 8:
        entry["decision"] = {DECISION[i]: value for i, value in enumerate(fields[8]) if value is not None}
    return entry


def _is_desired(desired: "dict[str, Any]") -> bool:
    whole: "dict[str, Any]" = {"v": 1, "term": 0, "number": 1, "journal_upto": 0}
    whole.update(desired)
    try:
        messages.encode("desired", whole)
    except Refused:
        return False
    return True
