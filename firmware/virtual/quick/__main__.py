"""Plays scenarios in virtual time: `python -m ostiary.firmware.virtual.quick PAGE… [--json]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from ostiary.firmware.virtual.quick.world import QuickWorld
from ostiary.scenarios.play.errors import CannotPlay, NoScenario
from ostiary.scenarios.play.page import read
from ostiary.scenarios.play.player import play
from ostiary.scenarios.play.telling import line, summary


def main() -> int:
    """Exit status: 0 when all went well, 1 when not, 2 for a page that cannot be played."""
    parser = argparse.ArgumentParser(prog="quick", description="Scenarios in virtual time.")
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    done = []
    try:
        for scenario in [read(page) for page in asked.pages]:
            done.append(asyncio.run(play(scenario, QuickWorld())))
            print(json.dumps(done[-1].as_document()) if asked.json else line(done[-1]), flush=True)
    except (CannotPlay, NoScenario, OSError) as mistake:
        print(mistake, file=sys.stderr)
        return 2
    print(summary(done, asked.json))
    return 0 if all(one.well for one in done) else 1


if __name__ == "__main__":
    raise SystemExit(main())
