"""docs/policy.md: every snippet is read; what is shown as a policy is one, what is refused is refused as said."""

import re
import shlex
from datetime import date
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ostiary.controller.cli.main import app
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.lint import lint
from ostiary.controller.web.api import policy, policy_looks, policy_preview, policy_proofs
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


CONSOLES = re.findall(r"^```console( site)?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TYPED = [(site, *run.split("\n", 1)) for site, text in CONSOLES for run in text.split("$ ")[1:]]
ALONE = [(command, output) for site, command, output in TYPED if not site]


@pytest.mark.parametrize(("command", "output"), ALONE, ids=[command for command, _ in ALONE])
def test_a_command_prints_what_the_page_says(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "…" at the end of a line stands for what differs from day to day."""
    monkeypatch.chdir(tmp_path)
    page = SNIPPETS[0][1]
    Path("workshop.yaml").write_text(page)
    Path("new.yaml").write_text(page.replace("at_least: 606", "at_least: 600"))
    Path("bad.yaml").write_text(page.replace("face: verify", "face: verifi"))
    printed = CliRunner().invoke(app, shlex.split(command)[1:]).stdout
    said = re.escape(output.strip()).replace("…", "[^\\n]+")
    assert re.fullmatch(said, printed.strip()), printed


def test_every_command_of_the_page_can_be_typed() -> None:
    for _, command, _ in TYPED:
        words = shlex.split(command)[1:]
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0
        known = CliRunner().invoke(app, [*words[:2], "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
        assert all(word in known for word in words if word.startswith("--")), command


def test_the_page_names_every_address() -> None:
    named = re.findall(r"`((?:GET|POST|PUT|DELETE)[^`]*)`", PAGE[PAGE.index("## Tools") :])
    routers = (policy.router, policy_looks.router, policy_preview.router, policy_proofs.router)
    there = {route.path for router in routers for route in router.routes}  # pyright: ignore[reportAttributeAccessIssue]
    assert {word.split(" ")[-1] for word in named if "/api/" in word} == there
