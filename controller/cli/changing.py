"""A change of a person's rows from the command line: written, recorded by the keeper, and only then committed."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.acts.client import Keeper

Written = TypeVar("Written")


def recorded(
    data: Path, operator: str, role: str, act: str, write: Callable[["Connection"], tuple[Written, dict[str, Any]]]
) -> tuple[Written, dict[str, Any]]:
    """What `write` wrote and what the keeper answered to `act` with the arguments that `write` returned beside it.

    Where the keeper refuses or is away, nothing was written. Raises `ActError`, `PeopleError` and `PeopleDbError`.
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.store.people_db import NoPeopleDb, open_people
    from ostiary.controller.store.places import Places

    places = Places(data)
    if not places.people_db.exists():
        raise NoPeopleDb(places.people_db)
    keeper = Keeper(places.keeper_socket)
    engine = open_people(places.people_db)
    try:
        with engine.begin() as conn:
            written, arguments = write(conn)
            done = keeper.act_now(act, arguments, operator=operator, role=role)
    finally:
        engine.dispose()
    told(keeper, operator, role)
    return written, done


def told(keeper: "Keeper", operator: str, role: str) -> None:
    """Have the keeper read what was written. One that is away, or busy with it, reads it by itself."""
    from ostiary.controller.acts.errors import ActError

    try:
        keeper.act_now("refresh", {}, operator=operator, role=role)
    except ActError as error:
        if error.code != "keeper-away":
            raise


def now_ms() -> int:
    import time

    return time.time_ns() // 1_000_000
