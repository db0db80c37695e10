"""The policy document: what it means, and for each mistake the line, the finding, the expectation and the cure."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.policy import errors
from ostiary.controller.policy.document import load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.policy.protected import ATTRIBUTES, attribute_of
from ostiary.controller.policy.yaml_text import MAX_BYTES

WORKSHOP = (Path(samples.__file__).parent / "policy" / "workshop.yaml").read_text()


def test_the_sample_says_what_it_says() -> None:
    policy = load(WORKSHOP, "workshop.yaml")
    assert policy.name == "northside-workshop"
    assert policy.score is not None
    assert (policy.score.lowest, policy.score.highest, policy.score.start) == (350, 950, 600)
    assert (policy.score.largest_penalty, policy.score.penalties_in_30d) == (10, 20)
    assert policy.entries["machine-left-running"].points == -8
    assert policy.entries["machine-left-running"].expires_ms(5) == 5 + 180 * 86_400_000
    front, studio, laser = (policy.doors[name] for name in ("front", "studio", "laser-room"))
    assert (front.face, front.alternatives, front.pulse_ms, front.offline) == ("verify", ("card", "pass"), 5000, "pack")
    assert studio.necessity is not None
    assert (studio.face, studio.necessity.note) == ("identify", "studio-note-3")
    assert studio.budget is not None
    assert (studio.budget.fpir, studio.budget.gallery) == (0.001, 30)
    assert (laser.alternatives, laser.offline) == (("card",), "deny")
    assert [clause.name for clause in laser.grant] == ["member", "holds", "score", "within"]
    assert policy.zone.key == "Europe/Berlin"


def test_a_small_policy_needs_no_score_and_no_hours() -> None:
    policy = load("policy: office\ndoors: {front: {face: off, grant: [member: active], pulse: 1500ms}}")
    assert (policy.score, policy.doors["front"].alternatives, policy.doors["front"].pulse_ms) == (None, ("card",), 1500)


# --- identity ---------------------------------------------------------------------------------------------------


def test_comments_order_and_spelling_leave_the_hash_alone() -> None:
    sections = re.split(r"\n(?=[a-z]+:)", "\n".join(line for line in WORKSHOP.splitlines() if not line.startswith("#")))
    random.Random(7).shuffle(sections)
    text = "\n".join(sections).replace("+10", "10").replace("0.001", "1e-3").replace("mon-sun", "[tue-sun, mon]")
    text = text.replace('"10:00"', "10:00").replace("pulse: 5s", "pulse: 5000ms")
    assert text != WORKSHOP
    assert load(text).sha256 == load(WORKSHOP).sha256


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("points: +10", "points: +9"),
        ("evidence: certificate", "evidence: attestation"),
        ("expires: 730d", "expires: 729d"),
        ("start: 600", "start: 601"),
        ("penalties_in_30d: 20", "penalties_in_30d: 21"),
        ("or: [card, pass]", "or: [card]"),
        ("fpir: 0.001", "fpir: 0.002"),
        ("studio-note-3", "studio-note-4"),
        ("at_least: 600", "at_least: 601"),
        ("offline: deny", "offline: pack"),
        ("pulse: 5s", "pulse: 6s"),
        ('"20:00"', '"19:59"'),
        ("2026-12-24", "2026-12-23"),
        ("en: laser induction", "en: laser course"),
        ("member: active, holds: laser-induction", "holds: laser-induction, member: active"),  # decides the reason
    ],
)
def test_whatever_can_change_a_decision_or_its_sentence_changes_the_hash(old: str, new: str) -> None:
    assert old in WORKSHOP
    assert load(WORKSHOP.replace(old, new)).sha256 != load(WORKSHOP).sha256


# --- mistakes ---------------------------------------------------------------------------------------------------

CASES = [
    # what is replaced, by what, at what the error points, its class, the word it offers
    ("policy: northside-workshop", "policy: Northside Workshop", "Northside", errors.WrongWord, "northside-workshop"),
    ("policy: northside-workshop", "polizy: x", "polizy", errors.UnknownKey, "policy"),
    ("min: 350", "mon: 350", "mon: 350", errors.UnknownKey, "min"),
    ("min: 350, ", "", "{context", errors.MissingKey, None),
    ("start: 600", "start: 951", "951}", errors.WrongNumber, None),
    ("start: 600", "start: .nan", ".nan", errors.WrongNumber, None),
    ("max: 950", "max: 350", "350, start", errors.WrongNumber, None),
    ("context: workshop-safety", "context: union-activity", "union", errors.ProtectedAttribute, None),
    ("points: +10", "points: 0", "0\n    evidence: cert", errors.WrongNumber, None),
    ("points: +10", "points: 1e400", "1e400", errors.WrongNumber, None),
    ("points: -8", "points: -11", "-11", errors.UncappedPenalty, None),
    ("limits: {largest_penalty: 10, penalties_in_30d: 20}", "", "machine-left", errors.UncappedPenalty, None),
    ("penalties_in_30d: 20", "penalties_in_30d: 9", "9}", errors.WrongNumber, None),
    ("expires: 180d", "expires: never", "never\n", errors.EternalPenalty, None),
    ("    expires: 180d\n", "", "machine-left", errors.EternalPenalty, None),
    ("    evidence: round-sheet\n", "", "safety-round", errors.MissingEvidence, None),
    ("evidence: round-sheet", "evidence: []", "[]\n", errors.MissingEvidence, None),
    ("  course-passed:\n", "  religious-course:\n", "religious", errors.ProtectedAttribute, None),
    ("face: verify\n    or: [card, pass]", "face: verify", "front:", errors.FaceWithoutAlternative, None),
    ("or: [card, pass]", "or: []", "[]", errors.FaceWithoutAlternative, None),
    ("or: [card, pass]", "or: [pin]", "pin]", errors.WrongWord, None),
    ("or: [card, pass]", "or: [cart, pass]", "cart", errors.WrongWord, "card"),
    ("face: identify", "face: identifi", "identifi", errors.WrongWord, "identify"),
    ("    necessity: {note: studio-note-3, by: workshop committee, signed: 2026-03-02}\n", "", "identify\n    or",
     errors.IdentifyWithoutNecessity, None),
    ("    budget: {fpir: 0.001, gallery: 30}\n", "", "identify\n    or", errors.IdentifyWithoutBudget, None),
    ("face: identify", "face: verify", "{fpir", errors.BudgetWithoutIdentify, None),
    ("fpir: 0.001", "fpir: 0", "0, gal", errors.WrongNumber, None),
    ("fpir: 0.001", "fpir: .inf", ".inf", errors.WrongNumber, None),
    ("gallery: 30", "gallery: 30.5", "30.5", errors.WrongNumber, None),
    ("    offline: deny", "    offline: grant", "grant\n    pulse", errors.WrongWord, None),
    ("pulse: 5s", "pulse: 31s", "31s", errors.WrongTime, None),
    ("pulse: 5s", "pulse: 0s", "0s\n", errors.WrongTime, None),
    ("pulse: 5s", "egress: locked", "egress", errors.UnknownKey, None),  # there is no word for leaving
    ("[member: active, holds", "[membr: active, holds", "membr", errors.UnknownKey, "member"),
    ("[member: active, holds", "[member: aktive, holds", "aktive", errors.WrongWord, "active"),
    ("[member: active, holds", "[member: active, member: active, holds", "member: active, holds", errors.RepeatedClause,
     None),
    ("grant: [member: active, holds: laser-induction, score: {at_least: 600}, within: staffed-hours]",
     "grant: []", "[]\n", errors.EmptyGrant, None),
    ("holds: laser-induction", "holds: german-citizenship", "german", errors.ProtectedAttribute, None),
    ("at_least: 600", "at_least: 951", "951", errors.ScoreOutOfReach, None),
    ("at_least: 600", "at_least: 600, context: punctuality", "punctuality", errors.ForeignContext, None),
    ("score: {context: workshop-safety, min: 350, max: 950, start: 600}", "", "{largest", errors.ScoreWithoutSection,
     None),
    ("within: staffed-hours", "within: stafed-hours", "stafed", errors.UnknownHours, "staffed-hours"),
    ("days: mon-sun", "days: mon-sunday", "mon-sunday", errors.WrongTime, "sun"),
    ("days: mon-sun", "days: []", "[], from", errors.WrongTime, None),
    ('"20:00"', '"25:00"', '"25:00"', errors.WrongTime, None),
    ('"20:00"', '"10:00"', '"10:00", zone', errors.WrongTime, None),
    ("zone: Europe/Berlin, except: holidays/DE-BE}", "zone: Europe/Berln}", "Europe/Berln", errors.WrongTime,
     "Europe/Berlin"),
    ("zone: Europe/Berlin, except: holidays/DE-BE}", "zone: ../../etc/passwd}", "../../etc", errors.WrongTime, None),
    ("holidays/DE-BE}", "holidays/DE-BX}", "holidays/DE-BX", errors.WrongWord, "holidays/DE-"),
    ("2026-12-24", "2026-02-29", "2026-02-29", errors.WrongTime, None),
    ("laser-induction:  ", "laser-inductoin:  ", "laser-inductoin", errors.UnknownName, "laser-induction"),
    ("policy: northside-workshop", "policy: a\npolicy: b", "policy: b", errors.DuplicateKey, None),
    ("policy: northside-workshop", "policy: &a b", "&a", errors.AliasRefused, None),
    ("policy: northside-workshop", "policy: *a", "*a", errors.AliasRefused, None),
    ("policy: northside-workshop", "policy: !!str b", "!!str", errors.TagRefused, None),
    ("policy: northside-workshop", "policy: [[[[[[[[[[[[[[a]]]]]]]]]]]]]]", "[a", errors.TooDeep, None),
    ("policy: northside-workshop", "policy: [", None, errors.NotYaml, None),
    ("policy: northside-workshop", "policy: a\x07b", "\x07b", errors.NotYaml, None),
    ("policy: northside-workshop", 'policy: "\\UFFFFFFFF"', None, errors.NotYaml, None),
    ("\n# How names read", "\n---\n# How names read", "---", errors.ManyDocuments, None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "mistake", "nearest"), CASES)
def test_a_mistake_is_told_with_its_place_and_its_cure(old, new, at, mistake, nearest) -> None:
    assert WORKSHOP.count(old) >= 1
    head, tail = WORKSHOP.split(old, 1)
    text = head + new + tail
    with pytest.raises(mistake) as caught:
        load(text, "workshop.yaml")
    error = caught.value
    assert type(error) is mistake
    if at is not None:
        where = min((match.start() for match in re.finditer(re.escape(at), text)), key=lambda at: abs(at - len(head)))
        where += len(at) - len(at.lstrip())
        before = text[:where]
        assert (error.line, error.column) == (before.count("\n") + 1, len(before) - before.rfind("\n")), str(error)
    told = str(error)
    assert told.startswith(
        f"workshop.yaml:{error.line}:{error.column}: found {error.found}, expected {error.expected}."
    )
    assert told.endswith(error.cure)
    if nearest is None:
        assert error.nearest is None or "Did you mean" in told
    else:
        assert (error.nearest or "").startswith(nearest)
        assert f'Did you mean "{error.nearest}"?' in told


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_nothing_is_no_policy(text: str) -> None:
    with pytest.raises((errors.Empty, errors.WrongShape)):
        load(text)


def test_a_document_beyond_the_limit_is_not_even_parsed() -> None:
    with pytest.raises(errors.TooLarge):
        load(WORKSHOP + "#" * (MAX_BYTES - len(WORKSHOP.encode()) + 1))
    assert load(WORKSHOP + "\n" + "#" * 1000).sha256 == load(WORKSHOP).sha256


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    with pytest.raises(errors.AliasRefused) as caught:
        load(bomb)
    assert caught.value.line == 1


@pytest.mark.parametrize("attribute", sorted(ATTRIBUTES))
def test_every_protected_word_is_found_alone_and_inside_a_name(attribute: str) -> None:
    for word in ATTRIBUTES[attribute]:
        for name in (word, f"{word}-course", f"extra-{word}", f"extra-{word}s"):
            found = attribute_of(name)
            assert found is not None or len(word) < 4, name
        assert attribute_of(word) == attribute


@pytest.mark.parametrize(
    "name",
    ["storage-key", "package-drop", "health-and-safety-course", "machine-left-running", "trace-check", "average"],
)
def test_innocent_names_are_left_in_peace(name: str) -> None:
    assert attribute_of(name) is None


def test_phrases_are_protected_too() -> None:
    assert attribute_of("party-member") == "politics"
    assert attribute_of("by-country-of-origin") == "nationality"
    assert attribute_of("party-night") is None


# --- hostile files ----------------------------------------------------------------------------------------------

SCRAPS = [
    *(
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        "  ",
        '"',
        "'",
        "#",
        "&a ",
        "*a",
        "!x ",
        "|",
        ">",
        "%",
        "@",
        "\t",
        "0",
    ),
    *(
        "-1",
        "~",
        "\x00",
        "\x85",
        "é",
        "\ud800",
        "<<: ",
        "? ",
        "--- ",
        "...",
        "24:00",
        "never",
        ".inf",
        "\\x",
        "9" * 5000,
    ),
]


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(SCRAPS)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_damaged_policy_loads_or_is_refused_with_a_place(damage) -> None:
    text = WORKSHOP
    for where, length, scrap in damage:
        start = int(where * len(text))
        text = text[:start] + scrap + text[start + length :]
    try:
        load(text)
    except PolicyError as error:
        assert 1 <= error.line <= text.count("\n") + text.count("\x85") + 2
        assert error.column >= 1


VALUES = st.recursive(
    st.sampled_from(
        ["card", "verify", "off", "600", "-8", "1e3", "~", "true", "mon-fri", '"06:00"', "5s", "''", "x y"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(["a", "at_least", "face", "or", "grant", "member"]), inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        )
    ),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_value_in_any_place_loads_or_is_refused(data) -> None:
    places = [
        match.span(1) for match in re.finditer(r"[a-z_]+: +(\{[^{}]*\}|\[[^\[\]]*\]|[^\s{}\[\],][^\n,}\]]*)", WORKSHOP)
    ]
    start, end = data.draw(st.sampled_from(places))
    try:
        load(WORKSHOP[:start] + data.draw(VALUES) + WORKSHOP[end:])
    except PolicyError as error:
        assert error.found
        assert error.expected
