"""YAML text to located values: what stands where on a page, and the mistake for a person when it does not belong there.

Scalars are read as written: `on` is the word *on* and `2468` four digits, whatever YAML 1.1 makes of them. Anchors,
aliases, tags, a second document and a key written twice are refused, as in a policy.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import yaml
from yaml.composer import ComposerError
from yaml.reader import ReaderError

from ostiary.scenarios.play.errors import Mistake, Place, nearest_word

Read = TypeVar("Read")

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,7})(ms|s|m|h|d)", re.ASCII)
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def listed(words: Sequence[str]) -> str:
    """Words in quotes: `"a", "b" or "c"`."""
    quoted = [f'"{word}"' for word in words]
    if not quoted:
        return "nothing, since there is none here"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


@dataclass(frozen=True, slots=True)
class Value:
    """A node of the page. Each method returns what was asked for or raises a `Mistake` at this place."""

    node: yaml.Node
    name: str
    mistakes: list[Mistake] = field(compare=False, repr=False)

    @property
    def at(self) -> Place:
        return _place(self.node.start_mark, self.name)

    @property
    def found(self) -> str:
        """What stands here, in words."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        text = str(self.node.value) if str(self.node.value).isprintable() else ascii(str(self.node.value))[1:-1]
        return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"' if text else "nothing"

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def attempt(self, read: Callable[[], Read]) -> Read | None:
        """What `read` returns; its mistake is noted, and the page read on."""
        try:
            return read()
        except Mistake as mistake:
            self.mistakes.append(mistake)
            return None

    def pairs(self, expected: str) -> "list[tuple[Value, Value]]":
        """Keys and values of a mapping, in order."""
        if not isinstance(self.node, yaml.MappingNode):
            raise Mistake(self.at, self.found, expected)
        pairs: list[tuple[Value, Value]] = []
        seen: dict[str, Value] = {}
        for key, value in ((self._part(key), self._part(value)) for key, value in self.node.value):
            text = key.text("a key")
            if text in seen:
                raise Mistake(key.at, f"{key.found} again", f"it once (first on line {seen[text].at.line})")
            seen[text] = key
            pairs.append((key, value))
        return pairs

    def fields(self, what: str, required: Sequence[str], optional: Sequence[str] = ()) -> "dict[str, Value]":
        """A mapping with these keys and no other; `what` names it."""
        known = [*required, *optional]
        found: dict[str, Value] = {}
        for key, value in self.pairs(f"{what}: a mapping with {listed(known)}"):
            word = key.text("a key")
            if word not in known:
                raise Mistake(key.at, key.found, f"{listed(known)} in {what}", nearest_word(word, known))
            found[word] = value
        for word in required:
            if word not in found:
                raise Mistake(self.at, f'{what} without "{word}"', f'"{word}"', cure="Add it.")
        return found

    def items(self, expected: str, most: int) -> "list[Value]":
        """The items of a list that has some."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise Mistake(self.at, self.found, expected)
        if not 0 < len(self.node.value) <= most:
            raise Mistake(self.at, f"{len(self.node.value)} items", f"{expected}, 1 to {most} of them")
        return [self._part(item) for item in self.node.value]

    def text(self, expected: str, longest: int = 120) -> str:
        """The text of a scalar, 1 to `longest` printable characters."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise Mistake(self.at, self.found, expected)
        text = str(self.node.value)
        if not 0 < len(text) <= longest or not text.isprintable():
            raise Mistake(self.at, self.found, f"{expected}, 1 to {longest} printable characters")
        return text

    def matching(self, pattern: str, expected: str) -> str:
        """A scalar that matches a regular expression as a whole."""
        text = self.text(expected)
        if re.fullmatch(pattern, text, re.ASCII) is None:
            raise Mistake(self.at, self.found, expected)
        return text

    def name_word(self, expected: str) -> str:
        """A name of the page's own: 1 to 40 of a-z, 0-9 and inner hyphens."""
        text = self.text(expected)
        if _NAME.fullmatch(text) is None:
            raise Mistake(self.at, self.found, f"{expected}: 1 to 40 small letters, digits and inner hyphens")
        return text

    def word(self, valid: Sequence[str], what: str = "") -> str:
        """One word of a closed set."""
        expected = listed(valid) if not what else f"{what}: {listed(valid)}"
        text = self.text(expected)
        if text not in valid:
            raise Mistake(self.at, self.found, expected, nearest_word(text, valid))
        return text

    def integer(self, what: str, low: int, high: int) -> int:
        """A whole number within [low, high]."""
        text = self.matching("[0-9]{1,9}", expected := f"{what}: a whole number from {low} to {high}")
        if not low <= int(text) <= high:
            raise Mistake(self.at, self.found, expected)
        return int(text)

    def duration_ms(self, what: str, low_ms: int = 1, high_ms: int = 400 * 86_400_000) -> int:
        """A duration such as `500ms`, `3s` or `2h`, in milliseconds."""
        expected = f"{what}: a duration like 500ms, 3s, 5m, 2h or 1d, from {low_ms} ms to {high_ms // 1000} s"
        match = _DURATION.fullmatch(self.text(expected))
        value_ms = int(match[1]) * _UNIT_MS[match[2]] if match else -1
        if not low_ms <= value_ms <= high_ms:
            raise Mistake(self.at, self.found, expected)
        return value_ms

    def moment_ms(self, what: str) -> int:
        """A moment like 2099-12-31T23:59:30Z, from 1970 to 2105, as Unix milliseconds."""
        expected = f"{what}: a moment like 2026-03-02T08:00:00Z, from 1970 to 2105"
        text = self.matching("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", expected)
        try:
            moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError as error:
            raise Mistake(self.at, self.found, expected) from error
        if not 1970 <= moment.year <= 2105:
            raise Mistake(self.at, self.found, expected)
        return int(moment.timestamp()) * 1000

    def _part(self, node: yaml.Node) -> "Value":
        return Value(node, self.name, self.mistakes)


def read_page(data: bytes, name: str, mistakes: list[Mistake]) -> Value:
    """The root of the one document in `data`; `name` is what mistakes call it. Raises a `Mistake`."""
    first = Place(name, 1, 1)
    if len(data) > MAX_BYTES:
        raise Mistake(first, f"{len(data)} bytes", f"at most {MAX_BYTES}", cure="Make two scenarios of it.")
    try:
        root = cast("yaml.Node | None", cast("Any", yaml).compose(data.decode("utf-8"), Loader=_loader(name)))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise Mistake(at, f"the byte 0x{data[error.start]:02X}", "text in UTF-8") from error
    except ComposerError as error:
        raise Mistake(_place(error.problem_mark, name), "a second document", "one scenario a page") from error
    except yaml.MarkedYAMLError as error:
        at = _place(error.problem_mark or error.context_mark, name)
        raise Mistake(at, f"what YAML cannot read ({error.problem or error.context})", "YAML") from error
    except ReaderError as error:
        raise Mistake(first, "a character that cannot be printed", "printable text") from error
    except (ValueError, OverflowError) as error:
        if isinstance(error, Mistake):
            raise
        # PyYAML hands escapes such as "\UFFFFFFFF" and over-long version numbers to Python unchecked.
        raise Mistake(first, f"an impossible escape or number ({error})", "YAML") from error
    if root is None:
        raise Mistake(first, "nothing", "a scenario", cure="Start from a page in scenarios/.")
    return Value(root, name, mistakes)


def _place(mark: Any, name: str) -> Place:
    return Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name, 1, 1)


def _loader(name: str) -> type[yaml.SafeLoader]:
    """PyYAML's safe composer, stopped at the first thing that no page needs."""

    class Loader(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
            event = cast("Any", self).peek_event()  # PyYAML has no types for its events
            at = _place(event.start_mark, name)
            if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
                raise Mistake(at, f'the anchor or alias "{event.anchor}"', "the value itself")
            if event.tag is not None:
                raise Mistake(at, f'the tag "{event.tag}"', "a plain value")
            if self.depth >= MAX_DEPTH:
                raise Mistake(at, f"more than {MAX_DEPTH} levels", "a scenario, which needs no more than that")
            self.depth += 1
            node = cast("Any", super()).compose_node(parent, index)
            self.depth -= 1
            return node

    return Loader
