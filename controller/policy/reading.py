"""Located values: what stands where in a document, and the error for a person when it is not what belongs there."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import yaml

from ostiary.controller.policy import errors
from ostiary.controller.policy.errors import Place, nearest_word
from ostiary.controller.policy.findings import Findings
from ostiary.controller.policy.yaml_text import compose, place_of

WORD = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,6})([a-z]{1,2})", re.ASCII)
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def listed(words: Iterable[str]) -> str:
    """Words in quotes for an error: `"a", "b" or "c"`."""
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


@dataclass(frozen=True, slots=True)
class Value:
    """A node of the document. Each method returns what was asked for or raises a `PolicyError` at this place; what is
    wrong in one of several parts is noted in `findings`, and the other parts are read.

    Scalars are read as written: `off` is the word *off* and `06:00` a time of day, whatever YAML 1.1 makes of them.
    """

    node: yaml.Node
    name: str
    findings: Findings = field(compare=False, repr=False)

    def part(self, node: yaml.Node) -> "Value":
        """A node inside this one."""
        return Value(node, self.name, self.findings)

    @property
    def at(self) -> Place:
        return place_of(self.node.start_mark, self.name)

    @property
    def found(self) -> str:
        """What stands here, in words for an error."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        text = ascii(str(self.node.value))[1:-1] if not str(self.node.value).isprintable() else str(self.node.value)
        return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"' if text else "nothing"

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def pairs(self, expected: str) -> "list[tuple[Value, Value]]":
        """Keys and values of a mapping, in order; a key is text and stands there once."""
        if not isinstance(self.node, yaml.MappingNode):
            raise errors.WrongShape(self.at, self.found, expected)
        pairs: list[tuple[Value, Value]] = []
        seen: dict[str, Place] = {}
        for key, value in ((self.part(key), self.part(value)) for key, value in self.node.value):
            text = self.findings.attempt(lambda key=key: key.text("a key"), "")
            if text in seen:
                again = errors.DuplicateKey(key.at, f"{key.found} again", f"it once (first on line {seen[text].line})")
                self.findings.refuse(again)
            elif text:
                seen[text] = key.at
                pairs.append((key, value))
        return pairs

    def fields(self, what: str, required: Sequence[str], optional: Sequence[str] = ()) -> "dict[str, Value]":
        """A mapping with these keys and no other; `what` names it in errors."""
        known = [*required, *optional]
        found: dict[str, Value] = {}
        misspelt: dict[str | None, errors.PolicyError] = {}
        for key, value in self.pairs(f"{what}: a mapping with {listed(known)}"):
            word = key.text("a key")
            if word in known:
                found[word] = value
            else:
                near = nearest_word(word, known)
                misspelt[near] = errors.UnknownKey(key.at, key.found, f"{listed(known)} in {what}", near)
                self.findings.refuse(misspelt[near])
        # A key that is missing because it is misspelt is told once.
        missing = [
            misspelt.get(word) or errors.MissingKey(self.at, f'{what} without "{word}"', f'"{word}"')
            for word in required
            if word not in found
        ]
        for error in missing:
            self.findings.refuse(error)
        if missing:
            raise missing[0]
        return found

    def named(self, what: str) -> "list[tuple[str, Value, Value]]":
        """A mapping from names of the document's own to values: (name, key, value), in order."""
        found: list[tuple[str, Value, Value]] = []
        for key, value in self.pairs(f"{what}s by name"):
            name = self.findings.attempt(lambda key=key: key.name_word(f"the name of {what}"), "")
            if name:
                found.append((name, key, value))
        return found

    def items(self, expected: str) -> "list[Value]":
        """The items of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise errors.WrongShape(self.at, self.found, expected)
        return [self.part(item) for item in self.node.value]

    def text(self, expected: str, longest: int = 120) -> str:
        """The text of a scalar, 1 to `longest` printable characters."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise errors.WrongShape(self.at, self.found, expected)
        text = str(self.node.value)
        if not 0 < len(text) <= longest or not text.isprintable():
            raise errors.WrongWord(self.at, self.found, f"{expected}, 1 to {longest} printable characters")
        return text

    def name_word(self, expected: str) -> str:
        """A name of the document's own: 1 to 40 of a-z, 0-9 and inner hyphens."""
        text = self.text(expected)
        if WORD.fullmatch(text) is None:
            rule = f"{expected}: 1 to 40 small letters, digits and inner hyphens"
            kebab = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
            raise errors.WrongWord(self.at, self.found, rule, kebab if WORD.fullmatch(kebab) else None)
        return text

    def word(self, valid: Sequence[str], what: str = "") -> str:
        """One word of a closed set."""
        expected = listed(valid) if not what else f"{what}: {listed(valid)}"
        text = self.text(expected)
        if text not in valid:
            raise errors.WrongWord(self.at, self.found, expected, nearest_word(text, valid))
        return text

    def integer(self, what: str, low: int, high: int) -> int:
        """A whole number within [low, high]."""
        expected = f"{what}: a whole number from {low} to {high}"
        text = self.text(expected)
        if _INTEGER.fullmatch(text) is None or not low <= int(text) <= high:
            raise errors.WrongNumber(self.at, self.found, expected)
        return int(text)

    def number(self, what: str, above: float, high: float) -> float:
        """A finite number within (above, high]."""
        expected = f"{what}: a number above {above:g} and up to {high:g}"
        text = self.text(expected)
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not above < value <= high:
            raise errors.WrongNumber(self.at, self.found, expected)
        return value

    def day(self, what: str) -> date:
        """A date like 2026-03-01, from 1970 to 8999."""
        expected = f"{what}: a date like 2026-03-01"
        text = self.text(expected)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text or not 1970 <= day.year < 9000:
            raise errors.WrongTime(self.at, self.found, expected)
        return day

    def duration_ms(self, what: str, units: Sequence[str], low_ms: int, high_ms: int) -> int:
        """A duration such as `180d` or `5s` in milliseconds, within [low_ms, high_ms]; `units` are those allowed."""
        bounds = [f"{bound // _UNIT_MS[units[0]]}{units[0]}" for bound in (low_ms, high_ms)]
        expected = f"{what}: a duration from {bounds[0]} to {bounds[1]}"
        match = _DURATION.fullmatch(self.text(expected))
        if match is None or match[2] not in units:
            raise errors.WrongTime(self.at, self.found, expected)
        value_ms = int(match[1]) * _UNIT_MS[match[2]]
        if not low_ms <= value_ms <= high_ms:
            raise errors.WrongTime(self.at, self.found, expected)
        return value_ms


def read_document(text: str, name: str, findings: Findings) -> Value:
    """The root of the one document in `text`."""
    return Value(compose(text, name), name, findings)
