"""The judge of a door finds each thing that must not be, and nothing where all was well."""

from dataclasses import replace

import pytest

from ostiary.scenarios.play.judge import Decided, Edge, Journal, Told, Witnessed, judge

ON, OFF = Edge(True, 1_010), Edge(False, 3_010)
NOTED = (
    Told(1, "boot", None, 0),
    Told(2, "strike-on", "r1", 1_000),
    Told(3, "opened", None, 1_500),
    Told(4, "acted", "r1", 1_500),
    Told(5, "strike-off", "r1", 3_010),
)
WELL = Witnessed(
    edges=(ON, OFF),
    journals=(Journal(NOTED, NOTED),),
    decided=(Decided("r1", 2_000, ("acted",)), Decided("r2", 0, ("acted",))),
    now_ms=10_000,
    promised=frozenset({"r1", "r2"}),
    exits=("exit", "fire", "pulse"),
)


def found(told: Witnessed) -> list[str]:
    return [finding.split(":")[0] for finding in judge(told).findings]


def test_all_was_well() -> None:
    said = judge(WELL)
    assert (said.findings, said.rises, said.lost, said.unearned) == ([], 1, 0, 0)


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("no entry at all", replace(WELL, edges=(*WELL.edges, Edge(True, 5_000), Edge(False, 5_100)))),
        ("before its entry", replace(WELL, edges=(Edge(True, 100), Edge(False, 200)))),
        ("long after its entry", replace(WELL, edges=(Edge(True, 9_000), Edge(False, 9_100)), now_ms=20_000)),
        ("a denial", replace(WELL, decided=(Decided("r1", 0, ("acted",)), WELL.decided[1]))),
        ("an unknown receipt", replace(WELL, decided=WELL.decided[1:], promised=frozenset())),
    ],
)
def test_an_edge_without_its_grant_is_unearned(why: str, told: Witnessed) -> None:
    said = judge(told)
    assert said.unearned == 1, why
    assert said.findings[0].startswith("unearned"), why


def test_two_edges_on_one_grant_are_one_too_many() -> None:
    again = replace(WELL, edges=(ON, Edge(False, 1_500), Edge(True, 1_600), Edge(False, 1_700)))
    assert judge(again).unearned == 1


def test_past_the_pulse_is_too_long_and_so_is_for_ever() -> None:
    assert found(replace(WELL, edges=(ON, Edge(False, 3_600)))) == ["too long"]
    assert found(replace(WELL, edges=(ON,))) == ["too long"]
    assert found(replace(WELL, edges=(ON, Edge(False, 3_400)))) == []


def test_who_is_not_let_out_is_shut_in() -> None:
    assert found(replace(WELL, exits=("locked",))) == ["shut in"]


def test_each_decision_has_one_outcome() -> None:
    for closed, word in (((), "open"), (("acted", "unused"), "twice")):
        assert found(replace(WELL, decided=(Decided("r1", 2_000, closed), WELL.decided[1]))) == [word]


@pytest.mark.parametrize(
    "kept",
    [
        NOTED[:-1],
        (*NOTED[:2], *NOTED[3:]),
        (NOTED[0], replace(NOTED[1], receipt="r9"), *NOTED[2:]),
        (replace(NOTED[0], kind="exit"), *NOTED[1:]),
    ],
)
def test_what_the_journal_noted_and_the_log_lacks_is_lost(kept: tuple[Told, ...]) -> None:
    said = judge(replace(WELL, journals=(Journal(NOTED, kept),)))
    assert said.lost >= 1
    assert {finding.split(":")[0] for finding in said.findings} == {"lost"}


def test_a_receipt_that_the_door_showed_is_in_the_log() -> None:
    assert found(replace(WELL, promised=frozenset({"r3"}))) == ["lost"]


def test_a_clock_that_knows_nothing_is_no_excuse_for_a_second_edge() -> None:
    untimed = tuple(replace(entry, at_ms=None) for entry in NOTED)
    told = replace(WELL, journals=(Journal(untimed, untimed),))
    assert found(told) == []
    assert judge(replace(told, edges=(*WELL.edges, Edge(True, 4_000), Edge(False, 4_100)))).unearned == 1
