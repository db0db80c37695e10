"""The schema for editors and the loader say the same: what loads is valid, and a wrong shape is marked by both."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ostiary.controller import samples
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.document import read
from ostiary.controller.policy.schema import schema

HERE = Path(__file__).parent
VALIDATOR = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
CASES = runpy.run_path(str(HERE / "test_policy_document.py"))["CASES"]
SNIPPETS = runpy.run_path(str(HERE / "test_docs_policy.py"))
WORKSHOP = samples.policy_text("workshop")
# What a page can show without knowing what its words mean.
SHAPES = {"unknown-key", "missing-key", "wrong-shape"}


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: `off` is a word, `06:00` a text, `2026-12-24` too."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way


for tag, pattern, first in [
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", list("-+.0123456789")),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def as_an_editor(text: str) -> Any:
    return yaml.load(text, Loader=Core)  # noqa: S506 - a safe loader with fewer types


def marks(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(as_an_editor(text))]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["workshop", "laboratory", "small-office"])
def test_a_sample_is_valid(name: str) -> None:
    assert marks(samples.policy_text(name)) == []


@pytest.mark.parametrize("file", sorted(path.name for path in (HERE / "policies").iterdir()))
def test_what_only_its_meaning_refuses_is_valid(file: str) -> None:
    assert marks((HERE / "policies" / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(("old", "new"), [case[:2] for case in CASES])
def test_a_refused_page_is_marked_where_its_shape_is_wrong(old: str, new: str) -> None:
    text = WORKSHOP.replace(old, new, 1)
    found = {error.code for error in read(text).findings.sorted()}
    try:
        marked = marks(text)
    except (yaml.YAMLError, ValueError, OverflowError):
        return  # no page at all, to an editor neither
    if found & SHAPES:
        assert marked, found
    if not found:
        assert not marked


@pytest.mark.parametrize(("said", "snippet"), SNIPPETS["SNIPPETS"])
def test_a_snippet_of_the_docs_is_valid_where_it_loads(said: str, snippet: str) -> None:
    text = SNIPPETS["PAGE"] and yaml.safe_dump(SNIPPETS["sections"](snippet), sort_keys=False)
    text = re.sub(r"'([-+]?[0-9.]+)'", r"\1", text)  # the dump quotes numbers; a person does not
    if not read(text).findings.sorted():
        assert marks(text) == []


@pytest.mark.parametrize("clause", sorted(clause_types()))
def test_every_clause_type_says_its_shape(clause: str) -> None:
    known = schema()["$defs"]["clauses"]["items"]["properties"]
    assert clause in known
    assert marks(WORKSHOP.replace("member: active", f"{clause}: {{of: nothing}}", 1)), clause


@pytest.mark.parametrize(
    "clauses",
    [
        "[any_of: [member: active, all_of: [member: guest, holds: a]], tier: high]",
        "[not_inside: {forgiven: 4h, doors: [front]}, occupancy: {at_most: 4, forgiven: 30m}]",
        "[escorted: {by: keyholder, within: 60s}, score: {at_least: 600, context: workshop-safety}]",
    ],
)
def test_every_clause_that_loads_is_valid(clauses: str) -> None:
    text = WORKSHOP.replace("[member: active, within: opening-hours]", clauses, 1) + "\ntiers: {high: 700}\n"
    assert [str(error) for error in read(text).findings.sorted()] == []
    assert marks(text) == []
