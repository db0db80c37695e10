"""Which models there are: one strict TOML file each; weights are used only with the sha256 written there."""

import hashlib
import math
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ostiary.models import traits
from ostiary.models.mistake import Mistake

FOLDER = Path(__file__).parent / "catalog"
TASKS = ("detect", "landmarks", "embed")
MIN_FALSE_MATCHES = 30  # "rule of 30": Doddington et al., Speech Communication 31 (2000); ISO/IEC 19795-1, B.1.2


class MissingModel(Mistake, LookupError):
    """No catalogue entry of that name, or its weights file is not there."""


class WrongModel(Mistake, ValueError):
    """The weights file is not the one that the catalogue names; `found` and `expected` are sha256 in hex."""

    def __init__(self, file: Path, found: str, expected: str) -> None:
        super().__init__(
            f"The model file {file.name} was refused.",
            f"Its sha256 is {found}, the catalogue expects {expected}.",
            f"Restore {file} from the release, or name the new file and its measurements in the catalogue.",
        )
        self.found = found
        self.expected = expected


class BadCatalog(Mistake, ValueError):
    """A catalogue file cannot be read, lacks a key, or says something impossible."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Name for us, shape with the batch of one, dtype as numpy spells it ("float32", "int8")."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A measured similarity threshold: at or above it, impostor comparisons match at `fmr` or less.

    `fmr_low` and `fmr_high` are the 95 % interval over persons, `false_matches` the count the point stands on, `tar`
    the share of genuine comparisons that pass.
    """

    fmr: float
    similarity: float
    tar: float
    false_matches: int
    fmr_low: float
    fmr_high: float


@dataclass(frozen=True, slots=True)
class Model:
    """One catalogue entry, read from the file `entry`. A pixel p in 0..255 enters the network as (p - mean) / scale."""

    entry: Path
    name: str
    task: str
    file: Path
    sha256: str
    bytes: int
    input: Tensor
    outputs: tuple[Tensor, ...]
    mean: float
    scale: float
    licence: str
    source: str
    caveat: str
    dimensions: int = 0
    measured_on: str = ""
    operating_points: tuple[OperatingPoint, ...] = ()


def read(file: Path) -> Model:
    """The entry in `file`. Raises BadCatalog, with the key that is wrong."""
    try:
        entry = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(file, str(error)) from error
    try:
        model = _model(file, entry)
    except KeyError as error:
        raise _bad(file, f"the key {error} is missing") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _bad(file, str(error)) from error
    if model.task not in TASKS:
        raise _bad(file, f"task is {model.task!r}, expected one of {', '.join(TASKS)}")
    if found := traits.named(model.name, model.file.name, *(tensor.name for tensor in model.outputs)):
        raise _bad(file, f"it names {', '.join(found)}: no trait of a person is computed here")
    if len(model.sha256) != 64 or not set(model.sha256) <= set("0123456789abcdef"):
        raise _bad(file, "sha256 is not 64 lower-case hexadecimal digits")
    if not 0 < model.scale < math.inf:
        raise _bad(file, f"normalization.scale is {model.scale}, expected more than 0")
    if not math.isfinite(model.mean):
        raise _bad(file, f"normalization.mean is {model.mean}, expected a number")
    if model.task == "embed" and model.dimensions < 1:
        raise _bad(file, "dimensions is missing or less than 1")
    _check_points(file, model.operating_points)
    return model


def models(folder: Path = FOLDER) -> tuple[Model, ...]:
    """Every entry in `folder`, in the order of their file names. Raises BadCatalog."""
    found = tuple(read(file) for file in sorted(folder.glob("*.toml")))
    if not found:
        raise BadCatalog(
            "There are no models.", f"{folder} holds no .toml file.", "Install the package again, or name its folder."
        )
    return found


def embedders(folder: Path = FOLDER) -> tuple[Model, ...]:
    """The entries that make probes; a keeper knows them by sha256. Raises BadCatalog."""
    return tuple(model for model in models(folder) if model.task == "embed")


def the_one(task: str, folder: Path = FOLDER) -> Model:
    """The only entry for a task: two would leave open which thresholds hold. Raises BadCatalog, MissingModel."""
    found = [model for model in models(folder) if model.task == task]
    if not found:
        raise MissingModel(
            f"There is no model for the task {task!r}.",
            f"No entry in {folder} has it.",
            "Install the package again, or add an entry.",
        )
    if len(found) > 1:
        names = ", ".join(model.name for model in found)
        raise BadCatalog(
            f"The task {task!r} has several models.", f"{folder} names {names}.", "Leave one; move the others away."
        )
    return found[0]


def checked_file(model: Model) -> Path:
    """The weights' path, after its sha256 was compared. The file is read in blocks, so memory stays constant.

    Raises MissingModel when it cannot be read and WrongModel when it is another file.
    """
    try:
        with model.file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise MissingModel(
            f"The model file {model.file.name} cannot be read.",
            f"{model.file}: {error.strerror}.",
            "Install the package again; weights come with it and are never downloaded at run time.",
        ) from error
    if found != model.sha256:
        raise WrongModel(model.file, found, model.sha256)
    return model.file


def _model(file: Path, entry: dict[str, Any]) -> Model:
    return Model(
        entry=file,
        name=str(entry["name"]),
        task=entry["task"],
        file=(file.parent / str(entry["file"])).resolve(),
        sha256=str(entry["sha256"]),
        bytes=int(entry["bytes"]),
        input=_tensor("input", entry["input"]),
        outputs=tuple(_tensor(name, tensor) for name, tensor in entry["outputs"].items()),
        mean=float(entry["normalization"]["mean"]),
        scale=float(entry["normalization"]["scale"]),
        licence=str(entry["licence"]),
        source=str(entry["source"]),
        caveat=str(entry["caveat"]),
        dimensions=int(entry.get("dimensions", 0)),
        measured_on=str(entry.get("measured_on", "")),
        operating_points=tuple(_point(point) for point in entry.get("operating_point", ())),
    )


def _tensor(name: str, entry: dict[str, Any]) -> Tensor:
    shape = entry["shape"]
    if not isinstance(shape, list) or not all(type(side) is int and side > 0 for side in shape):
        raise ValueError(f"{name}.shape is {shape!r}, expected a list of whole numbers")
    return Tensor(name, tuple(shape), str(entry["dtype"]))


def _point(entry: dict[str, Any]) -> OperatingPoint:
    return OperatingPoint(
        fmr=float(entry["fmr"]),
        similarity=float(entry["similarity"]),
        tar=float(entry["tar"]),
        false_matches=int(entry["false_matches"]),
        fmr_low=float(entry["fmr_low"]),
        fmr_high=float(entry["fmr_high"]),
    )


def _check_points(file: Path, points: tuple[OperatingPoint, ...]) -> None:
    """A lower error rate with a lower threshold would open a door wider the more careful its policy is."""
    ordered = sorted(points, key=lambda point: -point.fmr)
    for point in ordered:
        if not 0 < point.fmr < 1 or not -1 <= point.similarity <= 1 or not 0 <= point.tar <= 1:
            raise _bad(file, f"operating_point fmr {point.fmr}, similarity {point.similarity} is out of range")
        if not 0 <= point.fmr_low <= point.fmr_high <= 1:
            raise _bad(file, f"operating_point fmr {point.fmr} has the interval {point.fmr_low} to {point.fmr_high}")
        if point.false_matches < MIN_FALSE_MATCHES:
            raise _bad(
                file,
                f"operating_point fmr {point.fmr} stands on {point.false_matches} false matches, "
                f"expected at least {MIN_FALSE_MATCHES}",
            )
    for wide, narrow in pairwise(ordered):
        if not (narrow.fmr < wide.fmr and narrow.similarity > wide.similarity):
            raise _bad(file, f"operating_point fmr {narrow.fmr} is not stricter than fmr {wide.fmr}")


def _bad(file: Path, why: str) -> BadCatalog:
    return BadCatalog(
        f"The catalogue file {file.name} cannot be used.",
        f"{file}: {why}.",
        "Compare it with the release's file, or correct the key named here.",
    )
