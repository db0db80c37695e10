"""Words are data: every language has every sentence, with the same blanks, and every code of the contract has one."""

import string
import sys
from collections.abc import Iterator, Mapping

import pytest

from ostiary.controller.policy import change, counterfactual, forbids, key_factors
from ostiary.controller.policy import language as languages
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.language import LANGUAGES, UnknownLanguage, say_or
from ostiary.controller.policy.sentences import SENTENCES, sentence
from ostiary.controller.policy.title import Title
from ostiary.models.quality import BOUNDS
from ostiary.protocol import codes

CLAUSES = clause_types().values()
CLAUSE_FILES = [sys.modules[kind.__module__] for kind in (*CLAUSES, *map(type, forbids.FORBIDS))]
TABLES = [
    (module.__name__.rpartition(".")[2], name, table)
    for module in (change, counterfactual, key_factors, languages, *CLAUSE_FILES)
    for name, table in vars(module).items()
    if isinstance(table, Mapping) and "en" in table
] + [(forbid.name, "words", forbid.words) for forbid in forbids.FORBIDS] + [
    (clause.name, "no_change", clause.no_change) for clause in CLAUSES
]  # fmt: skip


def texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from texts(value)


def blanks(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("module", "name", "table"), TABLES)
def test_every_language_has_the_same_words_with_the_same_blanks(
    module: str, name: str, table: Mapping[str, object]
) -> None:
    assert tuple(table) == LANGUAGES
    english, *others = table.values()
    for other in others:
        assert type(other) is type(english)
        if isinstance(english, Mapping):
            assert isinstance(other, Mapping)
            assert set(other) == set(english)
            for key, text in english.items():
                assert blanks(text) == blanks(other[key]), f"{module}.{name}.{key}"
        elif isinstance(english, str):
            assert isinstance(other, str)
            assert blanks(english) == blanks(other)
    assert all(text for text in texts(table))


def test_every_code_is_a_sentence_in_every_language() -> None:
    assert tuple(SENTENCES) == LANGUAGES
    for language in LANGUAGES:
        assert set(SENTENCES[language]) == set(SENTENCES["en"])
        for code, said in SENTENCES[language].items():
            assert said[0].isupper()
            assert said.endswith("."), code
            # What happened, and what to do next; a grant needs no advice.
            assert said.count(".") + said.count(":") >= 2 or code == "granted", code


REASONS = """
    granted suspended revoked withdrawn lockdown tier-below inside-already full not-escorted none-of-these live-unknown
    not-member membership-ended missing-holding score-below outside-hours unknown-door
    no-policy claim-missing card-unknown card-revoked card-not-accepted not-enrolled face-missing faces-unclear
    liveness-missing face-mismatch face-near face-unknown several-candidates gallery-too-large
    pass-unknown pass-revoked pass-not-yet pass-expired pass-not-valid-here pass-used pass-not-accepted
    pin-missing pin-wrong pin-throttled pin-not-set
    not-in-pack not-now expired pack-too-old pack-missing
    clock-wrong clock-unknown safe-mode pulse-refused
"""


@pytest.mark.parametrize("code", REASONS.split())
def test_the_reasons_of_decisions_have_sentences_of_their_own(code: str) -> None:
    assert sentence(code) == SENTENCES["en"][code]
    assert sentence(code, "de") == SENTENCES["de"][code]


def test_the_refusals_of_the_contract_have_sentences_of_their_own() -> None:
    refusals = ("malformed", "oversized", "version", "unauthentic", "wrong-kind", "replayed", "stale", "wrong-door")
    for code in (*refusals, "wrong-model", "unknown-node", "wrong-key"):
        assert code in codes.SAYS
        assert code in SENTENCES["en"]


def test_each_bound_of_the_face_pipeline_has_a_sentence_of_its_own() -> None:
    for bound in BOUNDS:
        assert f"quality-{bound.name}" in SENTENCES["en"]


def test_a_new_quality_and_an_unknown_code_still_speak() -> None:
    assert sentence("quality-glare") == SENTENCES["en"]["quality-*"]
    assert sentence("never-heard-of", "de") == SENTENCES["de"]["*"]
    with pytest.raises(UnknownLanguage):
        sentence("granted", "xx")


def test_names_with_and_without_words() -> None:
    bare = Title("safety-round")
    worded = Title("safety-round", {"en": ("safety round", "safety rounds"), "de": ("Sicherheitsrunde",)})
    assert [bare.times(n, "en") for n in (1, 2, 3)] == [
        "“safety-round” once",
        "“safety-round” twice",
        "“safety-round” 3 times",
    ]
    assert [worded.times(n, "en") for n in (1, 2, 13)] == ["one safety round", "two safety rounds", "13 safety rounds"]
    assert [worded.times(n, "de") for n in (1, 2, 20)] == [
        "einmal „Sicherheitsrunde“",
        "zweimal „Sicherheitsrunde“",
        "20-mal „Sicherheitsrunde“",
    ]
    assert worded.say("en") == "“safety round”"


def test_lists_of_ways_stay_readable() -> None:
    assert [say_or(parts, "en") for parts in (["a"], ["a", "b"], ["a", "b", "c"], ["a, x", "b"])] == [
        "a",
        "a, or b",
        "a, b, or c",
        "a, x; or b",
    ]
    assert say_or(["a, x", "b"], "de") == "a, x; oder b"
