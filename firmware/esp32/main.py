"""What a flashed ESP32 runs. Whatever goes wrong ends in a reset, with the strike off before anything else is done."""

import asyncio
import json
import os
import sys

import machine

from ostiary.firmware.esp32 import clock, flash, identity
from ostiary.firmware.esp32.network_chip import Network
from ostiary.firmware.esp32.node import Node
from ostiary.firmware.esp32.wires_chip import Chip

FILES = "/ostiary"  # journal and counters, on littlefs
BOARD = "/board.json"
FIRMWARE_WAIT_S = 3  # before a reset after a mistake, so that a cable can interrupt it


def log(line: str) -> None:
    """One plain line on the console; callers name no person, card, probe or secret."""
    print("node: " + line)


async def run() -> None:
    """Be the node until something goes wrong. Raises what goes wrong."""
    source = identity.storage()
    who = identity.read(source)
    held = json.loads(source("network"))
    chip = Chip(json.loads(flash.read(BOARD)), who.roles, clock.Monotonic().now_ms, log)
    if "ostiary" not in os.listdir("/"):
        os.mkdir(FILES)
    station = Network(held["wifi"], held["password"], held["time"], lambda: os.urandom(1)[0], log)
    node = Node(who, FILES, chip, machine.reset, log, station.ready)
    await node.run(lambda: log("ready"))


def start() -> None:
    """Never comes back."""
    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        raise  # somebody at the cable
    except Exception as mistake:  # noqa: BLE001 - whatever it is, a door must not stay without its node
        sys.print_exception(mistake)
    import time

    time.sleep(FIRMWARE_WAIT_S)
    machine.reset()
