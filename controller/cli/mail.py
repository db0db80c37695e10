"""`ostiary mail`: whether the site's mail arrives."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA, JSON
from ostiary.controller.cli.stopping import one_sentence

mail = typer.Typer(help="Mail about alarms and contests: try whether it arrives.", no_args_is_help=True)


@mail.callback()
def _mail() -> None:
    """Mail about alarms and contests: try whether it arrives."""


@mail.command()
def test(
    to: Annotated[
        str, typer.Option(help="One of the addresses in site.toml; without it, all of them.", show_default=False)
    ] = "",
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Send a test mail to those whom site.toml names, and say whether the server took it.

    ostiary mail test
    ostiary mail test --to keeper@example.org
    """
    from ostiary.controller import site as settings
    from ostiary.controller.mail import post
    from ostiary.controller.mail.account import BadAccount
    from ostiary.controller.mail.letters import Writer
    from ostiary.controller.store.places import Places

    with one_sentence():
        site = settings.read_existing(Places(data).site_toml)
        if site.mail is None:
            raise settings.BadSite(f"No mail was sent: {data / 'site.toml'} has no section [mail]. See docs/mail.md")
        account = site.mail
        if to and to not in account.receivers:
            raise BadAccount("No mail was sent.", f"{to} is not named in site.toml.", "Add it to alarms_to first.")
        receivers = (to,) if to else account.receivers
        writer = Writer(site.name, site.address, account.sender, account.language)
        for receiver in receivers:
            post.send(account, writer.test(receiver, time.time_ns() // 1_000_000))
        said = f"{account.host}:{account.port} took a test mail for {', '.join(receivers)}."
        typer.echo(json.dumps({"sent": receivers}) if as_json else said)
