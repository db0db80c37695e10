"""`make models`: every shipped weights file anew, from the pinned packages and the written ranges, and its sha256."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

from ostiary.models.build import recipes
from ostiary.models.mistake import Mistake

WEIGHTS = Path(__file__).parent.parent / "weights"
MEASURED = Path(__file__).parent / "measured"
SUMS = WEIGHTS / "SHA256SUMS"  # as `sha256sum --check` reads it
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ostiary" / "networks"


def main(arguments: list[str]) -> int:
    """Exit status: 0 when every file came out as it is written down, 1 when one did not or could not be made."""
    parser = argparse.ArgumentParser(prog="python -m ostiary.models.build", description=__doc__)
    parser.add_argument(
        "step",
        choices=("make", "calibrate", "compare", "parity", "crossed", "detectors", "report"),
        nargs="?",
        default="make",
    )
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS, help="where the files go; their sums are checked there too"
    )
    parser.add_argument("--accept", action="store_true", help="write the new sums down instead of comparing")
    asked = parser.parse_args(arguments)
    try:
        if asked.step == "make":
            return _make(asked.out, asked.accept)
        if asked.step == "report":
            return _report()
        return _with_pictures(asked.step)
    except (Mistake, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _make(out: Path, accept: bool) -> int:
    expected = {} if accept else written_down()
    wrong, sums = [], {}
    for recipe in recipes.RECIPES:
        data = recipes.make(recipe, CACHE)
        sums[recipe.file] = hashlib.sha256(data).hexdigest()
        good = accept or sums[recipe.file] == expected.get(recipe.file)
        if good:
            (out / recipe.file).parent.mkdir(parents=True, exist_ok=True)
            (out / recipe.file).write_bytes(data)
        else:
            wrong.append(recipe.file)
        print(f"{sums[recipe.file]}  {len(data):>9,}  {recipe.file}{'' if good else '  is not what was written down'}")
    if accept:
        SUMS.write_text("".join(f"{digest}  {file}\n" for file, digest in sorted(sums.items())), encoding="utf-8")
    if wrong:
        print(
            f"{len(wrong)} of {len(sums)} files came out differently and were not written. A recipe, a range or a"
            " package changed. If that was meant: make models ACCEPT=1, then measure again and change the catalogue.",
            file=sys.stderr,
        )
    return 1 if wrong else 0


def written_down() -> dict[str, str]:
    """sha256 by file, from SHA256SUMS."""
    lines = [line.split("  ") for line in SUMS.read_text(encoding="utf-8").splitlines()]
    return {file: digest for digest, file in lines}


def _with_pictures(step: str) -> int:
    if not (named := os.environ.get("OSTIARY_FACES")):
        print(
            "Nothing was measured. The folder of pictures is not named. Set OSTIARY_FACES to a folder with one"
            " subfolder of pictures a person, and run it again; make models alone needs no picture.",
            file=sys.stderr,
        )
        return 1
    if step == "calibrate":
        from ostiary.models.build.calibrate import calibrate

        for file in calibrate(Path(named), CACHE):
            print(f"{file.stat().st_size:>9,}  {file}")
        return 0
    from ostiary.models.build import compare, detectors, parity

    measure = {
        "parity": parity.beside,
        "crossed": parity.crossed,
        "compare": compare.compare,
        "detectors": detectors.detectors,
    }[step]
    found = measure(WEIGHTS, Path(named), lambda said: print(said, file=sys.stderr, flush=True))
    MEASURED.mkdir(exist_ok=True)
    (MEASURED / f"{step}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return _report()


def _report() -> int:
    """The report and the cards again, from what was measured before."""
    from ostiary.models.build import report

    for file in (report.write(), *report.into_cards()):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
