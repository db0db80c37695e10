"""`ostiary contest`: a person challenges an entry, a fact or a decision; another human decides in time."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostiary.controller.cli.changing import now_ms, recorded
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.people.contests import Contest

contest = typer.Typer(help="Challenge an entry, a fact or a decision, and decide about it.", no_args_is_help=True)

NUMBER = Annotated[int, typer.Argument(help="The contest's number, as `ostiary contest list` shows it.")]
REASONS = Annotated[str, typer.Option(help="Why, in words for the person.")]


@contest.command("open")
def open_(
    words: Annotated[str, typer.Option(help="What the person says, in their own words.")],
    person: Annotated[str, typer.Option(help="The person's id; a receipt names it by itself.")] = "",
    entry: Annotated[int | None, typer.Option(help="Contest this entry of the person's ledger.")] = None,
    membership: Annotated[int | None, typer.Option(help="Contest this membership, or its end.")] = None,
    holding: Annotated[int | None, typer.Option(help="Contest this holding, or its end.")] = None,
    receipt: Annotated[str | None, typer.Option(help="Contest the decision of this receipt code.")] = None,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Open a contest for a person. A contested penalty does not count until a reviewer has upheld it.

    A reviewer has 14 days; what nobody decides by then is cancelled.

        ostiary contest open --person p-… --entry 7 --words "I was away that day."
        ostiary contest open --receipt ABCD-EFGH-JKMN-PQRS --words "My card was refused for no reason."
    """
    named = {"entry": entry, "membership": membership, "holding": holding, "decision": receipt}
    given = [kind for kind, value in named.items() if value is not None]
    if len(given) != 1:
        raise typer.BadParameter("Say what is contested: one of --entry, --membership, --holding or --receipt.")
    if receipt is None and not person:
        raise typer.BadParameter("Say who contests it: --person ID.")
    with one_sentence():
        number = named[given[0]]
        if receipt is not None:
            person, number = _decided(data, receipt, operator)
        opened = _open(data, operator, person, given[0], int(number or 0), words)
        _tell(opened, as_json, f"Contest {opened.id} is open until {_day(opened.due_at_ms)}. {_effect(opened)}")


@contest.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    person: Annotated[str, typer.Option(help="Only this person's, decided ones among them.")] = "",
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """List the contests that wait for an outcome, those that are due first."""
    from ostiary.controller.people.contests import contests, every_contest, undecided

    with one_sentence():
        found = _reading(
            data, lambda conn: contests(conn, person) if person else (every_contest if everything else undecided)(conn)
        )
        at_ms = now_ms()
        if as_json:
            said = ("words", "reasons")  # for who looks at one contest, which is recorded
            told = [{name: value for name, value in _as_dict(one, at_ms).items() if name not in said} for one in found]
            typer.echo(json.dumps(told, ensure_ascii=False))
            return
        for one in found:
            due = f"{one.kind} {one.number}  due {_day(one.due_at_ms)}"
            typer.echo(f"{one.id:>5}  {one.state(at_ms):10}  {due}  {one.reviewer or 'nobody assigned'}")
        if not found:
            typer.echo("No contest waits for an outcome." if not everything else "There is no contest.")


@contest.command()
def show(number: NUMBER, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """Show one contest: what is contested, what the person says, how it stands. The person can read that you looked."""
    from ostiary.controller.people.contests import contest_of

    with one_sentence():
        found = _reading(data, lambda conn: contest_of(conn, number))
        _keeper(data).act_now(
            "look-at-ledger",
            {"person": found.person},
            operator=operator,
            purpose=f"looking at contest {number}",
        )
        lines = [
            f"Contest {found.id}: {found.state(now_ms())}. {found.kind.capitalize()} {found.number} of {found.person}.",
            f"Opened by {found.opened_by} on {_day(found.opened_at_ms)}, due {_day(found.due_at_ms)}. {_effect(found)}",
            f"The person says: {found.words}",
            f"Reviewer: {found.reviewer}" if found.reviewer else "Nobody is assigned yet.",
        ]
        if found.outcome is not None and found.decided_at_ms is not None:
            lines.append(f"{found.outcome.capitalize()} on {_day(found.decided_at_ms)}: {found.reasons}")
        _tell(found, as_json, "\n".join(lines))


@contest.command()
def assign(
    number: NUMBER,
    reviewer: Annotated[str, typer.Option(help="Who will decide.")],
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Assign a reviewer: neither who wrote what is contested nor who published the policy in force."""
    from ostiary.controller.people import contests

    with one_sentence():
        publisher = _publisher(data, operator)

        def write(conn: "Connection", who: str) -> tuple["Contest", dict[str, Any]]:
            done = contests.assign(conn, number, reviewer, publisher, now_ms())
            return done, {"contest": number, "reviewer": done.reviewer}

        assigned, _ = recorded(data, operator, "contest-assign", write)
        _tell(assigned, as_json, f"{assigned.reviewer} decides contest {number} until {_day(assigned.due_at_ms)}.")


@contest.command()
def uphold(
    number: NUMBER, reasons: REASONS, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False
) -> None:
    """As the assigned reviewer (--operator): what was contested is right and stands."""
    from ostiary.controller.people import contests

    with one_sentence():
        publisher = _publisher(data, operator)

        def write(conn: "Connection", who: str) -> tuple["Contest", dict[str, Any]]:
            done = contests.uphold(conn, number, who, publisher, reasons, now_ms())
            return done, {"contest": number, "reasons": done.reasons}

        decided, _ = recorded(data, operator, "contest-uphold", write)
        _tell(decided, as_json, f"Contest {number} is upheld: {decided.kind} {decided.number} stands.")


@contest.command()
def overturn(
    number: NUMBER, reasons: REASONS, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False
) -> None:
    """As the assigned reviewer (--operator): what was contested is wrong and is cancelled.

    Names the later decisions that would have been others without it.
    """
    from ostiary.controller.people import contests

    with one_sentence():
        publisher = _publisher(data, operator)

        def write(conn: "Connection", who: str) -> tuple["Contest", dict[str, Any]]:
            done = contests.overturn(conn, number, who, publisher, reasons, now_ms())
            return done, {"contest": number, "reasons": done.reasons}

        decided, answer = recorded(data, operator, "contest-overturn", write)
        lines = [f"Contest {number} is overturned: {decided.kind} {decided.number} is cancelled."]
        for one in answer["differing"]:
            other = "grant" if one["verdict"] == "deny" else "deny"
            when = datetime.fromtimestamp(one["at_ms"] / 1000, UTC)
            lines.append(f"  Decision {one['index']} at {one['door']}, {when:%d %B %Y %H:%M} UTC, would be: {other}.")
        if not answer["differing_all_named"]:
            lines.append("  There may be more: older decisions were not judged again.")
        extra = {name: answer[name] for name in ("differing", "differing_all_named")}
        _tell(decided, as_json, "\n".join(lines), **extra)


def _open(data: Path, operator: str, person: str, kind: str, number: int, words: str) -> "Contest":
    from ostiary.controller.people import contests

    def write(conn: "Connection", who: str) -> tuple["Contest", dict[str, Any]]:
        done = contests.open_contest(conn, person, kind, number, words, who, now_ms())
        told = {"kind": kind, "number": number, "words": done.words, "due_at_ms": done.due_at_ms}
        return done, {"contest": done.id, "person": person, **told}

    opened, _ = recorded(data, operator, "contest-open", write)
    return opened


def _decided(data: Path, receipt: str, operator: str) -> tuple[str, int]:
    """Whom the decision of a receipt concerns, and its position."""
    from ostiary.controller.acts.errors import not_found

    asked = {"receipt": receipt}
    found = _keeper(data).act_now("look-up", asked, operator=operator, purpose="opening a contest of it")
    person = (found["body"] or {}).get("person")
    if person is None:
        raise not_found(
            "The decision was not contested.", "It concerns nobody whom the site knows, or its content is erased."
        )
    return person, found["index"]


def _publisher(data: Path, operator: str) -> str | None:
    return _keeper(data).act_now("standing", {}, operator=operator)["policy_publisher"]


def _keeper(data: Path) -> "Keeper":
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.store.places import Places

    return Keeper(Places(data).keeper_socket)


def _reading(data: Path, ask):
    from ostiary.controller.store.people_db import follow_people
    from ostiary.controller.store.places import Places

    engine = follow_people(Places(data).people_db)
    try:
        with engine.begin() as conn:
            return ask(conn)
    finally:
        engine.dispose()


def _effect(shown: "Contest") -> str:
    if not shown.suspends:
        return "Its effect stays meanwhile."
    if shown.outcome is not None:
        return "The entry was suspended meanwhile."
    return "The entry does not count against the person meanwhile."


def _as_dict(shown: "Contest", at_ms: int) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(shown), "state": shown.state(at_ms)}


def _tell(shown: "Contest", as_json: bool, said: str, **extra: Any) -> None:
    typer.echo(json.dumps({**_as_dict(shown, now_ms()), **extra}, ensure_ascii=False) if as_json else said)


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %B %Y}"
