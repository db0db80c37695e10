"""`python -m ostiary.controller --data DIR`: the keeper process."""

import argparse
import logging
import sys
from pathlib import Path

SWITCH_S = 1e-4


def main() -> int:
    asked = argparse.ArgumentParser(prog="ostiary keeper", description="Decides, and records every decision.")
    asked.add_argument("--data", type=Path, required=True, help="the site's data directory")
    places_data: Path = asked.parse_args().data
    logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stderr)

    import uvloop

    from ostiary.controller.app import open_keeper
    from ostiary.controller.mendable import MENDABLE

    async def decide() -> None:
        keeper = open_keeper(places_data)
        await keeper.run()

    # The log's writer waits for Python's lock at most this long, instead of 5 ms, while the event loop computes.
    sys.setswitchinterval(SWITCH_S)
    try:
        uvloop.run(decide())
    except MENDABLE as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
