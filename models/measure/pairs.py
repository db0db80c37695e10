"""Pairs of pictures in the format of Labeled Faces in the Wild: read strictly, or drawn from a folder by a seed.

First line: folds and pairs of each kind in a fold (or the latter alone: one fold). Then, fold by fold, as many lines
`name n1 n2` for two pictures of one person as `name1 n1 name2 n2` for two persons. Picture n of name is name_000n.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from ostiary.models.mistake import Mistake

FOLDS = 10


class BadPairs(Mistake, ValueError):
    """A file of pairs cannot be used; names the line, what it says and what was expected."""


@dataclass(frozen=True, slots=True)
class Pair:
    """File names without ending, and whether they show one person."""

    one: str
    other: str
    genuine: bool


def read(file: Path) -> list[list[Pair]]:
    """The folds of `file`. Raises BadPairs."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(file, f"it cannot be read: {error}") from error
    head = lines[0].split() if lines else []
    if not 1 <= len(head) <= 2 or not all(_number(word) for word in head):
        raise _bad(file, f"line 1 is {' '.join(head)[:40]!r}, expected the numbers of folds and of pairs")
    folds, each = (1, int(head[0])) if len(head) == 1 else (int(head[0]), int(head[1]))
    body = [(at, line.split()) for at, line in enumerate(lines[1:], 2) if line.strip()]
    if len(body) != folds * each * 2:
        raise _bad(file, f"it has {len(body)} pairs, expected {folds} folds of {each} genuine and {each} impostor")
    found = []
    for fold in range(folds):
        part = body[fold * each * 2 : (fold + 1) * each * 2]
        found.append([_pair(file, at, words, row < each) for row, (at, words) in enumerate(part)])
    return found


def made(files: list[Path], seed: int, folds: int = FOLDS, each: int = 300) -> str:
    """The text of a file of pairs: `each` genuine and `each` impostor pairs a fold, no pair twice, no person in two
    folds. `files` are pictures in folders of persons. Raises BadPairs when there are too few."""
    numbers: dict[str, list[int]] = {}
    for file in files:
        name, _, number = file.stem.rpartition("_")
        if name == file.parent.name and _number(number):
            numbers.setdefault(name, []).append(int(number))
    rng = random.Random(seed)  # noqa: S311 - drawing pairs, not secrets
    persons = sorted(numbers)
    rng.shuffle(persons)
    text = [f"{folds}\t{each}"]
    for fold in range(folds):
        part = persons[fold::folds]
        genuine = [
            (name, one, other)
            for name in part
            for at, one in enumerate(sorted(numbers[name]))
            for other in sorted(numbers[name])[at + 1 :]
        ]
        pictures = [len(numbers[name]) for name in part]
        crossed = (sum(pictures) ** 2 - sum(count**2 for count in pictures)) // 2
        if len(genuine) < each or crossed < each:
            raise BadPairs(
                "The folder is too small for these pairs.",
                f"Fold {fold + 1} has {len(genuine)} genuine and {crossed} impostor pairs, expected {each}.",
                "Ask for fewer pairs in a fold, or name a larger folder.",
            )
        text += ["\t".join(map(str, pair)) for pair in sorted(rng.sample(genuine, each))]
        impostors: set[tuple[str, int, str, int]] = set()
        while len(impostors) < each:
            one, other = sorted(rng.sample(part, 2))
            impostors.add((one, rng.choice(numbers[one]), other, rng.choice(numbers[other])))
        text += ["\t".join(map(str, pair)) for pair in sorted(impostors)]
    return "\n".join(text) + "\n"


def _pair(file: Path, at: int, words: list[str], genuine: bool) -> Pair:
    expected = "name n1 n2" if genuine else "name1 n1 name2 n2"
    numbers = words[1:] if genuine else words[1::2]
    if len(words) != (3 if genuine else 4) or not all(_number(word) for word in numbers):
        raise _bad(file, f"line {at} is {' '.join(words)[:60]!r}, expected {expected}")
    one = f"{words[0]}_{int(words[1]):04d}"
    other = f"{words[0] if genuine else words[2]}_{int(words[-1]):04d}"
    return Pair(one, other, genuine)


def _number(word: str) -> bool:
    return word.isascii() and word.isdigit() and 0 < int(word) < 10**6


def _bad(file: Path, why: str) -> BadPairs:
    return BadPairs(
        f"The pairs in {file.name} cannot be used.", f"{file}: {why}.", "Use the format of LFW's own pairs.txt."
    )
