"""`ostiary ask`: show a picture, a card or a pass to a virtual door of the running site, and type a PIN beside it."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA


def ask(
    door: Annotated[str, typer.Option(help="The door to walk up to, e.g. front.")],
    picture: Annotated[
        list[Path] | None,
        typer.Option(help="A picture file to hold in front of the camera; several are seen one after the other."),
    ] = None,
    card: Annotated[str | None, typer.Option(help="The number of a card to hold to the reader.")] = None,
    token: Annotated[
        str | None, typer.Option("--pass", help="The text of a visitor's pass to hold in front of the camera.")
    ] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Type a PIN beside card or pass; it is asked for.")] = False,
    data: DATA = Path("var"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole decision as one JSON object.")] = False,
) -> None:
    """Walk up to a virtual door of the site that `ostiary run` keeps open, and be told why.

    A picture alone asks an [b]identify[/b] door who it is; a picture with a card asks a [b]verify[/b] door whether
    the card's owner stands there; a card alone is the way in without a face:

        ostiary ask --door studio --picture me.jpg
        ostiary ask --door front --picture me.jpg --card 12345678
        ostiary ask --door front --card 12345678
        ostiary ask --door laser-room --card 12345678 --pin
        ostiary ask --door front --pass "$(ostiary pass new --person p-… --doors front --until 8h)"

    A door whose policy asks for [b]motion[/b] wants at least six pictures of a head that turns aside and back:

        ostiary ask --door lab --card 12345678 --picture 1.jpg --picture 2.jpg …
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.acts.errors import ActError
    from ostiary.controller.cli.pin import typed_once
    from ostiary.controller.cli.present import present
    from ostiary.controller.doorstep import NobodyThere
    from ostiary.controller.store.places import Places
    from ostiary.models.liveness import ASK_TO_TURN
    from ostiary.protocol.doorstep import MAX_BLOB_BYTES, MOST_PICTURES

    if not picture and card is None and token is None:
        raise typer.BadParameter("Hold something to the door: --picture FILE, --card NUMBER, --pass TEXT.")
    if card is not None and token is not None:
        raise typer.BadParameter("A card and a pass are two claims. Hold one of them to the door.")
    if pin and card is None and token is None:
        raise typer.BadParameter("A PIN opens nothing by itself. Type it beside --card or --pass.")
    typed = typed_once("PIN") if pin else None
    if picture and len(picture) > MOST_PICTURES:
        raise typer.BadParameter(f"{len(picture)} pictures are too many: a door takes {MOST_PICTURES}. Name fewer.")
    try:
        shown = [file.read_bytes() for file in picture or ()]
    except OSError as error:
        raise typer.BadParameter(f"{error.filename} cannot be read: {error.strerror}. Name another picture.") from error
    if sum(map(len, shown)) > MAX_BLOB_BYTES:
        raise typer.BadParameter("The pictures have more than 20 MiB together. Name fewer, or smaller ones.")
    places = Places(data)
    keeper = Keeper(places.keeper_socket)
    try:
        purpose = "ostiary ask on this machine"
        result = asyncio.run(present(places, keeper, door, shown, card, purpose=purpose, token=token, pin=typed))
    except (NobodyThere, ActError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    if result["asked_to_turn"]:
        typer.echo(f"{door} asked: {ASK_TO_TURN['en']}")
    typer.echo(f"{door} says {result['show'].upper()}. {result['say']}")
    if result["receipt"]:
        typer.echo(f"Receipt {result['receipt']}")
