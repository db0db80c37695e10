"""The sample portraits are the unaltered files that their credits name, and nothing else lies beside them."""

import hashlib
import re

import numpy as np
import pytest

from ostiary.controller.samples import portrait, portraits
from ostiary.controller.samples.compose import side_by_side

FOLDER = portrait("member-1").parent
CREDITS = (FOLDER / "CREDITS.md").read_text(encoding="utf-8")


def test_each_file_has_a_line_of_credits_with_its_sha256() -> None:
    named = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", CREDITS, re.MULTILINE))
    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.iterdir()
        if file.name != "CREDITS.md"
    }
    assert named == there


def test_the_names_say_parts_in_a_demonstration_and_no_person() -> None:
    assert portraits() == ("member-1", "member-2", "member-3", "no-face", "stranger-1", "stranger-2")


@pytest.mark.parametrize("name", ["nobody", "", "CREDITS", "../portraits/member-1", "member-1.jpg"])
def test_an_unknown_name_is_told_the_known_ones(name: str) -> None:
    with pytest.raises(LookupError, match="There are: member-1"):
        portrait(name)


def test_side_by_side_keeps_both_whole_and_in_order() -> None:
    left, right = np.full((200, 100, 3), 50, np.uint8), np.full((80, 120, 3), 220, np.uint8)
    both = side_by_side(left, right)
    assert both.shape == (80, 40 + 120, 3)
    assert both.dtype == np.uint8
    assert (both[:, :40] == 50).all()
    assert (both[:, 40:] == 220).all()
