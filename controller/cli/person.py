"""`ostiary person`: who is forgotten where; and erasing a person, which one operator asks for and another agrees to."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.controller.cli.data import DATA
from ostiary.controller.cli.stopping import one_sentence

PATIENCE_S = 600.0
person = typer.Typer(help="What concerns a person as a whole: erase them.", no_args_is_help=True)

OPERATOR = Annotated[str, typer.Option(help="Who does this; it is recorded.")]


@person.callback()
def _commands() -> None:
    """What concerns a person as a whole: erase them."""


@person.command()
def forgotten(
    who: Annotated[str, typer.Argument(metavar="PERSON", help="The person's id: p-…")],
    operator: OPERATOR,
    data: DATA = Path("var"),
) -> None:
    """Which nodes have acknowledged that no pack with this person's face is left on them, and which have not yet.

    ostiary person forgotten p-4afxnqx2kgbhi3vb --operator anna
    """
    from ostiary.controller.cli.asking import moment

    with one_sentence():
        nodes = _act(data, "forgotten", {"person": who}, operator, None)["nodes"]
        if not nodes:
            typer.echo("No node was ever asked to forget this face: it was not withdrawn, or no door decides alone.")
        for one in nodes:
            done = one["acknowledged_ms"]
            said = (
                f"forgotten {moment(done)}" if done else "NOT acknowledged yet; its old packs decide nothing any more"
            )
            typer.echo(f"{one['node']} ({one['door']})  asked {moment(one['since_ms'])}  {said}")


@person.command("ask-erase")
def ask_erase(
    who: Annotated[str, typer.Argument(metavar="PERSON", help="The person's id: p-…")],
    reason: Annotated[str, typer.Option(help="Why; it outlives the person's records.")],
    operator: OPERATOR,
    data: DATA = Path("var"),
) -> None:
    """Ask that a person be erased. Nothing happens until another operator agrees, within 30 days.

    Refused while a contest of the person is open.

        ostiary person ask-erase p-4afxnqx2kgbhi3vb --reason "asked in writing on 3 March" --operator anna
    """
    with one_sentence():
        done = _act(data, "ask-erase", {"person": who, "reason": reason}, operator, reason)
        typer.echo(f"Request {done['index']} waits for another operator: ostiary person erase {done['index']}")


@person.command()
def erase(
    request: Annotated[int, typer.Argument(help="The number that `ostiary person ask-erase` printed.", min=0)],
    operator: OPERATOR,
    data: DATA = Path("var"),
) -> None:
    """Agree, and erase the person: keys of their records and face, their name, cards and entries, for good.

    The log keeps a record of it, its tree still verifies, and records that concern somebody else too stay readable for
    them. Run again, it finishes what was interrupted.

        ostiary person erase 512 --operator ben
    """
    with one_sentence():
        done = _act(data, "erase", {"asked": request}, operator, "agrees to an erasure")
        gone = _left(data, done["person"])
        _act(data, "refresh", {}, operator, None)
        typer.echo(
            f"The person is erased; record {done['index']} says so. {done['keys']} keys are destroyed"
            f"{', and the person has left the house' if gone else ''}. "
            "Backups that are older learn of it from the list of erasures; keep a copy of the newest beside them."
        )


def _left(data: Path, who: str) -> bool:
    """Take the person out of people.db; False when they had left before."""
    import time

    from ostiary.controller.people.errors import NoSuchPerson
    from ostiary.controller.people.leaving import leave
    from ostiary.controller.store.people_db import open_people, scrub
    from ostiary.controller.store.places import Places

    people = open_people(Places(data).people_db)
    try:
        with people.begin() as conn:
            leave(conn, who, time.time_ns() // 1_000_000)
        if not scrub(people):
            typer.echo("Somebody reads people.db just now, so what was deleted may still stand in it.", err=True)
    except NoSuchPerson:
        return False
    finally:
        people.dispose()
    return True


def _act(data: Path, name: str, asked: dict[str, Any], operator: str, purpose: str | None) -> dict[str, Any]:
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.store.places import Places

    said = None if purpose is None else purpose[:200]
    # An erasure reads every record once, which takes some seconds for each million.
    keeper = Keeper(Places(data).keeper_socket, PATIENCE_S)
    return keeper.act_now(name, asked, operator=operator, role="admin", purpose=said)
