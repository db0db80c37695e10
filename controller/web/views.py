"""What a page is told: small frozen values, already in words, so that templates decide nothing but looks."""

from dataclasses import dataclass

from markupsafe import Markup

from ostiary.models.catalog import OperatingPoint


@dataclass(frozen=True, slots=True)
class DoorChoice:
    """A door as it can be chosen; `asks` says what it wants of a visitor."""

    id: str
    name: str
    asks: str


@dataclass(frozen=True, slots=True)
class DoorState:
    """The pins of a virtual door now; `here` is False when its board does not answer."""

    id: str
    name: str
    here: bool
    strike: bool = False
    contact: str = "closed"
    rex: bool = False


@dataclass(frozen=True, slots=True)
class NodeNow:
    """A node as the keeper hears it: `state` is online, stopped, lost or unknown, and `says` is that in words;
    `acknowledged`: it has taken what the door shall be, locked down or not, looking at faces or not. `pack_ms`: when
    the pack that it holds was made, as it said last."""

    node: str
    door: str
    state: str
    says: str
    at_ms: int | None
    virtual: bool
    acknowledged: bool
    pack_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DoorNow:
    """A door in one `word`; `tone` is yes, no or wait. `locked_ms`: since when nobody is let in; None: as ruled.
    `contact` and `strike` are empty where nobody tells of them."""

    id: str
    name: str
    word: str
    tone: str
    notes: tuple[str, ...]
    locked_ms: int | None
    site_locked: bool
    face_off_ms: int | None
    nodes: tuple[NodeNow, ...]
    contact: str
    strike: str


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm that stands; `number` is None where nobody needs to acknowledge it, `by` who has."""

    number: int | None
    where: str
    say: str
    since_ms: int | None
    over_ms: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmsNow:
    """Everything that needs a hand; one for the site."""

    id: str
    alarms: tuple[AlarmLine, ...]


@dataclass(frozen=True, slots=True)
class PortraitChoice:
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class CardChoice:
    number: str
    label: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the form on the doors page has ticked. Portrait: a sample's name, "-" for card only, "" for an own file."""

    door: str = ""
    portrait: str = "-"
    card: str = ""
    other_card: str = ""
    walk: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One decision as everybody at the panel may see it: no name. `reason` is in words, `code` for machines."""

    position: int
    at_ms: int
    door: str
    verdict: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Display:
    """The door's display exactly as a visitor sees it; `before` is what it said while it looked. `qr` is an SVG made by
    us, hence safe as it is."""

    door: str
    say: str
    learn: str = ""
    told: str = ""
    receipt: str = ""
    qr: Markup | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class ClauseLine:
    clause: str
    held: bool
    say: str
    value: str | None = None
    bound: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a record in words; `href` leads to what it names."""

    name: str
    value: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A decision's record after a look-up, in words."""

    position: int
    at_ms: int
    door: str
    verdict: str
    sentence: str = ""
    counterfactual: str | None = None
    clauses: tuple[ClauseLine, ...] = ()
    outcome: str = ""
    receipt: str = ""
    facts: tuple[Fact, ...] = ()
    erased: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """A face model as it was measured. `galleries`: a budget (FPIR), and the templates that it allows."""

    name: str
    sha256: str
    licence: str
    caveat: str
    measured_on: str
    points: tuple[OperatingPoint, ...]
    galleries: tuple[tuple[str, int], ...]
    plotted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step up to a door: what the visitor saw, and what the operator may know."""

    display: Display
    purpose: str
    decision: Opened | None = None
    undecided: str = ""
    timings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LogState:
    size: int | str = "an unknown number"
    checkpoint: str = ""
    key: str = ""
    witnesses: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in the list."""

    id: str
    name: str
    credentials: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A person's id and name, and a word on their standing (suspended, revoked)."""

    id: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    value: int
    most: int
    context: str
    how: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A ledger entry; `counts` says whether and how long it counts. `contestable`: neither cancelled nor contested."""

    id: int
    contestable: bool
    kind: str
    points: str
    evidence: str
    author: str
    occurred_at_ms: int
    counts: str


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind of entry that the policy knows; `says` has its points and the evidence it needs."""

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class SpanLine:
    id: int
    what: str
    kind: str
    from_ms: int
    until_ms: int | None
    evidence: str
    over: bool


@dataclass(frozen=True, slots=True)
class CardLine:
    """A live card; `number` only where it is a demonstration card."""

    id: int
    label: str
    at_ms: int
    number: str = ""


@dataclass(frozen=True, slots=True)
class FaceLine:
    """A consent that stands, and when the newest template under it was made (None: not yet)."""

    notice_version: str
    given_at_ms: int
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class NoticeText:
    version: str
    paragraphs: tuple[str, ...]
    release: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Given:
    """What an enrolment form has filled in, so that nobody types twice."""

    name: str = ""
    evidence: str = ""
    card: bool = True
    consent: bool = False
    portrait: str = "-"


@dataclass(frozen=True, slots=True)
class FindingLine:
    """What is refused at a place of a policy: what was found, why that is refused, and what to do now."""

    found: str
    why: str
    now: str


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line of a policy; `gap`: lines before it are left out."""

    number: int
    text: str
    findings: tuple[FindingLine, ...] = ()
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One person at one door whom a new policy would answer otherwise, with how many of their requests."""

    what: str
    kind: str
    person: str
    href: str
    door: str
    reasons: str
    requests: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Impact:
    """What a new policy would have changed over the requests of the last `days`. `loses` and `gains` count persons at
    doors; `not_shown` are differences that the page leaves out."""

    days: int
    requests: int
    unchanged: int
    loses: int
    gains: int
    changes: tuple[Change, ...]
    not_shown: int
    erased: int
    unknown_live: int
