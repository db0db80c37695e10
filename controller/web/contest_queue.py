"""The contests as a list of what waits: no name and no words of a person, only what is contested and until when."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ostiary.controller.people import contests
from ostiary.controller.people.contests import Contest
from ostiary.controller.web.render import span

TONES = {"open": "wait", "assigned": "wait", "upheld": "deny", "overturned": "grant", "lapsed": "grant"}
SOON_MS = 3 * contests.DAY_MS
MOST = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contest in a list; `left` says how long is left, and `soon` whether that is little."""

    id: int
    what: str
    state: str
    tone: str
    opened_ms: int
    due_ms: int
    left: str
    soon: bool
    reviewer: str | None


def queue(conn: Connection, at_ms: int, *, everything: bool = False) -> tuple[Waiting, ...]:
    """Those that wait for an outcome, the first due first; with `everything` all of them, the newest first."""
    found = reversed(contests.every_contest(conn)) if everything else contests.undecided(conn)
    return tuple(waiting(one, at_ms) for one in list(found)[:MOST])


def waiting(one: Contest, at_ms: int) -> Waiting:
    state, left_ms = one.state(at_ms), one.due_at_ms - at_ms
    runs = state in ("open", "assigned")
    left = f"{span(left_ms)} left" if runs else ""
    soon = runs and left_ms < SOON_MS
    what = f"{one.kind} {one.number}"
    return Waiting(one.id, what, state, TONES[state], one.opened_at_ms, one.due_at_ms, left, soon, one.reviewer)


def same_door(
    conn: Connection, known: Contest, door: str | None, door_of: Mapping[int, str], at_ms: int
) -> tuple[Waiting, ...]:
    """Other contests about decisions at the same door, or, of an entry, about entries of the same kind."""
    others = [one for one in contests.every_contest(conn) if one.id != known.id and one.kind == known.kind]
    if known.kind == "decision":
        others = [one for one in others if door is not None and door_of.get(one.number) == door]
    return tuple(waiting(one, at_ms) for one in reversed(others))[:MOST]
