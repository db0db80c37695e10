"""`ostiary pass`: give a visitor a pass as a QR code, see which there are, and revoke one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostiary.controller.cli.changing import now_ms, recorded
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THIS_MACHINE
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.people.passes import Pass

passes = typer.Typer(
    help="Visitors' passes: a QR code that opens some doors for some days.",
    no_args_is_help=True,
)

UNITS = {"h": "hours", "d": "days"}


@passes.command()
def new(
    person: Annotated[str, typer.Option(help="Whose pass it is: p-… The policy decides as with that person's card.")],
    doors: Annotated[str, typer.Option(help="The doors, with commas between them: front,studio")],
    until: Annotated[str, typer.Option(help="Valid until: 2026-12-01T18:00 by this machine's clock, 8h or 3d.")],
    begin: Annotated[str | None, typer.Option("--from", help="Valid from; now, where it is not said.")] = None,
    single: Annotated[bool, typer.Option("--single", help="It lets the person in once.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the QR code there: a file .png or .svg.")] = None,
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Make a pass, print its text and, with --out, draw it. The text is the pass: whoever copies it has it.

    It is for at most 31 days and 8 doors. A door that decides without the
    controller takes no --single one.

        ostiary pass new --person p-4afxnqx2kgbhi3vb --doors front,studio --until 8h --single --out visit.png
    """
    import os

    from ostiary.controller.people import passes as kept
    from ostiary.controller.site import read
    from ostiary.controller.store.places import Places
    from ostiary.protocol import base64url

    wanted = [door.strip() for door in doors.split(",") if door.strip()]
    if out is not None and out.suffix not in (".png", ".svg"):
        raise typer.BadParameter(f"{out.name} is neither .png nor .svg. Name the picture one of them.")
    now = datetime.now(UTC)
    from_s, until_s = _moment("--from", begin, now), _moment("--until", until, now)
    code = base64url.encode(os.urandom(16))

    def write(conn: "Connection") -> tuple["Pass", dict[str, Any]]:
        made = kept.add_pass(
            conn, read(places.site_toml).name, person, code, wanted, from_s, until_s, operator, now_ms(), single=single
        )
        said = {"person": person, "pass": code, "doors": wanted, "from_s": from_s, "until_s": until_s, "single": single}
        return made, said

    with one_sentence():
        places = Places(data)
        made, done = recorded(data, operator, "admin", "pass-new", write)
        if out is not None:
            _draw(done["text"], out)
        if as_json:
            typer.echo(json.dumps(_told(made) | {"text": done["text"], "picture": str(out) if out else None}))
            return
        typer.echo(done["text"])
        once = ", once" if single else ""
        typer.echo(f"Pass {made.id}: {', '.join(made.doors)}{once}, until {_said(made.until_ms)}.", err=True)


@passes.command("list")
def list_passes(
    person: Annotated[str | None, typer.Argument(help="Only this person's.")] = None,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Which passes there are; revoked and past ones among them."""
    from ostiary.controller.people.passes import passes_of
    from ostiary.controller.store.people_db import follow_people
    from ostiary.controller.store.places import Places

    with one_sentence():
        engine = follow_people(Places(data).people_db)
        try:
            with engine.begin() as conn:
                found = passes_of(conn, person)
        finally:
            engine.dispose()
        if as_json:
            typer.echo(json.dumps([_told(one) for one in found]))
            return
        for one in found:
            over = "revoked" if one.revoked_at_ms is not None else f"until {_said(one.until_ms)}"
            typer.echo(f"{one.id:5}  {one.person}  {', '.join(one.doors)}{', once' if one.single else ''}  {over}")
        if not found:
            typer.echo("There are no passes. Make one with: ostiary pass new", err=True)


@passes.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="PASS", help="The number that `ostiary pass list` shows.", min=1)],
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """The pass opens nothing any more, from the next ask on."""
    from ostiary.controller.people.passes import revoke_pass

    def write(conn: "Connection") -> tuple["Pass", dict[str, Any]]:
        gone = revoke_pass(conn, number, operator, now_ms())
        return gone, {"person": gone.person, "pass": gone.code}

    with one_sentence():
        gone, _ = recorded(data, operator, "admin", "pass-revoke", write)
        typer.echo(json.dumps(_told(gone)) if as_json else f"Pass {gone.id} of {gone.person} opens nothing any more.")


def _moment(option: str, said: str | None, now: datetime) -> int:
    """Unix seconds of a time as a person types it."""
    if said is None:
        return int(now.timestamp())
    if said[:-1].isdecimal() and said[-1:] in UNITS and len(said) < 6:
        return int((now + timedelta(**{UNITS[said[-1]]: int(said[:-1])})).timestamp())
    try:
        return int(datetime.fromisoformat(said).astimezone().timestamp())
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{option} {said!r} is no time. Say 2026-12-01T18:00, 8h or 3d.") from None


def _draw(text: str, out: Path) -> None:
    import segno

    # Medium correction: a pass is read from paper and from scratched displays.
    segno.make(text, error="m", micro=False).save(str(out), scale=8, border=4)


def _said(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%d %B %Y %H:%M %Z}"


def _told(one: "Pass") -> dict[str, Any]:
    return {
        "pass": one.id,
        "person": one.person,
        "doors": list(one.doors),
        "from_ms": one.from_ms,
        "until_ms": one.until_ms,
        "single": one.single,
        "revoked_at_ms": one.revoked_at_ms,
    }
