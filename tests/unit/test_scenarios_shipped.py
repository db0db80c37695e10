"""Every shipped scenario in virtual time; each annunciation of a door is produced by one and reaches the log."""

import asyncio
import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from ostiary.firmware.virtual.quick.world import QuickWorld
from ostiary.protocol import codes
from ostiary.scenarios.play.language import Repeat, Scenario, Show, each
from ostiary.scenarios.play.page import read
from ostiary.scenarios.play.player import Played, play
from ostiary.scenarios.shipped import shipped

PAGES = shipped()
DOCUMENT = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
MOST_TIMES = 100_000 if os.environ.get("OSTIARY_LONG") == "1" else 20


def shortened(scenario: Scenario) -> Scenario:
    """The same with fewer repetitions of the same."""
    steps = tuple(
        replace(step, times=min(step.times, MOST_TIMES)) if isinstance(step, Repeat) else step
        for step in scenario.steps
    )
    return replace(scenario, steps=steps)


@cache
def played(name: str) -> Played:
    return asyncio.run(play(shortened(read(PAGES[name])), QuickWorld(name)))


@pytest.mark.parametrize("name", PAGES)
def test_a_shipped_scenario_goes_well(name: str) -> None:
    done = played(name)
    assert done.well, (str(done.unmet), done.findings)
    assert (done.unearned, done.lost) == (0, 0)


def test_every_annunciation_is_produced_and_reaches_the_log() -> None:
    where = {kind: [name for name in PAGES if kind in played(name).kinds] for kind in codes.EVENTS}
    print("\n".join(f"  {kind:19} {', '.join(names[:3])}" for kind, names in where.items()))  # shown by pytest -s
    assert [kind for kind, names in where.items() if not names] == []


def test_the_table_of_the_document_is_true() -> None:
    told = dict(re.findall(r"^\| `([a-z-]+)` \|[^|]*\| `([a-z-]+)` \|$", DOCUMENT, re.MULTILINE))
    assert set(told) == set(codes.EVENTS)
    for kind, name in told.items():
        assert kind in played(name).kinds, f"{name} produces no {kind}"


def test_a_page_names_no_implementation_and_says_what_it_shows() -> None:
    for path in PAGES.values():
        page = path.read_text(encoding="utf-8").lower()
        for word in ("python", "nats", "sqlite", "raspberry", "esp32", "mqtt", "gpio", "socket"):
            assert word not in page, f"{path.name} names {word}"
        scenario = read(path)
        assert scenario.title.endswith(".")
        assert len(scenario.tells) > 20


def test_another_seed_is_another_world_and_ends_as_well() -> None:
    page = read(PAGES["a-card-opens"])
    several = [asyncio.run(play(page, QuickWorld(seed))) for seed in ("1", "2", "2")]
    assert all(done.well for done in several)
    assert several[1].ms == several[2].ms != several[0].ms


def test_every_card_of_a_page_is_somebodys_or_nobodys_by_intent() -> None:
    for name, path in PAGES.items():
        scenario = read(path)
        shown = {step.card for step in each(scenario.steps) if isinstance(step, Show) and step.card}
        assert {card for card in shown if len(card) > 4} <= {person.card for person in scenario.people.values()}, name
