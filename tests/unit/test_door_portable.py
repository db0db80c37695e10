"""The door's mind does the same on CPython and on real MicroPython, effect for effect and byte for byte."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ostiary.firmware
import ostiary.protocol
from ostiary.protocol import base64url

HERE = Path(__file__).parent
MICROPYTHON = Path(sys.executable).parent / "micropython"
CARD = {"credential": "card", "claim": {"kind": "card", "value": "471"}, "faces": 0}


def answer(number: int, nonce: int, verdict: str = "grant", pulse_ms: int = 5_000) -> dict[str, Any]:
    granted = verdict == "grant"
    return {
        "v": 1,
        "nonce": base64url.encode(bytes([nonce] * 16)),
        "verdict": verdict,
        "pulse_ms": pulse_ms if granted else 0,
        "held_ms": 20_000 if granted and number % 2 else 0,
        "term": 1,
        "receipt": {"code": f"{number:016d}", "leaf": "l", "salt": "s"},
        "show": {"say": "yes" if granted else "no", "learn": "https://door.example"},
    }


def order(number: int, nonce: int, boot: int = 2, **more: Any) -> dict[str, Any]:
    fresh = {"v": 1, "nonce": base64url.encode(bytes([nonce] * 16)), "boot": boot, "number": number, "term": 1}
    return {**fresh, "pulse_ms": 2_000, "receipt": f"{boot * 1000 + number:015d}{'C' if more else 'R'}", **more}


def desired(number: int, **more: Any) -> dict[str, Any]:
    message = {"v": 1, "term": 1, "number": number, "journal_upto": 0, "lockdown": False, "face": True}
    return {**message, "offline": "deny", **more}


SCRIPT: list[Any] = [
    [0, ["clock", 1_800_000_000_000, "set"]],
    [0, ["start"]],
    [0, ["line", True]],
    [1, ["contact", False]],
    [10, ["attempt", CARD, 1]],
    [40, ["answer", answer(1, 1)]],
    [900, ["contact", True]],
    [900, ["contact", False]],
    [9_000, ["tick"]],
    [10, ["attempt", CARD, 2]],
    [40, ["answer", answer(2, 2, "deny")]],
    [10, ["attempt", CARD, 3]],
    [3_000, ["tick"]],
    [10, ["answer", answer(3, 3)]],
    [10, ["contact", True]],
    [40_000, ["tick"]],
    [10, ["rex", True]],
    [10, ["attempt", CARD, 4]],
    [10, ["answer", answer(4, 4)]],
    ["restart"],
    [10, ["clock", 1_800_000_000_000, "set"]],
    [10, ["desired", desired(1, journal_upto=90, lockdown=True)]],
    [10, ["line", True]],
    [10, ["nonce", 7]],
    [10, ["release", order(1, 7)]],
    [10, ["desired", desired(2, journal_upto=90, held_ms=5_000)]],
    [10, ["release", order(2, 7)]],
    [10, ["command", order(1, 7, do="release-once")]],
    [10, ["command", order(2, 7, do="locate", seconds=2)]],
    [10, ["fire", True]],
    [10, ["tamper", True]],
    [10, ["power", False]],
    [9_000, ["fire", False]],
    [10, ["pack", 7, "grant"]],
    [10, ["desired", desired(3, journal_upto=90, offline="pack", offline_max_age_ms=60_000)]],
    [10, ["line", False]],
    [10, ["attempt", {**CARD, "pin": "2468", "duress": True}, 9]],
    [9_000, ["pack", 8, "deny"]],
    [10, ["attempt", CARD, 10]],
    [10, ["journal-failed", []]],
    [10, ["rex", True]],
    [10, ["journal-ok"]],
]


LEVELS = ("contact", "contact", "rex", "fire", "tamper", "power", "config", "line")
DOINGS = (
    *("attempt", "attempt", "answer", "answer", "nonce", "nonce", "release", "command", "desired", "pack"),
    *LEVELS,
    *("tick", "strike-dropped", "passed", "restart"),
)


def random_script(seed: int) -> list[Any]:
    dice = random.Random(seed)
    script: list[Any] = [[0, ["clock", 1_800_000_000_000, "set"]], [0, ["start"]], [0, ["line", True]]]
    boot = 1
    nonce = 0
    for number in range(60):
        after_ms = dice.choice([1, 50, 900, 4_000])
        do = dice.choice(DOINGS)
        if do == "attempt":
            nonce += 1
            script.append([after_ms, [do, CARD, nonce]])
        elif do == "answer":
            verdict = dice.choice(["grant", "grant", "deny"])
            pulse_ms = dice.choice([1_000, 5_000, 30_000, 999])
            script.append([after_ms, [do, answer(number, max(0, nonce - dice.choice([0, 0, 1])), verdict, pulse_ms)]])
        elif do in LEVELS:
            script.append([after_ms, [do, dice.random() < 0.5]])
        elif do == "nonce":
            nonce += 1
            script.append([after_ms, [do, nonce]])
        elif do in ("release", "command"):
            more = {"do": dice.choice(["release-once", "reboot"])} if do == "command" else {}
            script.append([after_ms, [do, order(number, nonce, boot, **more)]])
        elif do == "desired":
            more = {"lockdown": dice.random() < 0.3, "journal_upto": dice.choice([0, 5])}
            if dice.random() < 0.5:
                more |= {"offline": "pack", "offline_max_age_ms": 60_000}
            script.append([after_ms, [do, desired(number + 1, **more)]])
        elif do == "pack":
            script.append([after_ms, [do, number + 1, dice.choice(["grant", "deny"])]])
        elif do == "restart":
            boot += 1
            script += [["restart"], [after_ms, ["line", True]]]
        else:
            script.append([after_ms, [do]])
    return script


def played_by(command: list[str], environment: dict[str, str], scripts: list[Any]) -> list[Any]:
    told = "".join(json.dumps(script) + "\n" for script in scripts)
    done = subprocess.run(
        [*command, str(HERE / "door_scenario.py")],
        input=told, capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_both_interpreters_do_the_same(tmp_path: Path) -> None:
    if not MICROPYTHON.exists():
        pytest.skip(
            "MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only, "
            "so here the door's mind is tested on CPython alone."
        )
    # As on a board: the two rooms that run there, and nothing else of the house.
    rooms = tmp_path / "ostiary"
    (rooms / "firmware").mkdir(parents=True)
    (rooms / "protocol").symlink_to(Path(ostiary.protocol.__file__ or "").resolve().parent)
    (rooms / "firmware" / "door").symlink_to(Path(ostiary.firmware.__file__ or "").resolve().parent / "door")
    scripts = [SCRIPT, *(random_script(seed) for seed in range(40))]
    here = played_by([sys.executable], dict(os.environ), scripts)
    there = played_by([str(MICROPYTHON)], {**os.environ, "MICROPYPATH": f".frozen:{tmp_path}"}, scripts)
    assert there == here
    assert len(here) == len(scripts)


def test_the_script_says_what_happened() -> None:
    (played,) = played_by([sys.executable], dict(os.environ), [SCRIPT])
    kinds = [effect[1]["kind"] for effects, _, _ in played["played"] for effect in effects if effect[0] == "journal"]
    assert kinds == [
        "boot", "strike-on", "opened", "acted", "closed", "strike-off", "denied", "acted", "denied", "refused",
        "forced", "held", "exit", "strike-on", "boot", "unused", "lockdown-on", "boot", "refused", "lockdown-off",
        "strike-on", "unused", "strike-off", "strike-on", "released-once", "fire", "tamper", "power-fail",
        "strike-off", "unused", "fire-over", "pack-taken", "line-lost", "decided", "duress", "strike-on",
        "strike-off", "unused", "pack-taken", "decided", "expired", "acted", "exit",
    ]  # fmt: skip
