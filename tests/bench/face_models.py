"""`make bench-models`: this pipeline beside its peers: the same pictures, pairs and frames, one thread, one run."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from ostiary.models import catalog, picture
from ostiary.models.measure import card, embeddings, folds, frames, pairs, rates
from ostiary.models.pipeline import FacePipeline

SEED, EACH, FRAMES = 1, 50, 40
TARGET = Path("docs/face-models.md")


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """One pipeline's result: its vectors by picture, CPU milliseconds of each 640 x 480 frame, and its files' size."""

    name: str
    vectors: dict[str, np.ndarray]
    frames_ms: np.ndarray
    bytes: int
    alike: Callable[[np.ndarray, np.ndarray], float]
    table: Callable[[np.ndarray], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument(
        "--peer", type=Path, required=True, help="Python of the environment that holds face_recognition"
    )
    asked = parser.parse_args()
    files = embeddings.pictures(asked.images)
    with tempfile.TemporaryDirectory() as directory:
        drawn = Path(directory) / "pairs.txt"
        drawn.write_text(pairs.made(files, SEED, each=EACH), encoding="utf-8")
        asked_pairs = pairs.read(drawn)
        named = {name for fold in asked_pairs for pair in fold for name in (pair.one, pair.other)}
        chosen = [file for file in files if file.stem in named]
        at_the_door = _frames(chosen, Path(directory))
        ran = [_ours(chosen, at_the_door), _dlib(asked.peer, chosen, at_the_door, Path(directory))]
    text = _told(asked_pairs, ran)
    print(text)
    card.write(TARGET, "peers", text)


def _frames(files: list[Path], directory: Path) -> list[Path]:
    """People at a door: pictures in the middle of a 640 x 480 frame, about 64 px between the eyes, as PNG."""
    step, made = max(1, len(files) // FRAMES), []
    for number, file in enumerate(files[::step][:FRAMES]):
        made.append(directory / f"frame-{number}.png")
        Image.fromarray(frames.placed(picture.decode(file.read_bytes()), np.eye(3))).save(made[-1])
    return made


def _ours(files: list[Path], at_the_door: list[Path]) -> Ran:
    pipeline = FacePipeline.load()
    vectors, spent = {}, []
    for file in track(files, "this pipeline"):
        rgb = picture.decode(file.read_bytes())
        look = pipeline.look(rgb, embed="all")
        vector = embeddings.middle_vector(look, rgb, judged=False)
        if not isinstance(vector, str):
            vectors[file.stem] = vector
    for file in at_the_door:
        rgb = picture.decode(file.read_bytes())
        begun = time.thread_time()
        pipeline.look(rgb).wipe()
        spent.append((time.thread_time() - begun) * 1000)
    size = sum(model.bytes for model in catalog.models())
    return Ran(f"this pipeline, {pipeline.runtime}", vectors, np.array(spent), size, np.dot, lambda all_: all_ @ all_.T)


def _dlib(python: Path, files: list[Path], at_the_door: list[Path], directory: Path) -> Ran:
    out = directory / "dlib.npz"
    lines = [f"picture {file.resolve()}" for file in files] + [f"frame {file}" for file in at_the_door]
    print(f"dlib looks at {len(files)} pictures; this takes some minutes …", file=sys.stderr)
    subprocess.run(
        [python, Path(__file__).with_name("peer_dlib.py"), out],
        input="\n".join(lines) + "\n",
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    with np.load(out) as kept:
        vectors = dict(zip(kept["names"].tolist(), kept["vectors"], strict=True))
        frames_ms, size = kept["frames_ms"], int(kept["bytes"])

    def table(every: np.ndarray) -> np.ndarray:
        squares = (every**2).sum(1)
        return -np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * every @ every.T, 0))

    return Ran(
        "dlib 20 / face_recognition 1.3, upsampled once (default)",
        vectors,
        frames_ms,
        size,
        lambda one, other: -float(np.linalg.norm(one - other)),
        table,
    )


def _told(asked: list[list[pairs.Pair]], ran: list[Ran]) -> str:
    common = set.intersection(*(set(one.vectors) for one in ran))
    names = sorted(common)
    person = np.array([name[:-5] for name in names])
    same = person[:, None] == person[None]
    upper = np.triu(np.ones_like(same), 1).astype(bool)
    pictures = len({name for fold in asked for pair in fold for name in (pair.one, pair.other)})
    lines = [
        f"{pictures:,} pictures, {len(asked)} folds of {EACH} genuine and {EACH} impostor pairs (`ostiary models "
        f"pairs --seed {SEED} --each {EACH}`), {FRAMES} frames of 640 x 480; {platform.machine()}, one thread, CPU "
        f"time. The rates are of the {len(names):,} pictures in which each pipeline found a face, no quality asked: "
        "share of pairs rightly judged with its standard error over folds, and TAR over all "
        f"{int((upper & ~same).sum()):,} impostor and {int((upper & same).sum()):,} genuine comparisons.",
        "",
        "| | rightly judged % | TAR at FMR 1e-3 % | TAR at FMR 1e-4 % | no face found | ms a frame, median | MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in ran:
        held = {name: one.vectors[name] for name in names}
        result = folds.judge(asked, held, one.alike)
        table = one.table(np.array([held[name] for name in names]))
        genuine, impostor = table[upper & same], table[upper & ~same]
        lines.append(
            f"| {one.name} | {100 * result.accuracy:.2f} ± {100 * result.standard_error:.2f} | "
            f"{100 * rates.tar_at(genuine, impostor, 1e-3):.2f} | {100 * rates.tar_at(genuine, impostor, 1e-4):.2f} | "
            f"{pictures - len(one.vectors)} | {np.median(one.frames_ms):.1f} | {one.bytes / 1e6:.1f} |"
        )
    first = float(np.median(ran[0].frames_ms))
    for one in ran[1:]:
        lines += ["", f"A frame takes {one.name.split(' /')[0]} {np.median(one.frames_ms) / first:.1f} times as long."]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
