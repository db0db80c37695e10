"""`ostiary ledger`: bring many entries in at once, and let outside systems report single ones."""

import contextlib
import io
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from ostiary.controller.cli.changing import now_ms, told
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.people.importing import Difference, Row
    from ostiary.controller.people.ledger import LedgerEntry
    from ostiary.controller.policy.document import Policy

ledger = typer.Typer(help="Entries of persons' ledgers, many at once or from outside systems.", no_args_is_help=True)
source = typer.Typer(help="Outside systems that may report to POST /hooks/ledger.", no_args_is_help=True)
ledger.add_typer(source, name="source")

NAME = Annotated[str, typer.Argument(help="The source's name: a–z, 0–9 and hyphen.")]
SHOWN = 20  # mistakes that are told in words; --json tells all


@ledger.callback()
def _rooms() -> None:
    """Entries of persons' ledgers, many at once or from outside systems."""


@ledger.command()
def show(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    purpose: Annotated[str, typer.Option(help="Why you look; it is recorded, and the person can read it.")],
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Show a person's entries, memberships and holdings with the numbers by which they can be contested.

    ostiary ledger show p-… --purpose "Ada asked what counts against her"
    """
    from dataclasses import asdict

    from ostiary.controller.people.holding import holdings
    from ostiary.controller.people.ledger import ledger as entries_of
    from ostiary.controller.people.membership import memberships
    from ostiary.controller.store.people_db import follow_people
    from ostiary.controller.store.places import Places

    with one_sentence():
        asked = {"person": person}
        _asked(data, "look-at-ledger", asked, operator, purpose)
        engine = follow_people(Places(data).people_db)
        try:
            with engine.begin() as conn:
                entries, members, holds = entries_of(conn, person), memberships(conn, person), holdings(conn, person)
        finally:
            engine.dispose()
        if as_json:
            shown = {"entries": entries, "memberships": members, "holdings": holds}
            typer.echo(json.dumps({name: [asdict(one) for one in found] for name, found in shown.items()}))
            return
        for one in entries:
            typer.echo(f"entry {one.id}: {one.kind} {one.points:+d}, {_day(one.occurred_at_ms)}. {_stands(one)}")
        for kind, found in (("membership", members), ("holding", holds)):
            for one in found:
                ends = one.effective_until_ms
                until = "" if ends is None else f" until {_day(ends)}"
                typer.echo(f"{kind} {one.id}: {one.what} from {_day(one.from_ms)}{until}.")


@ledger.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file; see below for its columns.", metavar="FILE.csv")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and write nothing.")] = False,
    expect: Annotated[str, typer.Option(help="Import only if the difference has this name, as --dry-run said.")] = "",
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Import entries from a CSV file: all of them, or none if one line is a mistake.

    Its first line is [b]person,kind,evidence,sha256,evidence_kind,title,occurred[/b]. `kind` is an entry kind of the
    policy, which says what it weighs; `occurred` has its offset: 2026-06-06T10:00:00+02:00. A line that is known
    already changes nothing.

        ostiary ledger import rounds.csv --dry-run
        ostiary ledger import rounds.csv
    """
    with one_sentence():
        _import(file, operator, data, expect, dry_run=dry_run, as_json=as_json)


def _import(file: Path, operator: str, data: Path, expect: str, *, dry_run: bool, as_json: bool) -> None:
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.people import importing
    from ostiary.controller.people.errors import ImportChanged
    from ostiary.controller.people.operators import acting
    from ostiary.controller.store.people_db import NoPeopleDb, follow_people, open_people
    from ostiary.controller.store.places import Places

    places = Places(data)
    if not places.people_db.exists():
        raise NoPeopleDb(places.people_db)
    keeper = Keeper(places.keeper_socket)
    policy = _policy(keeper, operator)
    at_ms = now_ms()
    engine = follow_people(places.people_db) if dry_run else open_people(places.people_db)
    imported = 0
    try:
        with _opened(file) as (text, read, size), _progress() as step, engine.begin() as conn:
            lines = importing.lines_of(text)
            who = operator if dry_run else acting(conn, operator).name
            with importing.compare(conn, lines, policy, at_ms, lambda _: step("Reading", read(), size)) as difference:
                name = difference.sha256()
                if expect and expect != name:
                    raise ImportChanged(expect, name)
                _show(difference, name, as_json)
                if dry_run:
                    raise typer.Exit(0 if difference.clean else 1)
                total = difference.counts.added
                importing.apply(conn, difference, policy, who, at_ms, lambda n: step("Writing", n, total))
                for done in _record(keeper, who, file.name, name, difference.added()):
                    step("Recording", done, total)
                imported = total
    finally:
        engine.dispose()
    told(keeper, operator)
    if not as_json:
        typer.echo(f"Imported: {imported}.")


def _record(keeper: "Keeper", operator: str, file: str, name: str, rows: "Iterator[Row]") -> Iterator[int]:
    """Have the keeper record the import for each person; yields how many entries that covered so far."""
    from ostiary.controller.people.import_records import pieces

    done = 0
    for asked, entries in pieces(rows, file, name):
        keeper.act_now("ledger-import", asked, operator=operator)
        done += entries
        yield done


def _policy(keeper: "Keeper", operator: str) -> "Policy":
    from ostiary.controller.acts.errors import refused
    from ostiary.controller.policy.document import load

    published = keeper.act_now("policy", {}, operator=operator)
    if published["text"] is None:
        raise refused(
            "Nothing was imported.", "No policy is in force, so nobody says what an entry weighs.", "Publish one first."
        )
    return load(published["text"], "policy")


def _show(difference: "Difference", name: str, as_json: bool) -> None:
    from dataclasses import asdict

    counts = difference.counts
    if as_json:
        typer.echo(json.dumps({"difference": name, **asdict(counts)}))
        for state, rows in (("added", difference.added()), ("unchanged", difference.unchanged())):
            for row in rows:
                typer.echo(json.dumps({"state": state, **asdict(row)}, ensure_ascii=False))
        for state, found in (("conflicting", difference.conflicting()), ("refused", difference.refused())):
            for mistake in found:
                typer.echo(json.dumps({"state": state, **asdict(mistake)}, ensure_ascii=False))
        return
    typer.echo(
        f"{counts.added} added, {counts.unchanged} unchanged, {counts.conflicting} conflicting, "
        f"{counts.refused} refused. Difference {name}."
    )
    for state, found in (("conflicting", difference.conflicting()), ("refused", difference.refused())):
        for mistake in itertools.islice(found, SHOWN):
            typer.echo(f"  line {mistake.line}, {state}: {mistake.what} {mistake.why} {mistake.now}")
    if counts.conflicting > SHOWN or counts.refused > SHOWN:
        typer.echo("  … and more; --json shows all.")


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars on a terminal, one for each stage; nothing anywhere else."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    stages: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as bars:

        def step(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total)
            bars.update(stages[stage], completed=done)

        yield step


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[TextIO, Callable[[], int], int]]:
    """The file as text, how far it is read in bytes, and how long it is. What is not UTF-8 shows in its own line."""
    try:
        raw = file.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}. Name another file.") from error
    with raw, io.TextIOWrapper(raw, encoding="utf-8", errors="surrogateescape", newline="") as text:
        yield text, raw.tell, file.stat().st_size


@source.command()
def add(name: NAME, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """Let an outside system report. Its secret is printed once; the keeper keeps it sealed, and nobody sees it again.

    ostiary ledger source add training-system
    """
    with one_sentence():
        done = _asked(data, "source-add", {"source": name}, operator)
        said = (
            f"The secret of {name}, shown this once: {done['secret']}\n"
            "Sign each report to POST /hooks/ledger with it, as it is printed: HMAC-SHA256 over the Unix time in "
            "seconds, a full stop and the body.\n"
            "The headers are X-Ostiary-Source, X-Ostiary-Time and X-Ostiary-Signature (hex)."
        )
        typer.echo(json.dumps(done) if as_json else said)


@source.command()
def remove(name: NAME, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """Destroy a source's secret: from now on its reports are refused. What it reported stays."""
    with one_sentence():
        done = _asked(data, "source-remove", {"source": name}, operator)
        typer.echo(json.dumps(done) if as_json else f"{name} can report no more.")


@source.command("list")
def list_(operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """List the sources."""
    with one_sentence():
        names = _asked(data, "source-list", {}, operator)["sources"]
        typer.echo(json.dumps(names) if as_json else "\n".join(names) or "No outside system may report.")


def _stands(entry: "LedgerEntry") -> str:
    if entry.cancelled_at_ms is not None:
        return f"Cancelled on {_day(entry.cancelled_at_ms)}: {entry.cancelled_why}"
    until = "for good" if entry.expires_at_ms is None else f"until {_day(entry.expires_at_ms)}"
    if entry.contested_at_ms is not None and entry.upheld_at_ms is None:
        return "Contested."
    return f"Counts {until}."


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %B %Y}"


def _asked(data: Path, act: str, args: dict[str, Any], operator: str, purpose: str | None = None) -> dict[str, Any]:
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.store.places import Places

    return Keeper(Places(data).keeper_socket).act_now(act, args, operator=operator, purpose=purpose)
