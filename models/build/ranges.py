"""How far each channel of each activation reaches: measured once on real faces, then written down.

With the ranges in the repository every weights file can be made again to the byte, and nobody needs a picture for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "ranges"
# activation → lowest and highest value of each channel, float64
Ranges = dict[str, tuple[np.ndarray, np.ndarray]]
_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What calibration knows of one network. `centre`, where there is one: the mean of its output over persons."""

    network: str
    pictures: int
    persons: int
    bounds: Ranges
    centre: np.ndarray | None = None

    def write(self, folder: Path = FOLDER) -> Path:
        """One JSON file, four digits a number: bounds of channels, and nothing of a picture."""
        entry = {
            "network": self.network,
            "pictures": self.pictures,
            "persons": self.persons,
            "centre": None if self.centre is None else _short(self.centre),
            "bounds": {name: [_short(low), _short(high)] for name, (low, high) in self.bounds.items()},
        }
        file = folder / f"{self.network}.json"
        lines = json.dumps(entry, separators=(",", ":")).replace('"t', '\n"t').replace("}}", "}}\n")
        file.write_text(lines, encoding="utf-8")
        return file


def load(network: str, folder: Path = FOLDER) -> Measured:
    """Raises OSError when nothing was measured for it."""
    entry = json.loads((folder / f"{network}.json").read_text(encoding="utf-8"))
    bounds = {name: (np.array(low), np.array(high)) for name, (low, high) in entry["bounds"].items()}
    centre = None if entry["centre"] is None else np.array(entry["centre"])
    return Measured(entry["network"], entry["pictures"], entry["persons"], bounds, centre)


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]
