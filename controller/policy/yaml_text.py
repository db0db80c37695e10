"""YAML text to nodes with their places, refusing what a written rule must not contain: aliases, tags, twins."""

from typing import Any, cast

import yaml
from yaml.composer import ComposerError
from yaml.reader import ReaderError

from ostiary.controller.policy import errors
from ostiary.controller.policy.errors import Place

MAX_BYTES = 56 * 1024  # a published policy is one record of the log, which has 64 KiB
MAX_DEPTH = 14  # of three levels of clauses within clauses, the innermost naming its doors


def place_of(mark: Any, name: str) -> Place:
    """A YAML mark as a place; marks count from 0, people from 1."""
    return Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name, 1, 1)


def decode(data: bytes, name: str) -> str:
    """The text of a file, which is UTF-8. Raises `TooLarge` or `NotYaml`."""
    if len(data) > MAX_BYTES:
        raise errors.TooLarge(Place(name, 1, 1), f"{len(data)} bytes or more", f"at most {MAX_BYTES}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise errors.NotYaml(at, f"the byte 0x{data[error.start]:02X}", "text in UTF-8") from error


def compose(text: str, name: str) -> yaml.Node:
    """The root node of the one document in `text`; `name` is what errors call it. Raises a `PolicyError`."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise errors.TooLarge(Place(name, 1, 1), f"{size} bytes", f"at most {MAX_BYTES}")

    class Loader(_Loader):
        source = name

    try:
        root = cast("yaml.Node | None", cast("Any", yaml).compose(text, Loader=Loader))
    except ComposerError as error:
        # Aliases are refused before they are composed, so only the second document is left to complain about.
        raise errors.ManyDocuments(
            place_of(error.problem_mark, name), "a second document", "one document a file"
        ) from error
    except yaml.MarkedYAMLError as error:
        at = place_of(error.problem_mark or error.context_mark, name)
        raise errors.NotYaml(at, f"what YAML cannot read ({error.problem or error.context})", "YAML") from error
    except ReaderError as error:
        before = text[: error.position]
        at = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise errors.NotYaml(at, f"the character U+{ord(text[error.position]):04X}", "printable text") from error
    except errors.PolicyError:
        raise
    except (ValueError, OverflowError) as error:
        # PyYAML hands escapes such as "\UFFFFFFFF" and over-long version numbers to Python unchecked.
        raise errors.NotYaml(Place(name, 1, 1), f"an impossible escape or number ({error})", "YAML") from error
    if root is None:
        raise errors.Empty(Place(name, 1, 1), "nothing", "a policy")
    return root


class _Loader(yaml.SafeLoader):
    """PyYAML's safe composer, stopped at the first thing that a policy must not contain."""

    source = "policy"
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = cast("Any", self).peek_event()  # PyYAML has no types for its events
        at = place_of(event.start_mark, self.source)
        if isinstance(event, yaml.AliasEvent):
            raise errors.AliasRefused(at, f'the alias "*{event.anchor}"', "the value itself")
        if event.anchor is not None:
            raise errors.AliasRefused(at, f'the anchor "&{event.anchor}"', "the value alone")
        if event.tag is not None:
            raise errors.TagRefused(at, f'the tag "{event.tag}"', "a plain value")
        if self.depth >= MAX_DEPTH:
            raise errors.TooDeep(at, f"more than {MAX_DEPTH} levels", "a policy, which needs no more than that")
        self.depth += 1
        node = cast("Any", super()).compose_node(parent, index)
        self.depth -= 1
        return node
