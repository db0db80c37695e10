"""The persons' pages in words: each is said in every language, with the same gaps, in short and plain sentences."""

import re
import string
from pathlib import Path

import pytest

from ostiary.controller import web
from ostiary.controller.web.portal.words import LANGUAGES, WORDS, preferred, say

TEMPLATES = Path(web.__file__).parent / "templates" / "portal"
# Flesch reading ease (R. Flesch, 1948) and its German form (T. Amstad, 1978): 60 to 70 is plain for most people.
EASE = {"en": (206.835, 1.015, 84.6), "de": (180.0, 1.0, 58.5)}
PLAIN = 60.0
LONGEST_SENTENCE = 18


def gaps(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("name", WORDS)
def test_every_language_says_it_with_the_same_gaps(name: str) -> None:
    said = [
        say(language, name) if not gaps(WORDS[name][0]) else WORDS[name][at] for at, language in enumerate(LANGUAGES)
    ]
    assert len(said) == len(LANGUAGES)
    if name != "english-below":
        assert all(said)
    assert gaps(WORDS[name][0]) == gaps(WORDS[name][1])


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    texts = "".join(template.read_text() for template in TEMPLATES.glob("*.html"))
    asked = set(re.findall(r'(?<![a-z])t\("([a-z-]+)"[,)]', texts))
    assert asked <= set(WORDS)
    quoted = set(re.findall(r'"([a-z-]+)"', texts)) & set(WORDS)
    made = {name for name in WORDS if name.startswith(("state-", "about-", "what-"))}
    by_code = {"leave-name", "leave-contest"}  # said by parting.py
    assert set(WORDS) == asked | quoted | made | by_code | {"grant", "deny"}


def sentences(language: str) -> list[str]:
    at = list(LANGUAGES).index(language)
    text = " ".join(words[at] for words in WORDS.values() if words[at].endswith((".", "?")))
    return [part for part in re.split(r"(?<=[.?!:])\s+", re.sub(r"\{[a-z]+\}", "one", text)) if len(part.split()) > 1]


def syllables(word: str, language: str) -> int:
    vowels = "aeiouyäöü"
    count = len(re.findall(f"[{vowels}]+", word.lower()))
    silent = language == "en" and re.search(r"[^aeiouy]e$", word.lower()) and count > 1
    return max(1, count - bool(silent))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short_and_plain(language: str) -> None:
    said = sentences(language)
    lengths = [len(part.split()) for part in said]
    assert max(lengths) <= LONGEST_SENTENCE, max(said, key=lambda part: len(part.split()))
    words = [word for part in said for word in re.findall(r"[^\W\d_]+", part)]
    base, per_sentence, per_word = EASE[language]
    ease = (
        base
        - per_sentence * len(words) / len(said)
        - per_word * sum(syllables(w, language) for w in words) / len(words)
    )
    assert ease >= PLAIN, ease


def test_the_language_is_the_one_chosen_else_the_first_that_we_speak() -> None:
    assert preferred("de-DE,de;q=0.9,en;q=0.8", None) == "de"
    assert preferred("fr,en;q=0.5", None) == "en"
    assert preferred("de", "en") == "en"
    assert preferred("de", "xx") == "de"
    for odd in ("", ",,,;", "\x00", "x" * 5_000):
        assert preferred(odd, None) == "en"
