"""`make fuzz`: many cases for each target, with a progress bar; findings are written to files and end with exit 1."""

import argparse
import sys
import traceback
from pathlib import Path

from rich.progress import Progress

from tests.fuzz.runner import Finding, Target, run, targets

FOUND = Path(".fuzz")


def main() -> int:
    known = targets()
    parser = argparse.ArgumentParser(description="Feed hostile input to the house.", prog="python -m tests.fuzz")
    parser.add_argument("--only", choices=sorted(known), help="one target instead of all")
    parser.add_argument("--cases", type=int, default=20_000, help="how many cases a target (20000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case (0)")
    parser.add_argument("--file", type=Path, help="judge this file instead; needs --only")
    chosen = parser.parse_args()
    if chosen.file:
        if not chosen.only:
            parser.error("--file needs --only TARGET, the target that judges it.")
        known[chosen.only].judge(chosen.file.read_bytes())
        print(f"{chosen.file}: well behaved.")
        return 0
    found = 0
    for target in [known[chosen.only]] if chosen.only else known.values():
        found += _all_of(target, chosen.first, chosen.cases)
    return 1 if found else 0


def _all_of(target: Target, first: int, count: int) -> int:
    found = 0
    with Progress() as progress:
        task = progress.add_task(target.name, total=len(target.kept()) + count)
        for finding in run(target, first, count):
            progress.advance(task)
            if finding is not None:
                found += 1
                _tell(target, finding)
    print(f"{target.name}: {len(target.kept()) + count} cases, {found} findings")
    return found


def _tell(target: Target, finding: Finding) -> None:
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{target.name}-{finding.source.replace(' ', '-')}"
    path.write_bytes(finding.data)
    traceback.print_exception(finding.error)
    print(f"{target.name}, {finding.source}. Once more: python -m tests.fuzz --only {target.name} --file {path}")


if __name__ == "__main__":
    sys.exit(main())
