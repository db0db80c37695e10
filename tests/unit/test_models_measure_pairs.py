"""Pairs in LFW's format: read strictly, drawn again by the same seed, and judged fold by fold."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.models.measure import folds, pairs

GOOD = "2\t1\nA\t1\t2\nA\t1\tB\t3\nC\t1\t4\nC\t2\tD_E\t1\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "pairs.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_folds_are_read_with_the_names_of_their_files(tmp_path: Path) -> None:
    one, two = pairs.read(written(tmp_path, GOOD))
    assert one == [pairs.Pair("A_0001", "A_0002", True), pairs.Pair("A_0001", "B_0003", False)]
    assert two == [pairs.Pair("C_0001", "C_0004", True), pairs.Pair("C_0002", "D_E_0001", False)]
    assert len(pairs.read(written(tmp_path, "1\nA 1 2\nA 1 B 3\n"))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 is"),
        ("ten 300\n", "line 1 is 'ten 300'"),
        ("1 2 3\n", "line 1 is"),
        ("0 1\n", "line 1 is"),
        (GOOD + "A\t1\t2\n", "it has 5 pairs, expected 2 folds of 1 genuine and 1 impostor"),
        (GOOD.replace("A\t1\tB\t3", "A\t1\tB"), "line 3 is 'A 1 B', expected name1 n1 name2 n2"),
        (GOOD.replace("C\t1\t4", "C\t1\t-4"), "line 4 is 'C 1 -4', expected name n1 n2"),
        (GOOD.replace("C\t1\t4", "C\t1\t\u0664"), "line 4"),
    ],
)
def test_what_is_no_pair_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(pairs.BadPairs) as refused:
        pairs.read(written(tmp_path, text))
    assert said in refused.value.why
    assert "pairs.txt" in refused.value.what


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "pairs-fuzz.txt"
    file.write_bytes(data)
    try:
        assert pairs.read(file)
    except pairs.BadPairs as refused:
        assert all((refused.what, refused.why, refused.now))


def files(persons: int, each: int) -> list[Path]:
    return [Path(f"P{who}/P{who}_{n:04d}.jpg") for who in range(persons) for n in range(1, each + 1)]


def test_drawn_pairs_are_readable_repeatable_and_share_no_person_between_folds(tmp_path: Path) -> None:
    text = pairs.made(files(40, 4), seed=3, folds=10, each=12)
    assert text == pairs.made(files(40, 4), seed=3, folds=10, each=12)
    assert text != pairs.made(files(40, 4), seed=4, folds=10, each=12)
    found = pairs.read(written(tmp_path, text))
    assert [len(fold) for fold in found] == [24] * 10
    persons = [{name[:-5] for pair in fold for name in (pair.one, pair.other)} for fold in found]
    assert sum(map(len, persons)) == len(set().union(*persons))
    for fold in found:
        assert len(set(fold)) == 24
        assert all((pair.one[:-5] == pair.other[:-5]) == pair.genuine for pair in fold)
    with pytest.raises(pairs.BadPairs, match=r"Fold 1 has 0 genuine"):
        pairs.made(files(40, 1), seed=3)


def test_folds_are_judged_by_the_threshold_of_the_others() -> None:
    angle = {"A_1": 0.0, "A_2": 0.2, "B_1": 2.0, "B_2": 2.2, "C_1": 4.0, "C_2": 4.2}
    vectors = {name: np.array([np.cos(at), np.sin(at)]) for name, at in angle.items()}
    good = [pairs.Pair("A_1", "A_2", True), pairs.Pair("A_1", "B_1", False), pairs.Pair("A_1", "gone", True)]
    more = [pairs.Pair("C_1", "C_2", True), pairs.Pair("B_2", "C_1", False)]
    result = folds.judge([good, more], vectors)
    assert (result.accuracy, result.standard_error, result.eer) == (1, 0, 0)
    assert (result.failed, result.pictures, result.not_compared, result.genuine) == (1, 7, 1, 2)
    assert result.tar == dict.fromkeys(folds.RATES)
    wrong = [pairs.Pair("C_1", "A_1", True), pairs.Pair("C_1", "C_2", False)]
    assert folds.judge([good, wrong], vectors).accuracy < 0.6
    with pytest.raises(folds.NothingCompared, match="nothing to judge"):
        folds.judge([good, [pairs.Pair("A_1", "gone", True), pairs.Pair("A_1", "B_1", False)]], vectors)
