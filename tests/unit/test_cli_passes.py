"""`ostiary pass`: what it draws is what a door's camera reads, and a time is taken as people type it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from ostiary.controller.cli import passes as command
from ostiary.protocol import passes

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_largest_pass_is_read_from_its_picture(tmp_path: Path) -> None:
    pytest.importorskip("zxingcpp", reason="Without zxing-cpp no node reads a pass, and neither does this test.")
    import numpy as np
    from PIL import Image

    from ostiary.firmware.pi import qr

    data = passes.payload(
        "n" * 40, bytes(range(16)), ["front-" + letter * 4 for letter in "abcdef"], 0, passes.LATEST_S
    )
    text = passes.text(data, bytes(range(64)))
    command._draw(text, tmp_path / "pass.png")
    with Image.open(tmp_path / "pass.png") as picture:
        assert qr.read(np.asarray(picture.convert("RGB"))) == text


@pytest.mark.parametrize(
    ("said", "after"),
    [("8h", timedelta(hours=8)), ("3d", timedelta(days=3)), ("2026-11-25T14:30+01:00", timedelta(0, 5400))],
)
def test_a_time_is_a_moment_or_a_while(said: str, after: timedelta) -> None:
    assert command._moment("--until", said, NOW) == int((NOW + after).timestamp())
    assert command._moment("--from", None, NOW) == int(NOW.timestamp())


@pytest.mark.parametrize("said", ["", "h", "8", "8m", "-1h", "²h", "99999d", "tomorrow", "2026-13-01", "0001-01-01"])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no time"):
        command._moment("--until", said, NOW)
