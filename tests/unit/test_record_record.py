"""A record's bytes: one spelling, nothing that JSON cannot say, and a month for its keys."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record.errors import BadDraft
from ostiary.controller.record.record import MAX_AT_MS, Draft, canonical, holder_names, record_bytes

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
BODIES = st.dictionaries(TEXT, VALUES, max_size=5)


def shuffled(value: Any) -> Any:
    """The same value with every object's keys in the other order."""
    if isinstance(value, dict):
        return {key: shuffled(held) for key, held in reversed(value.items())}
    return [shuffled(held) for held in value] if isinstance(value, list) else value


def keys_in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
    return dict(pairs)


@given(BODIES)
def test_bytes_read_back_as_the_value_and_keys_are_sorted(body: dict[str, Any]) -> None:
    data = canonical(body)
    assert json.loads(data, object_pairs_hook=keys_in_order) == body
    assert canonical(shuffled(body)) == data


def test_bytes_are_compact_utf8() -> None:
    assert canonical({"b": ["ü", 1.5, None], "a": True}) == '{"a":true,"b":["ü",1.5,null]}'.encode()
    assert canonical({"a": (1, (2,))}) == b'{"a":[1,[2]]}'


@pytest.mark.parametrize(
    "wrong",
    [
        float("nan"),
        float("inf"),
        {1: 2},
        {None: 2},
        {"1": 1, 1: 2},
        b"bytes",
        {1, 2},
        pytest.param(object(), id="object"),
        "\ud800",
        {"\udfff": 1},
        [[{"deep": float("-inf")}]],
        pytest.param("x" * 70_000, id="long"),
        pytest.param(10**5000, id="endless"),
    ],
)
def test_what_json_cannot_say_is_refused(wrong: Any) -> None:
    with pytest.raises(BadDraft, match="Nothing was recorded"):
        canonical({"value": wrong})


def test_endless_nesting_is_refused() -> None:
    nest: list[Any] = []
    for _ in range(100_000):
        nest = [nest]
    with pytest.raises(BadDraft):
        canonical({"nest": nest})


@pytest.mark.parametrize(
    "wrong",
    [
        {"at_ms": -1},
        {"at_ms": MAX_AT_MS + 1},
        {"at_ms": 1.5},
        {"at_ms": True},
        {"kind": None},
        {"door": 7},
        {"verdict": b"grant"},
        {"about": -1},
        {"about": "5"},
        {"about": 2**63},
        {"persons": ("",)},
        {"persons": ("site",)},
        {"persons": ("p-a/2026-01",)},
        {"persons": (7,)},
        {"body": {"value": float("nan")}},
    ],
)
def test_a_draft_with_a_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    draft = Draft(**({"kind": "decision", "at_ms": 0, "body": {}, "persons": ()} | wrong))
    with pytest.raises(BadDraft):
        record_bytes(draft, "northside")


def test_every_index_column_is_in_the_bytes() -> None:
    draft = Draft("decision", 5, {"x": 1}, ("p-b", "p-a", "p-b"), "front", "deny", "score", "ABCD", 3)
    assert json.loads(record_bytes(draft, "northside")) == {
        "v": 1,
        "site": "northside",
        "kind": "decision",
        "at_ms": 5,
        "door": "front",
        "verdict": "deny",
        "code": "score",
        "receipt": "ABCD",
        "about": 3,
        "persons": ["p-a", "p-b"],
        "body": {"x": 1},
    }


@pytest.mark.parametrize(
    ("at_ms", "month"),
    [
        (0, "1970-01"),
        (1_772_323_199_999, "2026-02"),  # the last millisecond of February in UTC
        (1_772_323_200_000, "2026-03"),
        (MAX_AT_MS, "9999-12"),
    ],
)
def test_the_month_of_a_key_turns_at_midnight_utc(at_ms: int, month: str) -> None:
    assert holder_names((), at_ms) == [f"record/site/{month}"]
    assert holder_names(("p-b", "p-a", "p-b"), at_ms) == [f"record/p-a/{month}", f"record/p-b/{month}"]
