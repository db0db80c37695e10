"""`ostiary bench web`: the panel with many people and a long log, and what its viewers cost the doors.

A site with broker, keeper and web runs as `ostiary run` opens it. Pages are asked one after another over a kept
connection, so a page's time is the server's and the loopback's. The API is read over 16 connections by a client that
shares the machine's cores. Decisions are asked by one node 50 times a second, first alone, then with 200 live viewers.
"""

import argparse
import asyncio
import hashlib
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvloop
from log import GROW, draft
from rounds import FEWEST_ROUNDS, say, setting
from sqlalchemy import insert

from ostiary.controller import programs
from ostiary.controller.__main__ import SWITCH_S
from ostiary.controller.access.closing import MARK
from ostiary.controller.acts.client import Keeper
from ostiary.controller.cli.demo_cases import policy
from ostiary.controller.founding import found
from ostiary.controller.people import cards, evidence, membership, operators, registry, sessions
from ostiary.controller.people.roles import CONSOLE, ROLES
from ostiary.controller.record.log import Log
from ostiary.controller.site import Site
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places
from ostiary.controller.supervise import Supervisor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.system.bare_node import BareNode
from tests.system.running_site import free_port

DOORS = ("front", "studio", "laser-room")
WHO = "bench"
CARD = "4711"
PURPOSE = "measuring the panel"
LOOKS = 40  # of each page
VIEWERS = 200
ASKS_A_SECOND, ASKED_S = 50, 12
LOST_S = 10.0
CONNECTIONS, READ_S = 16, 6
TARGETS = {"page p95 ms": 100, "first view bytes": 150_000, "p99 with viewers": 1.5, "reads a second": 1_000}
Step = Callable[[str], None]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def peopled(places: Places, many: int) -> tuple[str, str]:
    """So many people, each a member, half of them with an entry; the id of one, and an operator's session."""
    engine, at_ms = open_people(places.people_db), now_ms()
    ids = [registry.new_id(hashlib.sha256(str(number).encode()).digest()[:10]) for number in range(many)]
    form = evidence.Evidence("form", hashlib.sha256(b"form").hexdigest(), "enrolment-form", "Enrolment form")
    round_ = evidence.Evidence("round", hashlib.sha256(b"round").hexdigest(), "round-sheet", "Round sheet")
    spans = {"evidence": "form", "author": WHO, "recorded_at_ms": at_ms, "from_ms": at_ms - 1000}
    entered = {"context": "workshop-safety", "kind": "safety-round", "points": 6, "evidence": "round", "author": WHO}
    times = {"occurred_at_ms": at_ms - 1000, "recorded_at_ms": at_ms, "expires_at_ms": at_ms + 10**10}
    try:
        with engine.begin() as conn:
            for one in (form, round_):
                evidence.keep(conn, one)
            named = [
                {"id": one, "name": f"Person {number:05d}", "created_at_ms": at_ms} for number, one in enumerate(ids)
            ]
            conn.execute(insert(tables.person), named)
            conn.execute(insert(tables.membership), [{"person": one, "state": "active", **spans} for one in ids])
            conn.execute(insert(tables.entry), [{"person": one, **entered, **times} for one in ids[::2]])
            made = operators.add(conn, operators.new_id(os.urandom(10)), WHO, ROLES, CONSOLE, at_ms)
            token = sessions.begin(conn, made.id, "passkey", "a benchmark", "127.0.0.1", os.urandom(32), at_ms)
    finally:
        engine.dispose()
    return ids[0], token


async def logged(places: Places, site: str, size: int, step: Step) -> None:
    """A log of so many decisions, at a dozen doors, four of five granted."""
    keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    log = Log.start(places.log_db, keys, site)
    begun_ms = now_ms() - 30 * 86_400_000
    spread_ms = 30 * 86_400_000 // max(size, 1)
    try:
        while log.size < size:
            first = log.size
            drafts = [_draft(first + at, begun_ms + (first + at) * spread_ms) for at in range(GROW)]
            await log.append(drafts, journal={MARK: first + GROW})  # they are closed, as a month's decisions are
            step(f"log {log.size:,} of {size:,}")
    finally:
        await log.close()
        keys.close()


def _draft(number: int, at_ms: int) -> Any:
    granted = bool(number % 5)
    verdict, code = (
        ("grant", "granted") if granted else ("deny", ("score-below", "face-near", "card-unknown")[number % 3])
    )
    body = {**draft(number).body, "at_ms": at_ms, "verdict": verdict, "reason": code}
    return replace(draft(number), at_ms=at_ms, body=body, door=f"door-{number % 12:02d}", verdict=verdict, code=code)


async def carded(places: Places, keeper: Keeper) -> None:
    """Somebody with a card, whom the door knows."""
    tag = (await keeper.act("card-tag", {"number": CARD}, operator=WHO))["tag"]
    engine, at_ms = open_people(places.people_db), now_ms()
    try:
        with engine.begin() as conn:
            person = registry.add(conn, registry.new_id(os.urandom(10)), "Ada Lovelace", at_ms).id
            membership.add_membership(conn, person, "active", "form", WHO, at_ms, from_ms=at_ms - 1000)
            cards.add_card(conn, person, tag, "bench card", at_ms)
    finally:
        engine.dispose()
    await keeper.act("refresh", {}, operator=WHO)


async def pages(client: httpx.AsyncClient, person: str, size: int, step: Step) -> dict[str, Any]:
    """The 95th percentile of each page's time, in ms."""
    deep = f"before={size // 2}"
    asked = {
        "now": "/", "doors": "/doors", "a door": "/doors/front", "people": "/people", "people, deep": "/people?at=9000",
        "a search": "/people?q=person%2009", "a person": f"/people/{person}", "ledger": "/ledger",
        "contests": "/contests", "policy": "/policy", "log": "/log", "log, deep": f"/log?{deep}",
        "log, filtered and deep": f"/log?kind=decision&door=door-03&verdict=deny&{deep}",
        "log, one code": "/log?code=card-unknown", "numbers": "/numbers?days=30",
    }  # fmt: skip
    took: dict[str, Any] = {}
    for name, path in asked.items():
        step(f"page {name}")
        times: list[float] = []
        for _ in range(LOOKS):
            begun = time.perf_counter()
            reply = await client.get(path)
            times.append(1000 * (time.perf_counter() - begun))
            if reply.status_code != 200:
                said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.text))
                raise SystemExit(f"{path} answered {reply.status_code}: {said[-400:]}")
        took[name] = {"p95_ms": round(_quantile(times, 0.95), 1), "median_ms": round(statistics.median(times), 1)}
    return took


async def first_view(client: httpx.AsyncClient) -> dict[str, int]:
    """The bytes of the first page and of all that it loads, as they travel."""
    total = 0
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        async with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as reply:
            raw = b"".join([piece async for piece in reply.aiter_raw()])
        total += len(raw)
        if path == "/":
            text = raw.decode()
            todo += re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(/[^"]+)"', text)
    return {"bytes": total, "files": len(seen)}


async def reads(address: str, cookie: str) -> dict[str, Any]:
    """Reads of the API a second over kept connections, by a client that speaks plain HTTP/1.1."""
    port = int(address.rsplit(":", 1)[1])
    path = "/api/v1/decisions?limit=10"
    line = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: ostiary-session={cookie}\r\n\r\n".encode()
    until = time.perf_counter() + READ_S
    done = 0

    async def one() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            writer.write(line)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                raise SystemExit(f"{path} answered {head[:60]!r}.")
            await reader.readexactly(int(length[1]))
            done += 1
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return {"per_s": round(done / (time.perf_counter() - begun))}


async def decisions(node: BareNode, step: Step, said: str) -> list[float]:
    """How long each decision took, in ms, asked so many times a second whatever the answers do."""
    step(said)
    begun, times, asking = time.perf_counter(), list[float](), list[asyncio.Task[None]]()

    async def one() -> None:
        at = time.perf_counter()
        try:
            answer = await node.asked(node.ask(claim={"kind": "card", "value": CARD}), within_s=LOST_S)
        except TimeoutError:
            times.append(1000 * LOST_S)  # a lost one counts as the longest there is
            return
        times.append(1000 * (time.perf_counter() - at))
        if answer["verdict"] != "grant":
            raise SystemExit(f"The door answered {answer}.")

    for number in range(ASKS_A_SECOND * ASKED_S):
        await asyncio.sleep(max(0.0, begun + number / ASKS_A_SECOND - time.perf_counter()))
        asking.append(asyncio.create_task(one()))
    await asyncio.gather(*asking)
    return times[ASKS_A_SECOND:]  # the first second warms up


async def viewing(port: int, cookie: str) -> None:
    """So many viewers of the live list in a process of their own: READY when all are there, and at the end of its
    input how many decisions they were told."""
    line = f"GET /live HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: ostiary-session={cookie}\r\n\r\n".encode()
    heard = 0

    async def view(ready: asyncio.Semaphore) -> None:
        nonlocal heard
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(line)
        try:
            await reader.readuntil(b"retry:")
            ready.release()
            while piece := await reader.read(1 << 16):
                heard += piece.count(b"event: decision")
        finally:
            writer.close()

    ready = asyncio.Semaphore(0)
    viewers = [asyncio.create_task(view(ready)) for _ in range(VIEWERS)]
    for _ in range(VIEWERS):
        await asyncio.wait_for(ready.acquire(), 60)
    print("READY", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(heard, flush=True)
    for viewer in viewers:
        viewer.cancel()
    await asyncio.gather(*viewers, return_exceptions=True)


async def watched(port: int, cookie: str, node: BareNode, step: Step) -> tuple[list[float], int]:
    """The same with so many viewers; and how many lines they got."""
    command = [sys.executable, __file__, "--view", str(port)]
    viewers = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=os.environ | {"COOKIE": cookie}
    )
    assert viewers.stdin is not None and viewers.stdout is not None
    if await viewers.stdout.readline() != b"READY\n":
        raise SystemExit("The viewers did not come to see anything.")
    times = await decisions(node, step, f"decisions, {VIEWERS} viewers")
    viewers.stdin.close()
    heard = int(await viewers.stdout.readline())
    await viewers.wait()
    return times, heard


async def measured(home: Path, people: int, size: int, step: Step) -> dict[str, Any]:
    places = Places(home)
    site, _ = found(places, Site("bench", free_port(), free_port()), DOORS)
    person, token = peopled(places, people)
    await logged(places, site.name, size, step)
    supervisor = Supervisor(lambda text: None)
    report: dict[str, Any] = {"people": people, "decisions": size, "targets": TARGETS}
    try:
        await supervisor.start(programs.broker_program(places))
        await supervisor.start(programs.keeper_program(places))
        await supervisor.start(programs.web_program(places, site.web_port))
        keeper = Keeper(places.keeper_socket)
        await keeper.act("publish", {"text": policy(closed_today=False), "name": "bench.yaml"}, operator=WHO)
        await carded(places, keeper)
        address = f"http://127.0.0.1:{site.web_port}"
        headers = {"sec-fetch-site": "same-origin", "cookie": f"ostiary-session={token}"}
        async with httpx.AsyncClient(base_url=address, timeout=120, headers=headers) as client:
            await client.post("/purpose", data={"purpose": PURPOSE, "next": "/"})
            step("the register follows")
            begun = time.perf_counter()
            while "are being arranged" in (await client.get("/log")).text:  # asked again and again, as a person would
                await client.get("/people")
            report["register caught up s"] = round(time.perf_counter() - begun, 1)
            report["first view"] = await first_view(client)
            report["pages"] = await pages(client, person, size, step)
        report["reads"] = await reads(address, token)
        async with BareNode(places.node("front-1")) as node:
            alone = await decisions(node, step, "decisions, nobody watching")
            seen, heard = await watched(site.web_port, token, node, step)
        report["decisions at 50 asks/s"] = {
            "alone p99_ms": round(_quantile(alone, 0.99), 1),
            f"{VIEWERS} viewers p99_ms": round(_quantile(seen, 0.99), 1),
            "ratio": round(_quantile(seen, 0.99) / _quantile(alone, 0.99), 2),
            "alone median_ms": round(statistics.median(alone), 1),
            f"{VIEWERS} viewers median_ms": round(statistics.median(seen), 1),
            "lines told to viewers": heard,
        }
    finally:
        await supervisor.stop()
    return report


def _quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the panel on this machine.")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--on", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--view", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.view is not None:
        uvloop.run(viewing(given.view, os.environ["COOKIE"]))
        return

    def step(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text} …", end="", file=sys.stderr, flush=True)

    here = given.on or Path(__file__).resolve().parents[2] / "var"
    here.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=here))
    sys.setswitchinterval(SWITCH_S)
    report: dict[str, Any] = {
        "bench": "web",
        "setting": setting("fastapi", "uvicorn", "uvloop", "jinja2", "sqlalchemy"),
    }
    try:
        report |= uvloop.run(measured(home, given.people, given.size, step))
    finally:
        shutil.rmtree(home)
    report["setting"]["load after"] = round(os.getloadavg()[0], 2)
    say(report, as_json=given.json)


if __name__ == "__main__":
    main()
