"""A session: only the answer to its own nonce, in time and in bounds, counts, and only the first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.door.session import Answer, Session, without_face
from ostiary.protocol import base64url, messages

NONCE = bytes(range(16))


def answer(**changed: Any) -> Answer:
    message = {
        "v": 1,
        "nonce": base64url.encode(NONCE),
        "verdict": "grant",
        "pulse_ms": 5_000,
        "term": 3,
        "receipt": {
            "code": "0123456789ABCDEF",
            "leaf": base64url.encode(bytes(32)),
            "salt": base64url.encode(bytes(16)),
        },
        "show": {"say": "yes", "learn": "https://door.example"},
    }
    message |= changed
    return Answer({name: value for name, value in message.items() if value is not None})


FACTS: dict[str, Any] = {"credential": "card", "claim": {"kind": "card", "value": "471"}, "faces": 0}


def session() -> Session:
    return Session(NONCE, FACTS, now_ms=1_000, limit_ms=3_000)


def test_the_ask_is_a_message_of_the_contract() -> None:
    facts = {**FACTS, "claim": {"kind": "card", "value": "471", "id": "of a pass"}, "pin": "2468", "picture": "never"}
    ask = session().ask("front", 2, 9, {"ms": 5, "clock": "unset"}, facts)
    assert messages.decode("ask", messages.encode("ask", ask)) == ask
    assert "picture" not in ask
    assert ask["pin"] == "2468"


def test_a_grant_in_time_counts() -> None:
    judged = session().judge(answer(), 3_500, term=3, has_strike=True)
    assert (judged.kind, judged.pulse_ms, judged.held_ms) == ("grant", 5_000, 0)
    judged = session().judge(answer(held_ms=600_000), 3_500, term=3, has_strike=True)
    assert (judged.kind, judged.pulse_ms, judged.held_ms) == ("grant", 5_000, 600_000)


def test_a_denial_counts_and_moves_nothing() -> None:
    judged = session().judge(
        answer(verdict="deny", pulse_ms=0, show={"say": "no", "learn": ""}), 3_500, term=3, has_strike=True
    )
    assert (judged.kind, judged.pulse_ms) == ("deny", 0)


@pytest.mark.parametrize(
    ("changed", "at_ms", "word"),
    [
        ({"nonce": base64url.encode(bytes(16))}, 1_100, "nonce"),
        ({}, 6_001, "late"),
        ({"term": 2}, 1_100, "term"),
        ({"verdict": "maybe"}, 1_100, "neither"),
        ({"show": {"say": "no", "learn": ""}}, 1_100, "say yes"),
        ({"verdict": "deny", "pulse_ms": 0}, 1_100, "says yes"),
        ({"pulse_ms": 0}, 1_100, "pulse of 0 ms"),
        ({"pulse_ms": 999}, 1_100, "999"),
        ({"pulse_ms": 30_001}, 1_100, "30001"),
        ({"held_ms": 600_001}, 1_100, "600001"),
        ({"held_ms": -1}, 1_100, "-1"),
        ({"receipt": None}, 1_100, "receipt"),
    ],
)
def test_what_does_not_count_is_refused_with_its_reason(changed: dict[str, Any], at_ms: int, word: str) -> None:
    judged = session().judge(answer(**changed), at_ms, term=3, has_strike=True)
    assert (judged.kind, judged.pulse_ms, judged.held_ms) == ("refuse", 0, 0)
    assert word in judged.why


def test_after_the_time_limit_nothing_counts() -> None:
    waiting = session()
    waiting.expire()
    assert waiting.judge(answer(), 4_001, term=3, has_strike=True).kind == "refuse"


@given(st.integers(0, 20_000))
def test_age_is_that_of_our_own_nonce(age_ms: int) -> None:
    assert session().judge(answer(), 1_000 + age_ms, term=0, has_strike=True).kind == (
        "grant" if age_ms <= 5_000 else "refuse"
    )


def test_one_answer_counts() -> None:
    answered = session()
    assert answered.judge(answer(), 1_100, term=0, has_strike=True).kind == "grant"
    assert answered.judge(answer(), 1_100, term=0, has_strike=True).kind == "refuse"


def test_a_busy_keeper_decides_nothing() -> None:
    busy = answer(verdict="deny", pulse_ms=0, receipt=None, show={"say": "busy", "learn": ""})
    assert session().judge(busy, 1_100, term=0, has_strike=True).kind == "busy"


def test_a_grant_for_another_nodes_strike_has_no_pulse() -> None:
    assert session().judge(answer(pulse_ms=0), 1_100, term=0, has_strike=False).kind == "grant"
    assert session().judge(answer(), 1_100, term=0, has_strike=False).why == "this node has no strike"


def test_without_its_face_an_attempt_is_its_claim_or_nothing() -> None:
    face = {"credential": "face", "faces": 1, "probe": {}, "quality": {}, "liveness": {}, "pin": "2468"}
    assert without_face(face) is None
    assert without_face({**face, "claim": FACTS["claim"]}) == {**FACTS, "faces": 1, "pin": "2468"}
