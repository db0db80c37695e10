"""One version: what the node says of itself is what the package is called."""

from ostiary.controller import __version__
from ostiary.firmware.pi.node import FIRMWARE


def test_the_node_names_the_version_of_the_package() -> None:
    assert f"ostiary-pi {__version__}" == FIRMWARE
