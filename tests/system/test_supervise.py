"""The supervisor: a dead process is started again, a failed start says why, nothing outlives a killed one."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ostiary.controller.supervise import Program, StartFailed, Supervisor

pytestmark = pytest.mark.system


def script(text: str) -> Callable[[], Sequence[str]]:
    return lambda: (sys.executable, "-c", text)


READY_AND_WAIT = "print('READY', flush=True); import signal; signal.pause()"


def test_a_killed_program_is_started_again() -> None:
    async def story() -> None:
        again = asyncio.Event()
        supervisor = Supervisor(lambda text: again.set() if text.endswith("runs again.") else None)
        try:
            await supervisor.start(Program("door", script(READY_AND_WAIT)))
            first = supervisor.pid("door")
            os.kill(first, signal.SIGKILL)
            async with asyncio.timeout(20):
                await again.wait()
            assert supervisor.pid("door") != first
        finally:
            await supervisor.stop()

    asyncio.run(story())


def test_a_start_that_fails_says_what_the_program_said() -> None:
    async def story() -> None:
        supervisor = Supervisor(lambda _: None)
        try:
            with pytest.raises(StartFailed, match=r"broker did not start. the port is taken"):
                await supervisor.start(Program("broker", script("raise SystemExit('the port is taken')")))
        finally:
            await supervisor.stop()

    asyncio.run(story())


def test_a_start_waits_for_a_ready_that_is_asked_for() -> None:
    async def story() -> None:
        asked = asyncio.Event()

        async def ready() -> None:
            asked.set()

        supervisor = Supervisor(lambda _: None)
        try:
            await supervisor.start(Program("quiet", script("import signal; signal.pause()"), ready))
            assert asked.is_set()
        finally:
            await supervisor.stop()

    asyncio.run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux ends the children of a killed parent.")
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from ostiary.controller.supervise import Program, Supervisor
async def story():
    supervisor = Supervisor(lambda _: None)
    await supervisor.start(Program("door", lambda: (sys.executable, "-c", {READY_AND_WAIT!r})))
    print(supervisor.pid("door"), flush=True)
    await asyncio.Event().wait()
asyncio.run(story())
"""
    keeper = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert keeper.stdout is not None
    child = os.pidfd_open(int(keeper.stdout.readline()))
    keeper.kill()
    keeper.wait()
    import select

    ended, _, _ = select.select([child], [], [], 20)
    assert ended, "the child still runs"
