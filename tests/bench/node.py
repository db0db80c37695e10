"""`ostiary bench node`: what a door's node takes: from a movement to the ask, from the answer to the strike's edge, a
search among a pack's thousand faces, and what it costs while nobody is there.

Real processes, a real broker and the real models; the pins are pretended and the camera gives frames from memory or a
folder at once. So what a sensor, its driver and a lock need is not in these numbers, nor is what another processor
makes of them: that is on the commissioning checklist (pi-times, pi-load).
"""

import argparse
import contextlib
import json
import os
import queue
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
from PIL import Image
from rounds import FEWEST_ROUNDS, say, setting

from ostiary.controller import samples
from ostiary.firmware.door import journal
from ostiary.firmware.door.alone import Alone
from ostiary.firmware.door.door import Door
from ostiary.firmware.pi import doorway
from ostiary.firmware.pi.doorway import Doorway
from ostiary.firmware.pi.looking import Looking
from ostiary.firmware.pi.match import Match
from ostiary.firmware.pi.presence import FIRST
from ostiary.firmware.pi.sight import NotAsked, Seen, Sight
from ostiary.protocol import base64url, keys, messages, packs, seal

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from board_at_hand import line_of, python  # noqa: E402 - the name `tests` belongs to a dependency
from broker_site import broker_site  # noqa: E402
from played_keeper import NODE, NodeAtDoor, PlayedKeeper, node_at_door  # noqa: E402

CEILINGS = {
    "motion_to_ask_ms": 60.0,
    "motion_to_ask_cpu_ms": 60.0,
    "answer_to_edge_ms": 5.0,
    "alone_1_of_1000_ms": 2.0,
    "idle_percent": 5.0,
    "rss_face_mb": 250.0,
    "rss_card_mb": 40.0,
}
PORTRAITS = Path(samples.__file__).parent / "portraits"
PEOPLE, DIMENSIONS, MODEL = 1_000, 192, "ab" * 32
NOW, HOUR_MS = 1_800_000_000_000, 3_600_000
SETTLE_S = (FIRST + 5) * doorway.GLIMPSE_S
IDLE_S = 10.0
Step = Callable[[str], None]


def spread(took_ms: list[float]) -> dict[str, float]:
    """The median with the smallest and the largest, in ms."""
    return {
        "ms": round(statistics.median(took_ms), 2),
        "ms_least": round(min(took_ms), 2),
        "ms_most": round(max(took_ms), 2),
    }


class Scene:
    """A camera in memory: a wall, and a portrait before it while somebody is there."""

    def __init__(self) -> None:
        self.wall = np.full((480, 640, 3), 110, np.uint8)
        face = Image.open(PORTRAITS / "member-1.jpg").convert("RGB")
        face.thumbnail((640, 480))
        self.person = self.wall.copy()
        self.person[: face.height, 100 : 100 + face.width] = np.array(face)
        self.there = False
        self.noticed_s: float | None = None
        self.looker: int | None = None
        self.spent_s = 0.0

    def glimpse(self) -> np.ndarray:
        if self.there and self.noticed_s is None:
            self.noticed_s, self.spent_s = time.perf_counter(), self.cpu_s()
        return self._now()[::4, ::4, 1].copy()

    def frame(self) -> np.ndarray:
        return self._now().copy()

    def close(self) -> None: ...

    def cpu_s(self) -> float:
        """What this process and the looker have computed so far."""
        return time.process_time() + (_run_s(self.looker) if self.looker else 0.0)

    def _now(self) -> np.ndarray:
        return self.person if self.there else self.wall


class Asks:
    """Takes visits as a node does, up to the sealed ask; how long each took since it was noticed, in ms by the clock
    and of CPU."""

    def __init__(self, scene: Scene, come: Doorway, sight: Sight) -> None:
        self.took: queue.SimpleQueue[tuple[float, float]] = queue.SimpleQueue()
        self._scene, self._come, self._sight = scene, come, sight
        self._key = keys.message_key(bytes(32), "northside", NODE, "ask")
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        for visit in self._come.visits():
            with contextlib.suppress(NotAsked):
                seen = self._sight.see(visit)
                if "probe" in seen.facts and self._scene.noticed_s is not None:
                    assert self._sealed(seen)
                    took_s = time.perf_counter() - self._scene.noticed_s
                    self.took.put((took_s * 1000, (self._scene.cpu_s() - self._scene.spent_s) * 1000))
                    self._scene.noticed_s = None
                seen.wipe()

    def _sealed(self, seen: Seen) -> bytes:
        door = Door("front", 1, journal.recover(b""))
        door.handle(("start",), 0)
        door.handle(("line", True), 0)
        effects = door.handle(("attempt", seen.facts, os.urandom(16)), 1)
        (ask,) = [effect[2] for effect in effects if effect[:2] == ("send", "ask")]
        return seal.seal(self._key, NODE, "ask", messages.encode("ask", ask), os.urandom(16))


def motion_to_ask(rounds: int, step: Step) -> dict[str, float]:
    """From the glimpse that shows somebody to the sealed ask, five frames later. CPU time knows nothing of what else a
    busy machine does, and is what one thread of a quiet one would need."""
    scene, took = Scene(), []
    looking = Looking(lambda line: None)
    sight, come = Sight(looking), Doorway(lambda: scene, lambda line: None)
    sight.start()
    come.start()
    asks = Asks(scene, come, sight)
    try:
        time.sleep(SETTLE_S)
        for number in range(rounds + 1):
            step(f"motion to ask, {number} of {rounds}")
            scene.looker = looking.pid
            scene.noticed_s, scene.there = None, True
            took.append(asks.took.get(timeout=60))
            scene.there = False
            time.sleep(2)
        by_clock, of_cpu = zip(*took[1:], strict=True)  # the first one loads what a day's first visitor loads
        return {**spread(list(by_clock)), **{f"cpu_{name}": value for name, value in spread(list(of_cpu)).items()}}
    finally:
        come.close()
        sight.close()


def answer_to_edge(rounds: int, step: Step) -> dict[str, float]:
    """From the keeper's publishing to the strike's edge at the board: broker, node, journal on disk, guard, pin."""
    took = []
    with tempfile.TemporaryDirectory() as data, node_at_door(Path(data)) as node:
        edges = 0
        for number in range(rounds + 1):
            step(f"answer to edge, {number} of {rounds}")
            threading.Thread(
                target=node.board.ask, args=({"do": "present", "card": f"{number}", "number": number},), daemon=True
            ).start()
            answer = node.keeper.answer(node.keeper.next("ask"))
            moved: queue.SimpleQueue[float] = queue.SimpleQueue()
            waiting = threading.Thread(target=_moved, args=(node, edges, moved))
            waiting.start()
            time.sleep(0.05)
            begun_s = time.perf_counter()
            node.keeper.say("answer", answer)
            took.append((moved.get(timeout=30) - begun_s) * 1000)
            waiting.join()
            node.keeper.events("strike-off")
            node.keeper.has(number + 1)
            edges += 2
    return spread(took[1:])


def _moved(node: NodeAtDoor, since: int, moved: "queue.SimpleQueue[float]") -> None:
    node.board.edges(1, since)
    moved.put(time.perf_counter())


def alone_1_of_1000(rounds: int, step: Step) -> dict[str, float]:
    """A face among a pack's thousand, from the ask's facts to the verdict, with numpy on one thread."""
    dice = np.random.default_rng(5)
    rows = dice.normal(0, 40, (PEOPLE, DIMENSIONS)).clip(-127, 127).astype(np.int8)
    header = {
        "door": "front", "policy": "cd" * 32, "version": 1, "made_ms": NOW, "from_ms": NOW, "until_ms": NOW + HOUR_MS,
        "age_limit_ms": HOUR_MS, "pulse_ms": 5_000, "more_pulse_ms": 0, "more_held_ms": 0, "face": "identify",
        "card": True, "pass": True, "liveness": "none", "rounds": 3, "salt": base64url.encode(bytes(16)),
    }  # fmt: skip
    said = {"model": MODEL, "dimensions": DIMENSIONS, "verify": 0.4, "identify": 0.5, "rival": 0.45}
    people = [(number.to_bytes(12, "big"), 0, 0) for number in range(PEOPLE)]
    pack = packs.read(
        packs.write(header, [[(NOW, NOW + HOUR_MS)]], people, [], [(said, list(range(PEOPLE)), rows.tobytes())])
    )
    match = Match(bytes(32))
    match.prepare(pack.galleries)
    alone, took = Alone(pack, bytes(32), match), []
    for number in range(max(rounds, 50)):
        step(f"alone, {number}")
        probe = dice.normal(0, 40, DIMENSIONS).clip(-127, 127).astype(np.int8)
        facts = {"credential": "face", "faces": 1, "liveness": {"level": "none"}}
        facts["probe"] = {"model": MODEL, "vector": base64url.encode(probe.tobytes()), "scale": 0.01}
        begun_s = time.perf_counter()
        verdict = alone.decide(facts, NOW + 1, "set")
        took.append((time.perf_counter() - begun_s) * 1000)
        assert verdict.code == "face-unknown", "every face was compared, and none is near"
    return spread(took)


def idle(step: Step, faces: bool) -> dict[str, float]:
    """A Pi's node on pretended pins with nobody there: CPU of it and its children, and what it holds in memory."""
    with tempfile.TemporaryDirectory() as data, broker_site(Path(data) / "site", NODE) as site:
        site.add(NODE, board="pi-4")
        site.kill()
        site.start()
        keeper = PlayedKeeper(site)
        seen = Path(data) / "seen"
        seen.mkdir()
        Image.fromarray(Scene().wall).save(seen / "wall.png")
        command = ("--node", str(site.places.node(NODE)), "--camera", f"files:{seen}" if faces else "none")
        node = python("ostiary.firmware.pi", *command, env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"})
        try:
            assert line_of(node) == "READY"
            keeper.state("online")
            step("idle: the models load, and the wall is learnt")
            time.sleep(SETTLE_S + 6)
            before = {pid: _cpu_s(pid) for pid in _family(node.pid)}
            step("idle: nobody is there")
            time.sleep(IDLE_S)
            spent_s = sum(_cpu_s(pid) - before.get(pid, 0.0) for pid in _family(node.pid))
            if faces:
                # What it holds is looked at after somebody was asked about.
                Image.fromarray(Scene().person).save(seen / "person.png")
                keeper.next("ask")
            held = {_name(pid): _held_mb(pid) for pid in _family(node.pid)}
        finally:
            node.terminate()
            node.wait(30)
    rss = sum(mb for mb, _ in held.values())
    return {
        "cpu_percent": round(100 * spent_s / IDLE_S, 2),
        "rss_mb": round(rss, 1),
        "pss_mb": round(sum(mb for _, mb in held.values()), 1),
        **{f"rss_{name}_mb": round(mb, 1) for name, (mb, _) in held.items()},
    }


def _family(pid: int) -> list[int]:
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _name(pid: int) -> str:
    told = Path(f"/proc/{pid}/cmdline").read_bytes()
    return "guard" if b"strike_guard" in told else "looker" if b"looker" in told else "node"


def _run_s(pid: int) -> float:
    """CPU time of a process, all its threads, to the nanosecond."""
    told = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in told) / 1e9


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _held_mb(pid: int) -> tuple[float, float]:
    """RSS, and PSS, which counts a page that several share as its part."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kb = {line.split()[0].rstrip(":"): int(line.split()[1]) for line in told.splitlines()[1:] if line.endswith("kB")}
    return kb["Rss"] / 1024, kb["Pss"] / 1024


def sealing(rounds: int, step: Step) -> dict[str, Any] | None:
    """What `seal.py` says of one message on MicroPython and here."""
    step("seal and unseal")
    done = subprocess.run(
        [sys.executable, str(HERE / "seal.py"), "--rounds", str(rounds), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(done.stdout)


def report(rounds: int, step: Step) -> dict[str, Any]:
    """What `main` says; `within` names each target with whether it was met in this run."""
    faces, cards = idle(step, faces=True), idle(step, faces=False)
    made: dict[str, Any] = {
        "bench": "node",
        "setting": setting("numpy", "ai-edge-litert"),
        "motion_to_ask": motion_to_ask(rounds, step),
        "answer_to_edge": answer_to_edge(rounds, step),
        "alone_1_of_1000": alone_1_of_1000(rounds, step),
        "idle_with_faces": faces,
        "idle_cards_only": cards,
        "seal": sealing(rounds, step),
    }
    found = {
        "motion_to_ask_ms": made["motion_to_ask"]["ms"],
        "motion_to_ask_cpu_ms": made["motion_to_ask"]["cpu_ms"],
        "answer_to_edge_ms": made["answer_to_edge"]["ms"],
        "alone_1_of_1000_ms": made["alone_1_of_1000"]["ms"],
        "idle_percent": faces["cpu_percent"],
        "rss_face_mb": faces["rss_mb"],
        "rss_card_mb": cards["rss_mb"],
    }
    made["ceilings"] = CEILINGS
    made["within"] = {name: found[name] <= ceiling for name, ceiling in CEILINGS.items()}
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS, help="how often each case is timed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    made = report(max(FEWEST_ROUNDS, chosen.rounds), lambda said: print(said, file=sys.stderr))
    say(made, as_json=chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
