"""Plays a scenario in a world, step by step, and stops at the first thing that is not as the page expects."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ostiary.protocol import codes
from ostiary.scenarios.play.errors import CannotPlay
from ostiary.scenarios.play.judge import judge
from ostiary.scenarios.play.language import (
    Clock,
    Expect,
    Hang,
    Leaf,
    Operate,
    Pin,
    Plug,
    Repeat,
    Scenario,
    Show,
    Step,
    Wait,
)
from ostiary.scenarios.play.world import Row, World

EVENTS = ("event", "outcome", "duress")  # what happened at a door, by whoever told it
JITTER_MS = 5
SETTLE_MS = 60_000
SLACK_MS = 3_000  # a guard that was killed is started again first


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that did not come true; three parts for a person."""

    line: int
    what: str
    why: str
    now: str

    def __str__(self) -> str:
        return f"{self.what} {self.why} {self.now}"


@dataclass(slots=True)
class Played:
    """How it went. `steps` counts each repetition; `kinds` are the kinds of events that reached the log."""

    scenario: str
    world: str
    steps: int = 0
    ms: int = 0
    rises: int = 0
    lost: int = 0
    unearned: int = 0
    kinds: set[str] = field(default_factory=set)
    unmet: Unmet | None = None
    findings: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        return self.unmet is None and not self.findings

    def as_document(self) -> dict[str, Any]:
        """The result in JSON types."""
        unmet = None if self.unmet is None else {"line": self.unmet.line, "why": str(self.unmet)}
        return {
            "scenario": self.scenario, "world": self.world, "well": self.well, "steps": self.steps,
            "virtual_ms" if self.world == "virtual time" else "ms": self.ms,
            "strike_edges": self.rises, "unearned": self.unearned, "lost": self.lost,
            "kinds": sorted(self.kinds), "unmet": unmet, "findings": self.findings,
        }  # fmt: skip


class _Stop(Exception):
    def __init__(self, unmet: Unmet) -> None:
        self.unmet = unmet


def check(scenario: Scenario, can: frozenset[str], world: str) -> None:
    """Raise `CannotPlay` where the scenario asks for what this world lacks."""
    if missing := scenario.needs() - can:
        raise CannotPlay(
            f"{scenario.name} cannot be played in {world}. It needs {', '.join(sorted(missing))}, and nobody can do "
            "that there. Play it in another world: ostiary play --help names them."
        )


async def play(scenario: Scenario, world: World, say: Callable[[Step], None] = lambda step: None) -> Played:
    """Play it from a fresh start to the judge's last word. Raises `CannotPlay`, and what the world cannot help."""
    check(scenario, world.can, world.name)
    await world.enter(scenario)
    try:
        playing = _Playing(scenario, world, say)
        begun_ms = world.now_ms
        try:
            await playing.steps(scenario.steps)
        except _Stop as stop:
            playing.played.unmet = stop.unmet
        await playing.judged()
        playing.played.ms = world.now_ms - begun_ms
        return playing.played
    finally:
        await world.leave()


class _Playing:
    def __init__(self, scenario: Scenario, world: World, say: Callable[[Step], None]) -> None:
        self._scenario, self._world, self._say = scenario, world, say
        self.played = Played(scenario.name, world.name)
        self._rows: list[Row] = []
        self._read = 0
        self._seen: dict[str, int] = {}  # how far the log has been expected, by door
        self._since: dict[str, int] = {}  # where the log stood at the last visit, by door
        self._said: dict[str, str] = {}
        self._out: set[tuple[str, str]] = set()
        self._hung: set[tuple[str, str]] = set()

    async def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Repeat):
                for _ in range(step.times):
                    await self.steps(step.steps)
                continue
            self._say(step)
            await self._step(step)
            self.played.steps += 1

    async def _step(self, step: Step) -> None:
        world = self._world
        if isinstance(step, Show):
            await self._follow()
            self._since[step.door] = self._read
            self._said[step.door] = await world.show(step)
        elif isinstance(step, Leaf):
            await self._leaf(step)
        elif isinstance(step, Pin):
            await world.set_pin(step.door, step.pin, step.level)
            if step.for_ms is not None:
                await world.wait(step.for_ms)
                await world.set_pin(step.door, step.pin, not step.level)
        elif isinstance(step, Plug):
            # What is plugged in already stays so, and what is out cannot be pulled.
            if step.out != ((step.what, step.door) in self._out):
                await world.plug(step.what, step.door, step.out)
                (self._out.add if step.out else self._out.discard)((step.what, step.door))
        elif isinstance(step, Hang):
            await world.hang(step.what, step.door, step.on)
            (self._hung.add if step.on else self._hung.discard)((step.what, step.door))
        elif isinstance(step, Clock):
            await world.set_clock(step.door, step.unix_ms)
        elif isinstance(step, Operate):
            await world.operate(step.act, step.door)
        elif isinstance(step, Wait):
            await world.wait(step.ms)
        elif isinstance(step, Expect):
            await self._expect(step)

    async def _leaf(self, step: Leaf) -> None:
        if step.do != "jitter":
            how = await self._world.leaf(step.door, step.do)
            if step.do == "pull" and how == "locked":
                pins = await self._world.pins(step.door)
                if pins["rex"] or pins["fire"]:
                    raise _Stop(Unmet(step.line, f"Line {step.line}: the door did not open.",
                                      "The REX or the fire input is on, and it was locked all the same.",
                                      "A door is never a trap: mend this first."))  # fmt: skip
            return
        opened = (await self._world.pins(step.door))["contact"] == "open"
        for number in range(2 * step.times):
            await self._world.leaf(step.door, "close" if (number % 2 == 0) == opened else "force")
            await self._world.wait(JITTER_MS)

    async def _expect(self, step: Expect) -> None:
        until_ms = self._world.now_ms + step.within_ms
        while wrong := await self._wrong(step):
            if self._world.now_ms >= until_ms:
                raise _Stop(Unmet(step.line, f"Line {step.line} did not come true.", wrong,
                                  "Read the page and the log; one of them is wrong."))  # fmt: skip
            await self._world.moment(until_ms)

    async def _wrong(self, step: Expect) -> str | None:
        """What is not as expected, or None."""
        pins = await self._world.pins(step.door)
        if step.display is not None:
            shown = (pins.get("display") or {}).get("say") or "nothing"
            said = self._said.get(step.door, shown)
            if said != step.display:
                return f"The display said {said}, not {step.display}."
        if step.strike is not None and pins["strike"] is not step.strike:
            return f"The strike is {'off' if step.strike else 'on'}."
        if step.contact is not None and pins["contact"] != step.contact:
            return f"The contact reads {pins['contact']}."
        if step.rises is not None and pins["rises"] != step.rises:
            return f"The strike went on {pins['rises']} times, not {step.rises}."
        await self._follow()
        return self._wrong_in_log(step)

    def _wrong_in_log(self, step: Expect) -> str | None:
        here = [row for row in self._rows if row.door == step.door]
        for kind in step.never:
            if any(_tells(row, kind) for row in here):
                return f"The log has an event {kind} at {step.door}."
        decisions = [row for row in here if row.kind == "decision" and row.position >= self._since.get(step.door, 0)]
        if step.verdict is not None and (not decisions or decisions[-1].verdict != step.verdict):
            said = f"says {decisions[-1].verdict} ({decisions[-1].code})" if decisions else "has no decision of it"
            return f"The log {said}."
        if step.outcome is not None:
            closed = [row.code for row in here if decisions and row.about == decisions[-1].position]
            if step.outcome not in closed[-1:]:
                return f"The decision is closed by {closed[-1] if closed else 'nothing yet'}."
        seen = self._seen.get(step.door, -1)
        for kind in step.log:
            later = [row.position for row in here if row.position > seen and _tells(row, kind)]
            if not later:
                after = [row.code for row in here if row.position > self._seen.get(step.door, -1) and row.code]
                return f"The log has no {kind} in its turn; after what was expected before it has {after[-12:]}."
            seen = later[0]
        self._seen[step.door] = seen
        return None

    async def _follow(self) -> None:
        rows = await self._world.rows(self._read)
        self._rows += rows
        if rows:
            self._read = rows[-1].position + 1
        self.played.kinds |= {row.code for row in rows if row.kind in EVENTS and row.code}
        self.played.kinds |= {codes.DECIDED for row in rows if row.alone}
        # A scenario of a thousand hours must not keep them all: what no step can ask for any more is let go.
        if len(self._rows) > 4_000:
            self._rows = self._rows[-2_000:]

    async def judged(self) -> None:
        """Everything is put back and comes to rest, and the judge speaks of every door."""
        world = self._world
        for what, door in sorted(self._hung):
            await world.hang(what, door, False)
        for what, door in sorted(self._out):
            await world.plug(what, door, False)
        until_ms = world.now_ms + SETTLE_MS
        for door in self._scenario.doors:
            while True:
                found = judge(await world.testimony(door), SLACK_MS)
                if not found.findings or world.now_ms >= until_ms:
                    break
                await world.moment(until_ms)
            self.played.rises += found.rises
            self.played.lost += found.lost
            self.played.unearned += found.unearned
            self.played.findings += [f"{door}: {finding}" for finding in found.findings]
        await self._follow()


def _tells(row: Row, kind: str) -> bool:
    return (row.code == kind and row.kind in EVENTS) or (kind == codes.DECIDED and row.alone)
