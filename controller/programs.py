"""Which processes a site consists of, and in which order they start."""

from ostiary.controller.fleet import broker
from ostiary.controller.fleet.nodes import FleetNode
from ostiary.controller.store.places import Places
from ostiary.controller.supervise import Program, python


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


def virtual_door(places: Places, node: FleetNode) -> tuple[Program, Program]:
    """The board, which holds the pins and outlives its owner, and the node that owns it."""
    socket = str(places.doorstep(node.door))
    board = python("ostiary.firmware.virtual.board", "--socket", socket, "--door", node.door)
    own = python("ostiary.firmware.pi", "--node", str(places.node(node.node)), "--doorstep", socket)
    return Program(f"board of {node.door}", board), Program(f"node {node.node}", own)
