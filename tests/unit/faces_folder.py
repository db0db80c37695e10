"""A folder of the sample portraits, laid out as Labeled Faces in the Wild is."""

import shutil
from pathlib import Path

from ostiary.controller.samples import portrait

PLACES = {
    "M_0001": "member-1",
    "M_0002": "member-2",
    "S_0001": "stranger-1",
    "N_0001": "no-face",
}


def faces_folder(directory: Path) -> Path:
    """Person M twice, S once, and N without a face."""
    for place, name in PLACES.items():
        source = portrait(name)
        target = directory / place.partition("_")[0] / f"{place}{source.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return directory
