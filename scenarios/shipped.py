"""The scenarios that come with the product, by name."""

from pathlib import Path


def shipped() -> dict[str, Path]:
    """Every page beside this file."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.yaml"))}
