"""The player says what did not come true, in which line, and what the world cannot do; pages say all their mistakes."""

import asyncio
from pathlib import Path

import pytest

from ostiary.firmware.virtual.quick.world import QuickWorld
from ostiary.scenarios.play.errors import CannotPlay, NoScenario
from ostiary.scenarios.play.page import parse, read
from ostiary.scenarios.play.player import Played, play

HEAD = (
    'scenario: A page.\ntells: It is played.\ndoors: {front: {takes: card, pulse: 1s}}\npeople: {ada: {card: "47"}}\n'
)


def played(steps: str) -> Played:
    return asyncio.run(play(parse(f"{HEAD}steps:\n{steps}".encode(), "page.yaml"), QuickWorld()))


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ("  - show: {card: ada}\n  - expect: {display: no}\n", "Line 7 did not come true. The display said yes"),
        ("  - expect: {strike: on, within: 1s}\n", "The strike is off"),
        ("  - force: front\n  - expect: {contact: closed, within: 1s}\n", "The contact reads open"),
        ("  - force: front\n  - expect: {never: forced}\n", "has an event forced"),
        ("  - expect: {log: forced, within: 1s}\n", "The log has no forced"),
        ("  - show: {card: ada}\n  - expect: {verdict: deny, within: 1s}\n", "The log says grant"),
        ("  - show: {card: ada}\n  - expect: {outcome: acted, within: 5s}\n", "is closed by unused"),
        ("  - expect: {rises: 1, within: 1s}\n", "went on 0 times"),
    ],
)
def test_what_did_not_come_true_is_said_with_its_line(steps: str, why: str) -> None:
    # `never` looks at what is there at that moment, so an event has to have arrived.
    if "never" in steps:
        steps = steps.replace("  - expect: {never", "  - expect: {log: forced}\n  - expect: {never")
    done = played(steps)
    assert done.unmet is not None
    assert why in str(done.unmet)
    assert not done.well
    assert done.findings == []
    document = done.as_document()
    assert (document["well"], document["unmet"]["line"]) == (False, done.unmet.line)


def test_expectations_of_the_log_go_on_where_the_last_one_ended() -> None:
    twice = "  - rex: {on: 1s}\n  - expect: {log: exit}\n"
    assert played(twice * 2).well
    assert played(f"{twice}  - expect: {{log: exit, within: 1s}}\n").unmet is not None


def test_a_world_that_lacks_something_says_what() -> None:
    class Poor(QuickWorld):
        can = frozenset({"long"})

    page = parse(f"{HEAD}steps:\n  - clock: 1970-01-01T00:00:00Z\n  - unplug: broker\n".encode(), "page.yaml")
    with pytest.raises(CannotPlay, match="It needs clock, unplug broker, and nobody can do that there"):
        asyncio.run(play(page, Poor()))


def test_every_mistake_of_a_page_is_told_at_once() -> None:
    page = (
        f"{HEAD}steps:\n  - pull: back\n  - show: {{pin: '1234'}}\n  - wait: 3 seconds\n  - expect: {{}}\n  - rex: on\n"
    )
    with pytest.raises(NoScenario) as refused:
        parse(page.encode(), "page.yaml")
    assert [(one.at.line, one.found) for one in refused.value.mistakes] == [
        (6, '"back"'),
        (7, "a PIN alone"),
        (8, '"3 seconds"'),
        (9, "nothing expected"),
    ]


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"", "nothing"),
        (b"\xff", "the byte 0xFF"),
        (b"a: &x 1", "the anchor or alias"),
        (b"a: !x 1", "the tag"),
        (b"a: 1\n---\nb: 2", "a second document"),
        (b"a: [", "what YAML cannot read"),
        (b"scenario: x\nscenario: y", '"scenario" again'),
        (b"x" * 70_000, "70000 bytes"),
        (b"{" * 30, "more than 8 levels"),
        (b"- a", "a list"),
    ],
)
def test_what_is_no_page_at_all_is_told_with_its_place(page: bytes, found: str) -> None:
    with pytest.raises(NoScenario) as refused:
        parse(page, "page.yaml")
    assert found in refused.value.mistakes[0].found
    assert str(refused.value).startswith("page.yaml:")


def test_a_door_of_two_has_to_be_named() -> None:
    page = HEAD.replace("{front: {takes: card, pulse: 1s}}", "{front: {}, back: {}}")
    with pytest.raises(NoScenario, match="a step at no door"):
        parse(f"{page}steps:\n  - rex: on\n".encode(), "page.yaml")
    assert parse(f"{page}steps:\n  - {{at: back, rex: on}}\n  - pull: back\n".encode(), "page.yaml").steps


def test_a_file_that_is_not_there_is_no_traceback_of_ours(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        read(tmp_path / "nowhere.yaml")
