"""Keeps a site's processes running: starts them, waits until each is ready, starts a dead one again, ends them all.

A process that dies takes nobody with it. When the supervisor itself is killed, the kernel ends its children
(PR_SET_PDEATHSIG, Linux), so that the next start finds its ports free.
"""

import asyncio
import contextlib
import ctypes
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ostiary.controller.store.errors import ThreePartError

READY = b"READY\n"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
PATIENCE_S = 30.0
GOODBYE_S = 3.0
LAST_LINES = 12
LONGEST_LINE = 1 << 20
PR_SET_PDEATHSIG = 1


class StartFailed(RuntimeError):
    """A process ended, or said nothing, before it was ready."""

    def __init__(self, name: str, said: list[str]) -> None:
        last = said[-1] if said else "It left no message."
        super().__init__(f"The {name} did not start. {last}")
        self.name, self.said = name, said


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how its readiness is known: by a READY line on its output, or by `ready` coming back.

    `command` is asked before every start and may make things ready for it, or raise a `ThreePartError`. `last_words`
    finds out why it ended where its own output does not say it.
    """

    name: str
    command: Callable[[], Sequence[str]]
    ready: Callable[[], Awaitable[None]] | None = None
    last_words: Callable[[], str | None] = lambda: None


def python(module: str, *arguments: str) -> Callable[[], Sequence[str]]:
    """The command that runs one of our modules with this very interpreter."""
    return lambda: (sys.executable, "-m", module, *arguments)


class Supervisor:
    """Starts programs and keeps them. `say` gets a sentence whenever something happens to one of them, `note` every
    line that they write to their log."""

    def __init__(self, say: Callable[[str], None], note: Callable[[str], None] = lambda _: None) -> None:
        self._say, self._note = say, note
        self._keeping: list[asyncio.Task[None]] = []
        self._order: list[str] = []
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._unplugged: dict[str, asyncio.Event] = {}

    async def start(self, program: Program) -> None:
        """Returns when the program is ready. Raises `StartFailed` with its last lines when it never is, and what its
        `command` raises."""
        self._order.append(program.name)
        process, said = await self._launch(program)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._ready(program, process, said)
        except TimeoutError as error:
            raise StartFailed(program.name, [f"It was not ready after {PATIENCE_S:.0f} seconds."]) from error
        self._keeping.append(asyncio.create_task(self._keep(program, process)))

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def unplug(self, name: str) -> None:
        """Kill a program as a pulled plug would, and leave it so until `plug`."""
        self._unplugged[name] = asyncio.Event()
        self._running[name].kill()

    def plug(self, name: str) -> None:
        """Let an unplugged program start again, as any that died does."""
        self._unplugged.pop(name).set()

    async def _launch(self, program: Program) -> tuple[asyncio.subprocess.Process, deque[str]]:
        process = await asyncio.create_subprocess_exec(
            *program.command(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_die_with_parent,
            limit=LONGEST_LINE,
        )
        self._running[program.name] = process
        said: deque[str] = deque(maxlen=LAST_LINES)
        assert process.stderr is not None  # noqa: S101 - asked for above
        self._keeping.append(asyncio.create_task(self._listen(program.name, process.stderr, said)))
        return process, said

    async def _listen(self, name: str, stream: asyncio.StreamReader, said: deque[str]) -> None:
        async for line in stream:
            said.append(line.decode(errors="replace").rstrip())
            self._note(f"{name}: {said[-1]}")

    async def _ready(self, program: Program, process: asyncio.subprocess.Process, said: deque[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - asked for above
        if program.ready is None:
            while line := await process.stdout.readline():
                if line == READY:
                    return
            await process.wait()
            raise _failed(program, said)
        ready, ended = asyncio.ensure_future(program.ready()), asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                raise _failed(program, said)
            ready.result()
        finally:
            ready.cancel()
            ended.cancel()

    async def _keep(self, program: Program, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            started = loop.time()
            assert process.stdout is not None  # noqa: S101 - asked for in _launch
            while await process.stdout.readline():
                pass
            code = await process.wait()
            if loop.time() - started > LONGEST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            if (unplugged := self._unplugged.get(program.name)) is not None:
                await unplugged.wait()
                pause_s = FIRST_PAUSE_S
            self._say(f"The {program.name} ended ({code}); starting it again.")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            try:
                process, _ = await self._launch(program)
            except ThreePartError as error:
                self._say(str(error))
                continue
            self._say(f"The {program.name} runs again.")

    async def stop(self) -> None:
        """End every program; the first started last, since the others say goodbye over it."""
        for task in self._keeping:
            task.cancel()
        running = [self._running[name] for name in self._order if name in self._running]
        await _end(running[1:])
        await _end(running[:1])


async def _end(processes: Sequence[asyncio.subprocess.Process]) -> None:
    """Ask all to end; one that does not listen within `GOODBYE_S` is killed."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    for process in processes:
        try:
            async with asyncio.timeout(GOODBYE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _failed(program: Program, said: Sequence[str]) -> StartFailed:
    words = program.last_words()
    return StartFailed(program.name, [*said, words] if words else list(said))


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
