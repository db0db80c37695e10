"""What a name of the document is called in a sentence: the policy's own `words`, or else the name itself in quotes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ostiary.controller.policy import errors
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.language import LANGUAGES, NUMBERS, ONCE, QUOTES, TIMES, pick
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value


@dataclass(frozen=True, slots=True)
class Title:
    """A name with its forms: for a language, one word or two (one of it, many of it)."""

    name: str
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], hash=False)

    def say(self, language: str) -> str:
        """In quotes, so that every sentence stays right whatever its gender and number."""
        forms = self.forms.get(language)
        return pick(QUOTES, language).format(forms[0] if forms else self.name)

    def times(self, count: int, language: str) -> str:
        """So many of it: "two safety rounds" where the many-form is known, else "“safety-round” twice"."""
        forms = self.forms.get(language, ())
        numbers, once = pick(NUMBERS, language), pick(ONCE, language)
        if len(forms) == 2:
            number = numbers[count] if count < len(numbers) else str(count)
            return f"{number} {forms[0] if count == 1 else forms[1]}"
        often = once[count] if count < len(once) else pick(TIMES, language).format(count=count)
        return f"{self.say(language)} {often}" if language == "en" else f"{often} {self.say(language)}"


@dataclass(slots=True)
class Titles:
    """The section `words` while a document is read; it remembers which names the document really has."""

    written: dict[str, tuple[Value, Title]]
    known: set[str]

    @classmethod
    def read(cls, section: Value | None) -> "Titles":
        """The section, or None where there is none; without words, names speak for themselves."""
        written: dict[str, tuple[Value, Title]] = {}
        for name, key, value in section.named("word") if section else []:
            forms = value.findings.attempt(lambda name=name, value=value: _all_forms(name, value), {})
            written[name] = (key, Title(name, forms))
        return cls(written, set())

    def of(self, name: str) -> Title:
        """The title of a name that the document has."""
        self.known.add(name)
        return self.written[name][1] if name in self.written else Title(name)

    def refuse_unused(self) -> None:
        """Note `UnknownName` for words about a name that the document does not have."""
        for name, (key, _) in self.written.items():
            if name not in self.known:
                expected = "the name of an entry kind, a holding, hours or the score's context"
                key.findings.refuse(errors.UnknownName(key.at, key.found, expected, nearest_word(name, self.known)))

    def as_document(self) -> dict[str, dict[str, list[str]]]:
        """The section in its canonical form."""
        return {
            name: {language: list(forms) for language, forms in title.forms.items()}
            for name, (_, title) in self.written.items()
        }


def _all_forms(name: str, value: Value) -> dict[str, tuple[str, ...]]:
    return {word: _forms(form) for word, form in value.fields(f'the words of "{name}"', (), LANGUAGES).items()}


def _forms(value: Value) -> tuple[str, ...]:
    items = value.items("words") if value.is_list else [value]
    expected = "a word" if value.is_list else "a word or two (one of it, many of it)"
    forms = tuple(refuse_protected(item, item.text(expected, 60), "the words") for item in items)
    if not value.is_list:
        return forms
    if len(forms) != 2:
        raise errors.WrongShape(value.at, f"{len(forms)} words", "one word, or two: one of it, many of it")
    return forms
