"""Prints the embedder's operating points on a folder of persons, ready to be written into its catalogue entry."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ostiary.models.measure import embeddings, names, rates
from ostiary.models.mistake import Mistake
from ostiary.models.pipeline import FacePipeline

RATES = (1e-3, 1e-4, 3e-5, 1e-5)
SEED = 19795  # the bootstrap's, so that a second run prints the same


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0 when at least one point could be measured."""
    asked = _parser().parse_args(arguments)
    try:
        pipeline = FacePipeline.load()
        found = embeddings.collect(pipeline, asked.images, asked.cache, _progress)
    except (Mistake, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    left_out = names.one_person(found.persons) | _pairs(asked.same_person, found.persons)
    try:
        comparisons = rates.compare(found.vectors, found.person, len(found.persons), left_out)
    except rates.TooFewPictures as error:
        print(error, file=sys.stderr)
        return 1
    print(f"# {pipeline.model.name} on {pipeline.runtime}; pictures {', '.join(found.sizes[:4])}")
    print(f"# {len(found.vectors)} pictures of {len(set(found.person.tolist()))} persons; unusable: {found.failed}")
    print(f"# {len(comparisons.genuine):,} genuine, {comparisons.impostors:,} impostor comparisons")
    for one, other in sorted(left_out):
        print(f"# left out, one person under two names: {found.persons[one]}, {found.persons[other]}")
    for one, other, top, times in names.most_alike(comparisons.high, comparisons.high_persons, asked.alike):
        print(f"# most alike: {top:.3f} ({times}) {found.persons[one]}, {found.persons[other]}")
    rng, measured = np.random.default_rng(SEED), 0
    for fmr in RATES:
        try:
            point = rates.operating_point(comparisons, fmr, rng)
        except rates.TooFewFalseMatches as error:
            print(f"# refused: {error}")
            continue
        measured += 1
        print(
            f"\n[[operating_point]]\nfmr = {point.fmr:g}\nsimilarity = {point.similarity:.3f}\ntar = {point.tar:.4f}"
            f"\nfalse_matches = {point.false_matches}\nfmr_low = {point.fmr_low:.2g}\nfmr_high = {point.fmr_high:.2g}"
        )
    return 0 if measured else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ostiary.models.measure", description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="a folder with one subfolder of pictures a person")
    parser.add_argument("--cache", type=Path, help="an .npz file that keeps the probes for the next run; holds faces!")
    parser.add_argument(
        "--same-person", action="append", default=[], metavar="A,B", help="two folders that are one person; repeatable"
    )
    parser.add_argument("--alike", type=int, default=12, help="how many of the most alike pairs of persons to print")
    return parser


def _pairs(asked: list[str], persons: tuple[str, ...]) -> set[tuple[int, int]]:
    number = {name: at for at, name in enumerate(persons)}
    pairs = set()
    for text in asked:
        one, _, other = text.partition(",")
        if one not in number or other not in number:
            raise SystemExit(f"--same-person {text}: no folder of that name. Write two folder names with a comma.")
        pairs.add((min(number[one], number[other]), max(number[one], number[other])))
    return pairs


def _progress(done: int, total: int) -> None:
    if done % 100 == 0 or done == total:
        print(f"\r{done}/{total} pictures", end="" if done < total else "\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
