"""What lies on the disk of a site that runs: its broker makes and removes files and folders meanwhile."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def contents(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below `directory` with its bytes. What is removed while we look holds nothing."""
    for folder, _, names in os.walk(directory):
        for file in (Path(folder, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if file.is_file():
                    yield file, file.read_bytes()
