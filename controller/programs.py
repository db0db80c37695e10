"""Which processes a site consists of, and in which order they start."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from ostiary.controller.fleet import broker
from ostiary.controller.fleet.nodes import FleetNode, runs_on
from ostiary.controller.store.places import Places
from ostiary.controller.supervise import Program, python

VIRTUAL_CHIP = "virtual-esp32"


def plays_chips() -> bool:
    """Whether a virtual ESP32 can run here: real MicroPython plays it."""
    return (
        shutil.which(
            "micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        )
        is not None
    )


def broker_program(places: Places) -> Program:
    return Program(
        "broker",
        lambda: broker.command(places),
        lambda: broker.ready(places),
        lambda: broker.last_words(places),
    )


def keeper_program(places: Places) -> Program:
    return Program("keeper", python("ostiary.controller", "--data", str(places.data)))


def web_program(places: Places, port: int) -> Program:
    return Program("web", python("ostiary.controller.web", "--data", str(places.data), "--port", str(port)))


def mail_program(places: Places) -> Program:
    return Program("mail", python("ostiary.controller.mail", "--data", str(places.data)))


def virtual_doors(places: Places, nodes: Iterable[FleetNode]) -> list[Program]:
    """For each virtual door its board, which holds the pins and outlives their owners, and the nodes that own them."""
    virtual = [node for node in nodes if node.virtual]
    return [_board(places, door) for door in dict.fromkeys(node.door for node in virtual)] + [
        _node(places, node) for node in virtual
    ]


def _board(places: Places, door: str) -> Program:
    board = python("ostiary.firmware.virtual.board", "--socket", str(places.doorstep(door)), "--door", door)
    return Program(f"board of {door}", board)


def _node(places: Places, node: FleetNode) -> Program:
    doorstep = str(places.doorstep(node.door))
    runs = {"pi": "ostiary.firmware.pi", "esp32": "ostiary.firmware.virtual.esp32"}[runs_on(node.profile)]
    own = python(runs, "--node", str(places.node(node.node)), "--doorstep", doorstep)
    return Program(f"node {node.node}", own)
