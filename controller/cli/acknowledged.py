"""Waits until nodes say that they are what they shall be, and names those that have not."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.controller.cli.asking import asked

WAIT = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, max=600, help="How long to wait for the nodes' word.")
]
LOOK_S = 0.1


def waited(done: dict[str, Any], operator: str, data: Path, wait_s: float) -> tuple[dict[str, Any], str]:
    """The act's reply with `unacknowledged`, the nodes that have not said so within `wait_s`, and that in words."""
    until_s = time.monotonic() + wait_s
    while True:
        nodes = asked("standing", {}, operator, data)["nodes"]
        missing = [node for node in nodes if node["node"] in done["nodes"] and not node["acknowledged"]]
        if not missing or time.monotonic() >= until_s:
            return {**done, "unacknowledged": [node["node"] for node in missing]}, _words(done["nodes"], missing)
        time.sleep(LOOK_S)


def _words(nodes: list[str], missing: list[dict[str, Any]]) -> str:
    if not missing:
        return f"Acknowledged by {len(nodes)} of {len(nodes)} nodes."
    named = ", ".join(f"{node['node']} ({node['state']})" for node in missing)
    return (
        f"NOT acknowledged by {named}. The keeper decides by it already. A node that is away takes it when its line is "
        "back, and may decide alone by its pack until then. Look there: ostiary door show"
    )
