"""Key factors: the entries that weighed most against a person, most weight first, when a score was too low.

A denial that rests on a score names what it rests on: at most four, as a notice of adverse action does (15 U.S.C.
1681g(f)(1)(C); Regulation B, 12 CFR 1002.9(b)(2)). Each is weighed as it counted, after the caps, so that the list and
the score never disagree.
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.language import local, pick, say_date, say_points
from ostiary.controller.policy.score import Counted, Score
from ostiary.controller.policy.title import Title

MOST_FACTORS = 4

WORDS: Mapping[str, str] = {
    "en": "{title} of {date} weighs {points} until {end}.",
    "de": "{title} vom {date} wiegt {points} bis zum {end}.",
}


def key_factors(score: Score) -> tuple[Counted, ...]:
    """Up to four penalties that count, heaviest first; of equal ones the one that weighs longest, then the later."""
    against = [item for item in score.counted if item.points < 0]
    against.sort(key=lambda item: (item.points, -(item.entry.expires_ms or 0), -item.entry.occurred_ms, item.entry.id))
    return tuple(against[:MOST_FACTORS])


def score_that_failed(findings: Iterable[Finding]) -> Score | None:
    """The score of the first clause, on its own or within another, that found it too low; None without one."""
    for finding in findings:
        if finding.held:
            continue
        if not finding.parts and finding.score is not None:
            return finding.score
        within = score_that_failed(finding.parts)
        if within is not None:
            return within
    return None


def say_factor(item: Counted, kinds: Mapping[str, EntryKind], zone: ZoneInfo, language: str) -> str:
    """ "“machine left running” of 6 June 2026 weighs −8 until 3 December 2026." """
    entry = item.entry
    title = kinds[entry.kind].title if entry.kind in kinds else Title(entry.kind)
    day = say_date(local(entry.occurred_ms, zone), language)
    end = say_date(local(entry.expires_ms or entry.occurred_ms, zone), language)
    return pick(WORDS, language).format(title=title.say(language), date=day, points=say_points(item.points), end=end)
