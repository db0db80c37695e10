"""docs/policy.md: every snippet is read; what is shown as a policy is one, what is refused is refused as said."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from ostiary.controller.policy.around import Around
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.lint import lint
from ostiary.models.catalog import embedders
from ostiary.models.operating import largest_gallery

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```yaml *([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
AROUND = Around(date(2026, 11, 24), lambda fpir: largest_gallery(embedders()[0], fpir), frozenset({"card"}))


def sections(snippet: str) -> dict[str, object]:
    """The snippet's sections over those of the page's first one; words as they are written."""
    base, own = (yaml.load(text, Loader=yaml.BaseLoader) for text in (SNIPPETS[0][1], snippet))  # noqa: S506
    return base | own


@pytest.mark.parametrize(("said", "snippet"), SNIPPETS, ids=[f"{n}-{said}" for n, (said, _) in enumerate(SNIPPETS)])
def test_a_snippet_is_what_the_page_says(said: str, snippet: str) -> None:
    expected = said.removeprefix("refused").split()
    findings = lint(yaml.safe_dump(sections(snippet), sort_keys=False), "page.yaml", AROUND).findings.sorted()
    assert sorted({error.code for error in findings}) == sorted(expected), [str(error) for error in findings]


def test_the_page_shows_both_kinds() -> None:
    refused = [said for said, _ in SNIPPETS if said.startswith("refused")]
    assert len(refused) >= 8
    assert len(SNIPPETS) - len(refused) >= 8


def test_every_clause_type_is_explained() -> None:
    table = re.findall(r"^\| `([a-z_]+): [^\n]*\|$", PAGE, re.MULTILINE)
    assert sorted(table) == sorted(clause_types())


def test_the_largest_galleries_are_those_of_the_page() -> None:
    assert (AROUND.largest_gallery(0.001), AROUND.largest_gallery(0.01)) == (33, 335)
