"""A door in a word: what the keeper says of its nodes decides it, and a lockdown goes before everything."""

from typing import Any

from ostiary.controller.web.site_now import alarms, doors_now, not_acknowledged

AT_MS = 1_795_471_200_000
HOUR_MS = 3_600_000


def node(name: str, state: str = "online", **more: Any) -> dict[str, Any]:
    told = {"node": name, "door": name.rsplit("-", 1)[0], "state": state, "at_ms": AT_MS, "virtual": True}
    return {**told, "acknowledged": True, "pack_age_ms": None, **more}


def standing(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "nodes": list(nodes),
        "locked": [],
        "faceless": [],
        "alarms": [],
        "log_alarms": [],
        "log_outage": None,
    } | more


def words(told: dict[str, Any], doors: dict[str, int | None]) -> list[str]:
    return [door.word for door in doors_now(told, doors, {})]


def test_the_word_of_a_door() -> None:
    assert words(standing(node("front-1")), {"front": None}) == ["ready"]
    assert words(standing(), {"front": None}) == ["no node"]
    assert words(standing(node("front-1", "lost")), {}) == ["offline"]
    assert words(standing(node("front-1", "lost"), node("front-2")), {}) == ["in part offline"]
    assert words(standing(node("front-1", "what nobody knows")), {}) == ["offline"]


def test_a_lockdown_goes_first_and_says_who_has_not_acknowledged_it() -> None:
    told = standing(node("front-1", acknowledged=False), node("studio-1"), locked=[{"door": None, "since_ms": AT_MS}])
    doors = doors_now(told, {}, {})
    assert [door.word for door in doors] == ["locked down", "locked down"]
    assert [one.node for one in not_acknowledged(doors)] == ["front-1"]
    assert "Not acknowledged by: front-1." in doors[0].notes
    assert "Every node has acknowledged it." in doors[1].notes


def test_a_node_that_is_away_says_how_long_a_change_stays_unknown_to_it() -> None:
    away = node("front-1", "lost", pack_age_ms=HOUR_MS)
    [may] = doors_now(standing(away), {"front": 24 * HOUR_MS}, {})
    assert "it may decide alone until" in may.notes[0]
    [may_not] = doors_now(standing(away), {"front": None}, {})
    assert "It lets nobody in alone." in may_not.notes[0]


def test_alarms_that_nobody_has_seen_come_first() -> None:
    raised = [
        {"number": number, "door": "front", "node": "front-1", "say": f"{number}", "since_ms": AT_MS + number,
         "over_ms": None, "by": by}
        for number, by in ((1, "anna"), (2, None), (3, None))
    ]  # fmt: skip
    outage = {"since_ms": AT_MS, "why": "The disk is full.", "unanswered": 3}
    found = alarms(standing(alarms=raised, log_alarms=["unwitnessed"], log_outage=outage)).alarms
    assert [one.number for one in found] == [None, None, 3, 2, 1]
    assert "The disk is full." in found[0].say
