"""Random worlds for the policy's properties: doors of every clause type, people with odd dates, live states, times."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.facts import Entry, Escort, Facts, Holding, Inside, Live, Membership, PersonFacts

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NOW = int(datetime(2026, 3, 26, 14, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)  # three days before DST
SITE = """
policy: northside
score: {{context: workshop-safety, min: 350, max: 950, start: {start}}}
entries:
  course-passed: {{points: +10, evidence: certificate, expires: 1d}}
  safety-round: {{points: +6, evidence: round-sheet, expires: 365d}}
  machine-left-running: {{points: -8, evidence: incident-report, expires: 180d}}
limits: {{largest_penalty: 10, penalties_in_30d: 20}}
tiers: {{trusted: 608}}
doors:
  door: {{face: verify, or: [card], offline: {offline}, grant: [{grant}]}}
  other: {{face: off, grant: [member: active, within: night]}}
hours:
  day: {{days: mon-fri, from: "06:00", to: "23:00", zone: Europe/Berlin, except: [2026-03-30, 2026-03-31]}}
  night: {{days: [mon, wed, sat], from: "22:00", to: "06:00", zone: Europe/Berlin}}
  rare: {{days: sun, from: "02:15", to: "02:45", zone: Europe/Berlin, except: [2026-04-05, 2026-04-12, 2026-04-19]}}
  always: {{days: mon-sun, from: "00:00", to: "24:00", zone: America/New_York}}
"""
PLAIN = (
    "member: active", "member: trial", "holds: a", "holds: b", "score: {at_least: 600}", "score: {at_least: 625}",
    "tier: trusted", "within: day", "within: night", "within: rare", "within: always",
)  # fmt: skip
LIVE = ("not_inside: {forgiven: 4h}", "occupancy: {at_most: 1, forgiven: 8h}", "escorted: {by: a, within: 60s}")


@cache
def site(grant: tuple[str, ...], start: int, offline: str = "pack") -> Policy:
    return load(SITE.format(grant=", ".join(grant), start=start, offline=offline))


@st.composite
def policies(draw: st.DrawFn, *, live: bool = True, offline: str = "pack") -> Policy:
    """A site whose first door has up to four clauses, some of them made of others."""
    simple = st.sampled_from(PLAIN * 3 + (LIVE if live else ()))
    pair = st.lists(simple, min_size=2, max_size=3, unique=True).map(", ".join)
    inner = st.builds("{}: [{}]".format, st.sampled_from(["any_of", "all_of"]), pair)
    nested = st.builds("any_of: [{}, {}]".format, simple, inner)
    clause = st.one_of(simple, simple, simple, inner, nested)
    grant = draw(st.lists(clause, min_size=1, max_size=4, unique=True))
    return site(tuple(grant), draw(st.sampled_from([360, 590, 600, 605])), offline)


# Mostly near each other, so that dates lie between the times that are asked about.
MOMENTS = st.one_of(
    st.integers(-5 * 24, 20 * 24).map(lambda hours: NOW + hours * HOUR_MS),
    st.integers(-90 * 24, 90 * 24).map(lambda hours: NOW + hours * HOUR_MS),
    st.integers(0, 5 * DAY_MS).map(lambda ms: NOW + ms),
)
ENDS = st.none() | MOMENTS


@st.composite
def persons(draw: st.DrawFn) -> PersonFacts:
    """Somebody: spans may end before they begin, entries may lie ahead, be contested, upheld or cancelled."""
    member = draw(st.lists(st.builds(Membership, st.sampled_from(["active", "trial", "x"]), MOMENTS, ENDS), max_size=3))
    holds = draw(st.lists(st.builds(Holding, st.sampled_from(["a", "b"]), MOMENTS, ENDS), max_size=3))
    if draw(st.booleans()):
        member.append(Membership("active"))
    entries: list[Entry] = []
    for number in range(draw(st.integers(0, 5))):
        occurred = draw(MOMENTS)
        entries.append(
            Entry(
                f"e{number}",
                "machine-left-running",
                draw(st.sampled_from(["workshop-safety"] * 4 + ["punctuality"])),
                draw(st.sampled_from([-12, -8, -5, 6, 10, 30])),
                "document-1",
                occurred,
                occurred + draw(st.sampled_from([0, 0, HOUR_MS, 3 * DAY_MS])),
                occurred + draw(st.integers(1, 120 * 24)) * HOUR_MS,
                draw(st.none() | MOMENTS),
                draw(ENDS),
                draw(st.none() | st.none() | MOMENTS),
            )
        )
    suspended = draw(st.one_of(st.none(), st.none(), st.none(), MOMENTS))
    standing = st.sampled_from([False] * 7 + [True])
    return PersonFacts(
        draw(st.sampled_from(["p-1", "p-2"])), tuple(member), tuple(holds), tuple(entries), suspended, draw(standing),
        draw(standing),
    )  # fmt: skip


def lives(at_ms: int) -> st.SearchStrategy[Live | None]:
    """What is known around `at_ms` of who is inside: nothing, that nobody is, or something."""
    near = st.integers(-10 * HOUR_MS, HOUR_MS).map(lambda ms: at_ms + ms)
    close = st.integers(-120_000, 60_000).map(lambda ms: at_ms + ms)
    something = st.builds(
        Live,
        st.lists(st.builds(Inside, st.integers(0, 2), st.sampled_from(["door", "other"]), near), max_size=3).map(tuple),
        st.lists(st.builds(Escort, st.sampled_from(["a", "b"]), close), max_size=2).map(tuple),
        st.sampled_from([None, None, None, at_ms]),
    )
    return st.one_of(st.none(), st.just(Live()), something)


@st.composite
def requests(draw: st.DrawFn, people: list[PersonFacts]) -> Facts:
    """One of these people, or nobody, at some door and time, with some live state."""
    at_ms = draw(st.one_of(MOMENTS, MOMENTS, st.integers(0, 600_000).map(lambda ms: NOW + ms)))
    person = draw(st.sampled_from([*people, *people, None]))
    door = draw(st.sampled_from(["door"] * 8 + ["other", "cellar"]))
    return Facts(person, door, at_ms, draw(lives(at_ms)))
