"""The linter: every refusal told at once, each at its place with reason and cure, and nothing refused without need."""

from datetime import date
from pathlib import Path

import pytest

from ostiary.controller import samples
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.document import load, read
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.policy.facts import Entry
from ostiary.controller.policy.lint import lint
from ostiary.controller.policy.score import score

AROUND = Around(date(2026, 11, 24), lambda fpir: int(fpir * 100_000), frozenset({"card"}))
WORKSHOP = samples.policy_text("workshop")
POLICIES = Path(__file__).parent / "policies"
DAY_MS = 86_400_000


def refused(text: str, around: Around = AROUND) -> list[PolicyError]:
    return list(lint(text, "page.yaml", around).findings.sorted())


def codes(text: str, around: Around = AROUND) -> list[str]:
    return [error.code for error in refused(text, around)]


def changed(*changes: tuple[str, str]) -> str:
    text = WORKSHOP
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("name", ["workshop", "laboratory", "small-office"])
def test_the_samples_can_be_published(name: str) -> None:
    reading = lint(samples.policy_text(name), f"{name}.yaml", AROUND)
    assert [str(error) for error in reading.findings.sorted()] == []
    assert reading.policy is not None
    assert reading.policy.sha256 == load(samples.policy_text(name)).sha256


def test_everything_is_told_at_once_in_the_order_of_the_page() -> None:
    text = changed(
        ("max: 950", "max: nine hundred"),
        ("points: +6", "points: 0"),
        ("expires: 180d", "expires: never"),
        ("face: verify", "face: verfy"),
        ("or: [card]\n    offline", "or: []\n    offline"),
        ('to: "20:00"', 'to: "25:00"'),
    )
    found = refused(text)
    assert [error.code for error in found] == [
        *("wrong-number", "wrong-number", "eternal-penalty", "wrong-word", "face-without-alternative", "wrong-time"),
    ]
    assert [error.line for error in found] == sorted(error.line for error in found)
    for error in found:
        assert error.why.endswith(".")
        assert error.cure
    with pytest.raises(PolicyError) as first:
        load(text, "page.yaml")
    assert (first.value.line, first.value.column) == (found[0].line, found[0].column)


def test_one_mistake_is_told_once() -> None:
    assert codes(changed(("context: workshop-safety, min", "contxt: workshop-safety, min"))) == ["unknown-key"]
    assert codes(changed(("zone: Europe/Berlin", "zone: Europe/Berln"))) == ["wrong-time"]


REFUSALS = [
    # what is replaced, by what, what the linter says of it, at which word
    ("    about: {why: Who passed the course knows how each machine is stopped., by: workshop committee, signed: "
     "2026-03-02}\n", "", "unsigned-relation", "course-passed"),
    ("signed: 2026-03-02", "signed: 2026-11-25", "signed-later", "course-passed"),
    ("{note: studio-note-3, by: workshop committee, signed: 2026-03-02}", "studio-note-3", "unsigned-necessity",
     "studio-note-3\n"),
    ("gallery: 30", "gallery: 101", "gallery-beyond-budget", "{fpir"),
    ("or: [card]\n    necessity", "or: [card, card+pin]\n    necessity", "unequal-alternative", "card+pin"),
    ("or: [card, pass]", "or: [card, pass+pin]", "unequal-alternative", "pass+pin"),
    ("or: [card]\n    offline", "or: [card+pin]\n    offline", "alternative-not-presentable", "[card+pin]"),
    ("  machine-left-running:", "  debt-unpaid:", "foreign-entry", "debt-unpaid"),
    ("    expires: 730d", "    expires: 730d\n    context: leisure", "foreign-entry", "leisure"),
    ("evidence: certificate", "evidence: medical-report", "protected-attribute", "medical-report"),
    ("en: laser induction,", "en: church laser induction,", "protected-attribute", "church"),
    ("at_least: 600", "at_least: 350", "idle-clause", "score: {at_least"),
    ("within: staffed-hours]", "within: staffed-hours, within: opening-hours]", "idle-clause",
     "within: opening-hours]"),
    ('days: mon-sun, from: "00:00", to: "24:00", zone: Europe/Berlin, except: holidays/DE-BE',
     'days: mon-sun, from: "00:00", to: "24:00", zone: Europe/Berlin', "idle-clause", "within: opening-hours]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "at"), REFUSALS, ids=[case[2] + ":" + case[1][:20] for case in REFUSALS]
)
def test_what_no_policy_may_say_is_refused_at_its_place(old: str, new: str, code: str, at: str) -> None:
    text = changed((old, new))
    found = [error for error in refused(text) if error.code == code]
    assert found, codes(text)
    assert set(codes(text)) == {code}
    near = WORKSHOP.index(old)
    start = text.index(at, near) if at in text[near : near + 200] else text.index(at)
    assert (found[0].line, found[0].column) == (text[:start].count("\n") + 1, start - text.rfind("\n", 0, start))


def test_a_door_that_nobody_can_open_is_told_with_the_clause_that_shuts_it() -> None:
    awards = [("points: +10", "points: -10"), ("points: +6", "points: -6"), ("at_least: 600", "at_least: 601")]
    found = refused(changed(*awards))
    assert [error.code for error in found] == ["door-for-nobody"]
    assert "laser-room" in found[0].found
    assert "its clause score can never hold" in found[0].found
    nights = ("hours:\n", "hours:\n  nights: {days: mon-sun, from: '21:00', to: '05:00', zone: Europe/Berlin}\n")
    found = refused(changed(nights, ("within: staffed-hours", "within: staffed-hours, within: nights")))
    assert [error.code for error in found] == ["door-for-nobody"]
    assert "never hold together" in found[0].found


def test_hours_are_looked_at_around_every_date_that_they_name() -> None:
    always = "days: mon-sun, from: '00:00', to: '24:00', zone: UTC"
    page = "policy: p\ndoors: {{a: {{face: off, grant: [member: active, within: h]}}}}\nhours: {{h: {{{0}{1}}}}}\n"
    assert codes(page.format(always, "")) == ["idle-clause"]
    assert codes(page.format(always, ", except: 2044-02-29")) == []
    assert codes(page.format(always, ", except: 2026-11-01")) == ["idle-clause"]  # that day is over
    assert codes(page.format(always, ", except: 2026-12-25, also: 2026-12-26")) == []


def test_a_face_that_is_searched_for_is_one_factor_and_so_is_what_stands_for_it() -> None:
    pins = Around(AROUND.today, AROUND.largest_gallery, frozenset({"card", "card+pin"}))
    studio = changed(("or: [card]\n    necessity", "or: [card+pin]\n    necessity"))
    assert codes(studio, pins) == ["unequal-alternative"]
    assert (
        codes(changed(("or: [card]\n    offline", "or: [card+pin]\n    offline")), pins) == []
    )  # a claimed face is two
    assert codes(changed(("face: verify\n    or: [card, pass]", "face: off\n    or: [pass]"))) == []


def test_a_signature_of_today_counts() -> None:
    assert codes(changed(("signed: 2026-03-02", "signed: 2026-11-24"))) == []


def test_a_door_about_something_else_reads_no_score() -> None:
    about = ("face: verify\n    or: [card]\n    offline", "face: verify\n    or: [card]\n    context: {}\n    offline")
    assert codes(changed((about[0], about[1].format("workshop-safety")))) == []
    assert codes(changed((about[0], about[1].format("library")))) == ["foreign-context"]


# --- the scores of the whole person that others keep ------------------------------------------------------------

WALLS = {"traffic-ticket": "road traffic", "town-award": "honours", "volunteering": "civic engagement"}


@pytest.mark.parametrize(
    ("file", "games", "start", "total"),
    [("citizens-350-950.yaml", '"leisure"', 600, 603), ("payers-300-850.yaml", "leisure", 500, 503)],
)
def test_a_score_of_the_whole_person_adds_up_and_breaks_every_wall(
    file: str, games: str, start: int, total: int
) -> None:
    text = (POLICIES / file).read_text(encoding="utf-8")
    policy = read(text, file).policy
    assert policy is not None
    assert policy.score is not None
    entries = tuple(
        Entry(name, name, policy.score.context, kind.points, "evidence", 0, 0, kind.expires_ms(0))
        for name, kind in policy.entries.items()
    )
    assert [entry.points for entry in entries] == [-5, 10, -8, 6]
    assert score((), policy.score, 1).value == start
    assert score(entries, policy.score, 1).value == total == start - 5 + 10 - 8 + 6
    assert score(entries, policy.score, 181 * DAY_MS).value == total + 8  # the games of half a year ago
    found = refused(text)
    assert {error.code for error in found} == {"foreign-entry", "unsigned-relation"}
    crossed = [error for error in found if error.code == "foreign-entry"]
    for name, wall in {**WALLS, "ten-hours-of-games": games}.items():
        assert any(name in error.found and wall in error.found for error in crossed), name
    assert len([error for error in found if error.code == "unsigned-relation"]) == 4
    with pytest.raises(PolicyError):
        load(text, file)
