"""The judge of a door: board edges, the node's journal and the keeper's log held against each other. Pure.

It shares no code with the door's mind and believes none of the three alone. What it finds:

* *unearned*: a strike edge without a grant that the journal names, or two edges on one grant
* *too long*: the strike on past its pulse
* *shut in*: somebody pressed the REX or the fire input was on, and the door did not open
* *twice* or *open*: a decision with two outcomes, or with none
* *lost*: a decision, or an entry of the journal, that the log does not have
"""

from dataclasses import dataclass, field
from itertools import islice

LONGEST_MS = 30_000
LONGEST_REACH_MS = 5_000  # an entry this much older than an edge cannot be what moved it: answers live 5 s


@dataclass(frozen=True, slots=True)
class Edge:
    """The strike went on or off, in the board's time; `by` guard, one-shot, or start (the board lost its power)."""

    on: bool
    at_ms: int
    by: str = "guard"


@dataclass(frozen=True, slots=True)
class Told:
    """A journal entry. `at_ms` is in the board's time, None where the door could not know it."""

    seq: int
    kind: str
    receipt: str | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of the log: `pulse_ms` is the longest pulse it allows, 0 where it denies; `closed` what closes it."""

    receipt: str
    pulse_ms: int
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """One node's: what it `noted`, and what the log has of it (`kept`)."""

    noted: tuple[Told, ...]
    kept: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Witnessed:
    """All that is known of one door at the end (`now_ms`). `journals`: of its nodes, the strike's first; `promised`:
    the receipts that the door showed; `exits`: how each pull at an open exit went."""

    edges: tuple[Edge, ...]
    journals: tuple[Journal, ...]
    decided: tuple[Decided, ...]
    now_ms: int
    promised: frozenset[str] = frozenset()
    exits: tuple[str, ...] = ()


@dataclass(slots=True)
class Judgement:
    """What came of it; `findings` is empty where all was well."""

    rises: int = 0
    lost: int = 0
    unearned: int = 0
    findings: list[str] = field(default_factory=list)


def judge(told: Witnessed, slack_ms: int = 500) -> Judgement:
    """Hold a door's testimony against itself. `slack_ms`: how late a drop may come, for whoever measures it."""
    found = Judgement(rises=sum(edge.on for edge in told.edges))
    pulses = {one.receipt: one.pulse_ms for one in told.decided}
    _edges(told, pulses, slack_ms, found)
    for how in told.exits:
        if how not in ("exit", "fire", "pulse"):
            found.findings.append(f"shut in: somebody pulled the door at an open exit, and it was {how}")
    for one in told.decided:
        if len(one.closed) != 1:
            word = "open" if not one.closed else "twice"
            found.findings.append(f"{word}: the decision {one.receipt} is closed by {list(one.closed)}")
    _lost(told, pulses, found)
    return found


def _edges(told: Witnessed, pulses: dict[str, int], slack_ms: int, found: Judgement) -> None:
    ons = [entry for entry in told.journals[0].noted if entry.kind == "strike-on"]
    used: set[str] = set()
    edges = sorted(told.edges, key=lambda edge: edge.at_ms)
    first = 0
    for number, edge in enumerate(edges):
        if not edge.on:
            continue
        # What was too old for this edge is too old for every later one.
        while first < len(ons) and (at_ms := ons[first].at_ms) is not None and _past(at_ms, edge, slack_ms):
            first += 1
        entry = next((one for one in islice(ons, first, None) if _earns(one, edge, pulses, used, slack_ms)), None)
        if entry is None or entry.receipt is None:
            found.unearned += 1
            found.findings.append(f"unearned: the strike went on at {edge.at_ms} ms, and no entry of a grant says why")
            continue
        used.add(entry.receipt)
        pulse_ms = min(pulses[entry.receipt], LONGEST_MS)
        fell = next((later for later in islice(edges, number + 1, None) if not later.on), None)
        on_ms = (told.now_ms if fell is None else fell.at_ms) - edge.at_ms
        if on_ms > pulse_ms + slack_ms:
            end = "and still is" if fell is None else f"dropped by {fell.by}"
            found.findings.append(f"too long: the strike was on for {on_ms} ms of {pulse_ms}, {end}")


def _earns(entry: Told, edge: Edge, pulses: dict[str, int], used: set[str], slack_ms: int) -> bool:
    """Whether this entry may be what moved the strike: a grant, not used before, noted just before the edge."""
    if entry.receipt is None or entry.receipt in used or not pulses.get(entry.receipt):
        return False
    if entry.at_ms is None:
        return True
    return entry.at_ms - slack_ms <= edge.at_ms and not _past(entry.at_ms, edge, slack_ms)


def _past(at_ms: int, edge: Edge, slack_ms: int) -> bool:
    return edge.at_ms > at_ms + LONGEST_REACH_MS + slack_ms


def _lost(told: Witnessed, pulses: dict[str, int], found: Judgement) -> None:
    for journal in told.journals:
        held = {entry.seq: entry for entry in journal.kept}
        for entry in journal.noted:
            kept = held.get(entry.seq)
            if kept is None or (kept.kind, kept.receipt) != (entry.kind, entry.receipt):
                found.lost += 1
                found.findings.append(f"lost: entry {entry.seq} ({entry.kind}) is not in the log as it was noted")
        if held and sorted(held) != list(range(min(held), max(held) + 1)):
            found.lost += 1
            found.findings.append(f"lost: the numbers of the log's entries have gaps: {sorted(held)}")
    for receipt in sorted(told.promised - set(pulses)):
        found.lost += 1
        found.findings.append(f"lost: the door showed the receipt {receipt}, and the log has no such decision")
