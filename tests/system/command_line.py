"""Commands of `ostiary` at a running site, as a person types them."""

import asyncio
import json
import subprocess
import sys
from typing import Any

from tests.system.running_site import RunningSite

OSTIARY = (sys.executable, "-m", "ostiary.controller.cli")


async def typed(*words: str) -> subprocess.CompletedProcess[str]:
    """What a command printed and how it ended; never a traceback."""
    done = await asyncio.to_thread(subprocess.run, [*OSTIARY, *words], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


async def command(site: RunningSite, *words: str, operator: str = "office") -> Any:
    """What `ostiary …` prints as JSON; its sentence as a ValueError where it ends with another status than 0."""
    done = await typed(*words, "--operator", operator, "--data", str(site.places.data), "--json")
    if done.returncode:
        raise ValueError(" ".join((done.stderr or done.stdout).split()))
    return json.loads(done.stdout)
