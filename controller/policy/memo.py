"""What decisions are made of, kept while it stands, so that what is the same again is not worked out again.

A memo says exactly what `evaluate` and `explain` say, of any facts, at any times in any order. It keeps:

* what a condition (a clause or a forbid) that reads only the person finds and says, from one of that person's own dates
  to the next: with nothing else does such a condition compare the time;
* what opening hours find and say, for everybody, while the wall clock shows the same minute;
* what would change a denial, from one of these dates to the next: while hours are closed, until they open; while they
  are open, whenever they are. It is the same for everybody who is offered the same and has nothing but hours to wait
  for. Not kept is what the mere passing of time may turn: where no opening is in sight yet, where an award might end
  before something else has come that must be waited for, and where a clause made of clauses fails.

Of a clause in which hours stand within another, and of one that reads a live state which is not empty, nothing is kept,
nor what would change a denial at its door. A memo belongs to one policy and to whoever made it, and what it keeps is
bounded: the person whom it met first leaves first.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ostiary.controller.policy.change import Change, Earn, Wait, Way, deeds_of
from ostiary.controller.policy.clause import Clause, Finding
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import GRANTED, Verdict, evaluate
from ostiary.controller.policy.explain import Explanation, change_of, explain, factors_of, line_of
from ostiary.controller.policy.facts import Facts, PersonFacts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.forbids.forbid import Forbid
from ostiary.controller.policy.formula import IsOpen, LiveAtom, atoms
from ostiary.controller.policy.hours import HORIZON_MS, Hours
from ostiary.controller.policy.language import local
from ostiary.controller.policy.score import FAR_MS, Ledger, Score, span_of
from ostiary.controller.policy.sentences import sentence

MOST_KEPT = 100_000
MOST_SAID = 4_096
MINUTE_MS = 60_000
UNSEEN = -1

Line = dict[str, Any]


class Answer(msgspec.Struct, frozen=True):
    """A verdict and its explanation."""

    verdict: Verdict
    why: Explanation


class _Minute(msgspec.Struct, frozen=True):
    """What hours find and say from `from_ms` until before `until_ms`. Until before `turn_ms` they surely stay open or
    closed; if they are closed they open at `opens_ms` (`UNSEEN`: not in sight; a time after all if they are open).
    `told` are the answers to everybody whom nothing but these hours can keep out, by what else is said of them."""

    from_ms: int
    until_ms: int
    turn_ms: int
    opens_ms: int
    finding: Finding
    line: Line
    told: "dict[_Said, Answer]" = msgspec.field(default_factory=dict["_Said", Answer])


class _Clock:
    """One condition that reads nothing but hours, at every door where it stands, and what it finds this minute."""

    __slots__ = ("condition", "hours", "minute")

    def __init__(self, condition: Clause | Forbid, hours: Hours) -> None:
        self.condition = condition
        self.hours = hours
        self.minute = _Minute(0, 0, 0, 0, Finding("", False, "", None, None), {})

    def at(self, facts: Facts, language: str) -> _Minute:
        """What these hours find and say at this time."""
        at_ms, before = facts.at_ms, self.minute
        if before.from_ms <= at_ms < before.until_ms:
            return before
        finding = self.condition.check(facts)
        if before.from_ms <= at_ms < before.turn_ms:
            turn_ms, opens_ms = before.turn_ms, before.opens_ms
        else:
            seen_ms = self.hours.next_change(at_ms)
            turn_ms = at_ms + HORIZON_MS if seen_ms is None else seen_ms
            opens_ms = FAR_MS if finding.held else UNSEEN if seen_ms is None else seen_ms
        begun = local(at_ms, self.hours.zone)
        until_ms = min((at_ms // 1000 - begun.second) * 1000 + MINUTE_MS, turn_ms)
        if local(until_ms - 1, self.hours.zone).replace(second=0) != begun.replace(second=0):
            until_ms = at_ms + 1  # clocks are changed within this minute
        line = line_of(self.condition, finding, language)
        self.minute = _Minute(at_ms, until_ms, turn_ms, opens_ms, finding, line)
        return self.minute


class _Said(msgspec.Struct, frozen=True, eq=False):
    """What is said of everybody of whom the same is found by the conditions `at`: lines and their sentences, None where
    hours stand (`holes`: position and clock) or what is asked each time (`passing`: position and condition). `granted`:
    all else holds; `only`: the hole, where nothing but it can keep somebody out."""

    at: tuple[int, ...]
    findings: tuple[Finding | None, ...]
    lines: tuple[Line | None, ...]
    says: tuple[str | None, ...]
    holes: tuple[tuple[int, _Clock], ...]
    passing: tuple[tuple[int, int], ...]
    granted: bool
    only: tuple[int, _Clock] | None


class _Rule:
    """A door's conditions, forbids first, by what they read, with what is shared by its people. `moving` is for live
    states that are not empty."""

    def __init__(
        self, door: str, grant: tuple[Clause, ...], clocks: dict[Clause | Forbid, _Clock], *, moving: bool
    ) -> None:
        self.conditions: tuple[Clause | Forbid, ...] = (*FORBIDS, *grant)
        self.clocks: dict[int, _Clock] = {}
        passing: set[int] = set()
        for at, condition in enumerate(self.conditions):
            formula = condition.formula(door)
            if isinstance(formula, IsOpen):
                self.clocks[at] = clocks.setdefault(condition, _Clock(condition, formula.hours))
            elif any(isinstance(atom, IsOpen) or (moving and isinstance(atom, LiveAtom)) for atom in atoms(formula)):
                passing.add(at)
        self.guards = tuple(self.conditions[at] for at in passing if at < len(FORBIDS))
        self.passing = frozenset(passing)
        self.kept: dict[str, _Kept] = {}
        self.said: dict[tuple[object, ...], _Said] = {}
        self.ways: dict[tuple[object, ...], str | None] = {}


class _Kept(msgspec.Struct):
    """What is kept of one person at one door from `from_ms` until before `until_ms`. `findings` are those of `said`,
    with the person's own score where one was read; `ways` what would change a denial, by when hours open, for at
    most two such times."""

    known: "_Known"
    from_ms: int
    until_ms: int
    said: _Said
    findings: tuple[Finding | None, ...]
    score: Score | None
    ways: dict[tuple[int, ...], str | None] | None = None
    factors: tuple[Line, ...] | None = None


class _Known:
    """A person, the same with a prepared ledger, every date of theirs, rising, and the rules that keep something of
    them."""

    __slots__ = ("dates", "facts", "prepared", "rules")

    def __init__(self, facts: PersonFacts, policy: Policy) -> None:
        ledger = Ledger(facts.entries, policy.score) if policy.score is not None else None
        spans = (*facts.member, *facts.holds)
        dates = {facts.suspended_until_ms, *(at_ms for span in spans for at_ms in (span.from_ms, span.until_ms))}
        dates.update(ledger.bounds if ledger is not None else ())
        self.facts = facts
        self.prepared = facts if ledger is None else replace(facts, entries=ledger)
        self.dates = tuple(sorted(at_ms for at_ms in dates if at_ms is not None))
        self.rules: list[_Rule] = []


class Memo:
    """Answers of one policy in one language. `size` counts what is kept, a person or a person at a door each; it stays
    within `most_kept`, or one person's doors.

    It counts how it came to its answers: `composed` of what was kept, `learned` from the clauses, or `asked` afresh,
    with nothing kept; and how often it `searched` for what would change a denial.
    """

    def __init__(self, policy: Policy, language: str = "en", most_kept: int = MOST_KEPT) -> None:
        self.policy = policy
        self.composed = self.learned = self.asked = self.searched = 0
        self._language = language
        self._sha256 = policy.sha256
        self._granted = sentence(GRANTED, language)
        self._most_kept = most_kept
        self.size = 0
        self._known: dict[str, _Known] = {}
        doors = [(name, door.grant) for name, door in policy.doors.items()]
        # Not to know who is inside is another thing than to know that nobody is, so these two share nothing.
        clocks: dict[Clause | Forbid, _Clock] = {}
        self._alone = {name: _Rule(name, grant, clocks, moving=False) for name, grant in doors}
        self._empty = {name: _Rule(name, grant, clocks, moving=False) for name, grant in doors}
        self._moving = {name: _Rule(name, grant, clocks, moving=True) for name, grant in doors}

    def answer(self, facts: Facts) -> Answer:
        """What `evaluate` and `explain` say of these facts. Raises `UnknownLanguage`."""
        found = self._found(facts)
        if not isinstance(found, tuple):
            return self._asked(found)
        only = found[1].said.only
        return self._composed(*found, facts) if only is None else self._told(*found, facts, *only)

    def verdict(self, facts: Facts) -> Verdict:
        """What `evaluate` alone says of these facts."""
        found = self._found(facts)
        if not isinstance(found, tuple):
            self.asked += 1
            return evaluate(self.policy, found)
        rule, kept = found
        said, score = kept.said, kept.score
        findings: list[Any] = list(kept.findings)
        for position, clock in said.holes:
            findings[position] = clock.at(facts, self._language).finding
        if said.passing:
            facts = facts.of(kept.known.prepared)
            for position, at in said.passing:
                findings[position] = rule.conditions[at].check(facts)
            score = next((finding.score for finding in findings if finding.score is not None), None)
        reason = next((finding.code for finding in findings if not finding.held), GRANTED)
        return Verdict(reason == GRANTED, reason, tuple(findings), self._sha256, score)

    def _found(self, facts: Facts) -> "tuple[_Rule, _Kept] | Facts":
        """What is kept of this person at this door, now; or the facts, with a prepared ledger, of whom nothing is."""
        person, live, at_ms = facts.person, facts.live, facts.at_ms
        rules = self._moving
        if live is None:
            rules = self._alone
        elif not live.inside and not live.escorts and live.lockdown_ms is None:
            rules = self._empty
        rule = rules.get(facts.door)
        if rule is None or person is None:
            return facts
        if rule.guards and any(not guard.check(facts).held for guard in rule.guards):
            return facts.of(self._meet(person).prepared)
        kept = rule.kept.get(person.id)
        if kept is None or kept.known.facts is not person or not kept.from_ms <= at_ms < kept.until_ms:
            self.learned += 1
            kept = self._learn(rule, self._meet(person), facts)
        else:
            self.composed += 1
        return rule, kept

    def forget(self, person: str) -> None:
        """Drops all that is kept of somebody (their id), such as one who has left."""
        known = self._known.pop(person, None)
        if known is not None:
            self.size -= 1 + len(known.rules)
            for rule in known.rules:
                del rule.kept[person]

    def _asked(self, facts: Facts) -> Answer:
        self.asked += 1
        verdict = evaluate(self.policy, facts)
        return Answer(verdict, explain(self.policy, facts, verdict, self._language))

    def _meet(self, person: PersonFacts) -> _Known:
        """The person as they are now; what was kept of them as they were is dropped."""
        known = self._known.get(person.id)
        if known is None or known.facts is not person:
            self.forget(person.id)
            self._make_room(person.id)
            known = self._known[person.id] = _Known(person, self.policy)
        return known

    def _make_room(self, person: str) -> None:
        """Room for one more value of this person, who stays."""
        while self.size >= self._most_kept:
            first = next((met for met in self._known if met != person), None)
            if first is None:
                break
            self.forget(first)
        self.size += 1

    def _learn(self, rule: _Rule, known: _Known, facts: Facts) -> _Kept:
        """Asks every condition but hours and those of which nothing is kept."""
        facts = facts.of(known.prepared)
        found: list[tuple[int, Finding | None]] = []
        for at, condition in enumerate(rule.conditions):
            if at in rule.passing and at < len(FORBIDS):
                continue  # a guard, and it holds
            finding = None if at in rule.clocks or at in rule.passing else condition.check(facts)
            if finding is None or at >= len(FORBIDS) or not finding.held:
                found.append((at, finding))
        findings = tuple(finding for _, finding in found)
        score = next((finding.score for finding in findings if finding is not None and finding.score is not None), None)
        said = self._say(rule, found)
        span = span_of(known.dates, facts.at_ms)
        kept = _Kept(known, *span, said, said.findings if score is None else findings, score)
        if known.facts.id not in rule.kept:
            self._make_room(known.facts.id)
            known.rules.append(rule)
        rule.kept[known.facts.id] = kept
        return kept

    def _say(self, rule: _Rule, found: list[tuple[int, Finding | None]]) -> _Said:
        """What is said of these findings; one value for all people of whom the same is found."""
        made_of_clauses = any(finding is not None and finding.parts for _, finding in found)
        key = tuple((at, finding and (finding.held, finding.code, finding.value)) for at, finding in found)
        said = None if made_of_clauses else rule.said.get(key)
        if said is None:
            lines = [finding and line_of(rule.conditions[at], finding, self._language) for at, finding in found]
            clocks = rule.clocks
            holes = tuple((position, clocks[at]) for position, (at, _) in enumerate(found) if at in clocks)
            passing = tuple((position, at) for position, (at, _) in enumerate(found) if at in rule.passing)
            granted = all(finding is None or finding.held for _, finding in found)
            said = _Said(
                tuple(at for at, _ in found),
                tuple(finding for _, finding in found),
                tuple(lines),
                tuple(None if line is None else line["say"] for line in lines),
                holes,
                passing,
                granted,
                holes[0] if granted and len(holes) == 1 and not passing else None,
            )
            if not made_of_clauses:
                if len(rule.said) >= MOST_SAID:
                    rule.said.clear()
                rule.said[key] = said
        return said

    def _told(self, rule: _Rule, kept: _Kept, facts: Facts, position: int, clock: _Clock) -> Answer:
        """The answer to somebody whom nothing but hours can keep out: in one minute the same for all of them, save for
        their scores."""
        said, minute = kept.said, clock.minute
        if not minute.from_ms <= facts.at_ms < minute.until_ms:
            minute = clock.at(facts, self._language)
        # Whose own dates come before the hours open may hear of another way than the others.
        if not minute.finding.held and not 0 < minute.opens_ms < kept.until_ms:
            return self._composed(rule, kept, facts)
        told = minute.told.get(said)
        if told is None:
            told = minute.told[said] = self._composed(rule, kept, facts)
        if kept.score is None:
            return told
        findings: list[Any] = list(kept.findings)
        findings[position] = minute.finding
        verdict = Verdict(told.verdict.granted, told.verdict.reason, tuple(findings), self._sha256, kept.score)
        return Answer(verdict, told.why)

    def _composed(self, rule: _Rule, kept: _Kept, facts: Facts) -> Answer:
        """The answer from what is kept of the person and of the minute."""
        said = kept.said
        findings: list[Any] = list(kept.findings)
        lines: list[Any] = list(said.lines)
        says: list[Any] = list(said.says)
        open_now = True
        for position, clock in said.holes:
            minute = clock.at(facts, self._language)
            findings[position], lines[position], says[position] = minute.finding, minute.line, minute.line["say"]
            if not minute.finding.held:
                open_now = False
        granted, score = said.granted and open_now, kept.score
        if said.passing:
            facts = facts.of(kept.known.prepared)
            for position, at in said.passing:
                finding = rule.conditions[at].check(facts)
                line = line_of(rule.conditions[at], finding, self._language)
                findings[position], lines[position], says[position] = finding, line, line["say"]
                granted = granted and finding.held
            score = next((finding.score for finding in findings if finding.score is not None), None)
        if granted:
            verdict = Verdict(True, GRANTED, tuple(findings), self._sha256, score)
            return Answer(verdict, Explanation(f"{self._granted} {' '.join(says)}", None, tuple(lines)))
        reason = next(finding.code for finding in findings if not finding.held)
        verdict = Verdict(False, reason, tuple(findings), self._sha256, score)
        failed = " ".join([line["say"] for line in lines if not line["held"]])
        if said.passing:
            self.searched += 1
            way = change_of(self.policy, facts, self._language)
            factors = factors_of(self.policy, verdict, self._language)
        else:
            way = self._way(rule, kept, facts, tuple([clock.minute.opens_ms for _, clock in said.holes]))
            factors = kept.factors
            if factors is None:
                factors = kept.factors = factors_of(self.policy, verdict, self._language)
        return Answer(verdict, Explanation(failed, way, tuple(lines), factors))

    def _way(self, rule: _Rule, kept: _Kept, facts: Facts, opens: tuple[int, ...]) -> str | None:
        """What would change a denial, where hours open at these times or are open."""
        if kept.ways is not None and opens in kept.ways:
            return kept.ways[opens]
        failing: list[int] = []
        offers: list[list[Change]] = []
        below: _Said | None = None
        if not kept.said.granted:
            facts = facts.of(kept.known.prepared)
            for at, finding in zip(kept.said.at, kept.findings, strict=True):
                if finding is not None and not finding.held:
                    failing.append(at)
                    offers.append(rule.conditions[at].change(facts))
                    below = kept.said if finding.score is not None else below
        lasts, alike = _stands(kept, facts.at_ms, offers, opens)
        # Only a score says its value beside what would change it; else what fails and what is offered tell it all.
        key = (opens, below, *failing, *map(tuple, offers))
        if alike and key in rule.ways:
            way = rule.ways[key]
        else:
            self.searched += 1
            way = change_of(self.policy, facts.of(kept.known.prepared), self._language)
        if alike:
            if len(rule.ways) >= MOST_SAID:
                rule.ways.clear()
            rule.ways[key] = way
        if lasts and not kept.said.granted:
            # One for while hours are open, for the next days too, and one for until they open.
            always = {at: kept for at, kept in (kept.ways or {}).items() if not _closed(at)}
            kept.ways = {**always, opens: way}
        return way


def _closed(opens: tuple[int, ...]) -> bool:
    return any(at_ms != FAR_MS for at_ms in opens)


def _stands(kept: _Kept, at_ms: int, offers: Sequence[Sequence[Change]], opens: tuple[int, ...]) -> tuple[bool, bool]:
    """Whether what would change this denial stays the same, until hours open or whenever they are; and whether it is
    the same for everybody to whom the same conditions deny and offer the same."""
    if UNSEEN in opens or any(finding is not None and finding.parts and not finding.held for finding in kept.findings):
        return False, False
    earned = [deed for offer in offers for change in offer for deed in deeds_of(change) if isinstance(deed, Earn)]
    earning = [any(isinstance(deed, Earn) for change in offer for deed in deeds_of(change)) for offer in offers]
    waiting = [any(isinstance(change, Wait | Way) for change in offer) for offer in offers]
    # What is earned now ends after its own life, and later if it is earned later. That makes no difference if hours are
    # all that else is waited for, they open before it ends, and nothing of the person turns until then.
    ends_ms = min((deed.kind.expires_ms(at_ms) or FAR_MS for deed in earned), default=FAR_MS)
    soon = not _closed(opens) or (len(opens) == 1 and opens[0] < min(kept.until_ms, ends_ms))
    alone = not any(earns and any(waiting[:at] + waiting[at + 1 :]) for at, earns in enumerate(earning))
    return alone and (soon or not earned), soon and not any(waiting)
