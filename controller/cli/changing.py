"""A change of a person's rows from the command line: written, recorded by the keeper, and only then committed."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.acts.client import Keeper

Written = TypeVar("Written")


def recorded(
    data: Path, operator: str, act: str, write: Callable[["Connection", str], tuple[Written, dict[str, Any]]]
) -> tuple[Written, dict[str, Any]]:
    """What `write` wrote as this operator, and what the keeper answered to `act` with the arguments that `write`
    returned beside it. `write` gets the operator's name as it stands in their row.

    Where the keeper refuses or is away, nothing was written. Raises `ActError`, `PeopleError` and `PeopleDbError`.
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.people.operators import acting
    from ostiary.controller.people.roles import CONSOLE
    from ostiary.controller.store.people_db import NoPeopleDb, open_people
    from ostiary.controller.store.places import Places

    places = Places(data)
    if not places.people_db.exists():
        raise NoPeopleDb(places.people_db)
    keeper = Keeper(places.keeper_socket)
    engine = open_people(places.people_db)
    try:
        with engine.begin() as conn:
            who = CONSOLE if operator == CONSOLE else acting(conn, operator).name
            written, arguments = write(conn, who)
            done = keeper.act_now(act, arguments, operator=who)
    finally:
        engine.dispose()
    told(keeper, who)
    return written, done


def told(keeper: "Keeper", operator: str) -> None:
    """Have the keeper read what was written. One that is away, or busy with it, reads it by itself."""
    from ostiary.controller.acts.errors import ActError

    try:
        keeper.act_now("refresh", {}, operator=operator)
    except ActError as error:
        if error.code != "keeper-away":
            raise


def now_ms() -> int:
    import time

    return time.time_ns() // 1_000_000
