"""How a case is read and decided: by an operator who is signed in, or by the holder of a link, on the same pages."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from ostiary.controller.people.contests import Contest, contest_of
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.contest_case import Case, case
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.enrolling import now_ms

Act = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
ActNow = Callable[[str, dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """`act(do, args)` asks the keeper to look, look-up, weigh, uphold or overturn; `act_now` the same from a thread."""

    name: str
    act: Act
    act_now: ActNow


def inside(desk: Desk, number: int, person: str, purpose: str, asks: Asks) -> Reviewer:
    """An operator of the site."""
    acts: Mapping[str, tuple[str, dict[str, Any]]] = {
        "look": ("look-at-ledger", {"person": person}),
        "look-up": ("look-up", {}),
        "weigh": ("contest-weigh", {"contest": number}),
    }

    async def act(do: str, args: dict[str, Any]) -> dict[str, Any]:
        name, known = acts[do]
        return await desk.act(name, known | args, purpose, **asks)

    def act_now(do: str, args: dict[str, Any]) -> object:
        return desk.act_now(f"contest-{do}", {"contest": number} | args, **asks)

    return Reviewer(asks["operator"], act, act_now)


async def outside(desk: Desk, number: int, token: str) -> Reviewer:
    """The holder of a link. Raises `NotThere` for one that opens nothing."""
    link = {"contest": number, "token": token}

    async def act(do: str, args: dict[str, Any]) -> dict[str, Any]:
        return await desk.act("review", args | link | {"do": do})

    def act_now(do: str, args: dict[str, Any]) -> object:
        return desk.act_now("review", args | link | {"do": do})

    return Reviewer((await act("whose", {}))["reviewer"], act, act_now)


async def contest(desk: Desk, number: int) -> Contest:
    """Raises `NoSuchContest`."""

    def known() -> Contest:
        with desk.reading.begin() as conn:
            return contest_of(conn, number)

    return await run_in_threadpool(known)


async def read_case(desk: Desk, known: Contest, reviewer: Reviewer) -> Case:
    """The case, read once the keeper has recorded that somebody looks, for whom it concerns."""
    policy = await desk.policy()
    await reviewer.act("look", {})
    opened = await reviewer.act("look-up", {"index": known.number}) if known.kind == "decision" else None

    def doors_of(positions: list[int]) -> dict[int, str]:
        rows = (desk.index.decision_at(position) for position in positions)
        return {row.position: row.door for row in rows if row is not None}

    def read() -> Case:
        with desk.reading.begin() as conn:
            return case(conn, known.id, policy, now_ms(), opened, doors_of)

    return await run_in_threadpool(read)
