"""Intake: which bytes may be decided. Every kind of bad ask is refused with its own code and never raises."""

import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.access.intake import (
    ANSWER_LIFE_MS,
    Ask,
    Intake,
    Note,
    Past,
    Refusal,
    Repeat,
    Standing,
    Waiting,
)
from ostiary.protocol import base64url, codes, keys, messages, topics
from ostiary.protocol.seal import seal

SITE, NODE, DOOR = "northside", "front-1", "front"
MODEL, DIMENSIONS = "ab" * 32, 192
SECRET = secrets.token_bytes(32)


def standing(node: str = NODE, door: str = DOOR, secret: bytes = SECRET) -> Standing:
    made = {purpose: keys.message_key(secret, SITE, node, purpose) for purpose in topics.PURPOSES}
    return Standing(node, door, True, made)


def fresh_intake() -> Intake:
    return Intake(SITE, {NODE: standing()}, {MODEL: DIMENSIONS}, {})


def ask(**changed: Any) -> dict[str, Any]:
    message = {
        "v": 1,
        "door": DOOR,
        "nonce": base64url.encode(secrets.token_bytes(16)),
        "boot": 1,
        "seq": 1,
        "at": {"ms": 1_800_000_000_000, "clock": "set"},
        "credential": "face",
        "probe": {
            "model": MODEL,
            "runtime": "test",
            "vector": base64url.encode(bytes(range(192))),
            "scale": 0.01,
        },
        "faces": 1,
    }
    return {name: value for name, value in (message | changed).items() if value is not None}


def sealed(message: dict[str, Any], *, purpose: str = "ask", key: bytes | None = None, node: str = NODE) -> bytes:
    key = keys.message_key(SECRET, SITE, node, purpose) if key is None else key
    return seal(key, node, purpose, messages.encode(purpose, message), secrets.token_bytes(16))


TOPIC = topics.topic(SITE, NODE, "ask")


def test_a_good_ask_may_be_decided() -> None:
    taken = fresh_intake().take(TOPIC, sealed(ask()), 0)
    assert isinstance(taken, Ask)
    assert taken.message["door"] == DOOR


def refused(taken: object) -> str:
    assert isinstance(taken, Refusal), taken
    return taken.code


def test_each_bad_ask_has_its_code() -> None:
    intake = fresh_intake()
    good = sealed(ask())
    assert refused(intake.take(TOPIC, b"", 0)) == codes.MALFORMED
    assert refused(intake.take(TOPIC, b"x" * 100_000, 0)) == codes.OVERSIZED
    assert refused(intake.take(TOPIC, good[:-4] + b"AAAA", 0)) == codes.UNAUTHENTIC
    assert refused(intake.take(TOPIC, sealed(ask(), key=secrets.token_bytes(32)), 0)) == codes.UNAUTHENTIC
    event = {"v": 1, "boot": 1, "seq": 1, "at": {"ms": 1, "clock": "set"}, "kind": "boot"}
    assert refused(intake.take(TOPIC, sealed(event, purpose="event"), 0)) == codes.WRONG_KIND
    assert refused(intake.take(topics.topic(SITE, "other-1", "ask"), good, 0)) == codes.UNKNOWN_NODE
    assert refused(intake.take(topics.topic("elsewhere", NODE, "ask"), good, 0)) == codes.UNKNOWN_NODE
    assert refused(intake.take(topics.topic(SITE, NODE, "answer"), good, 0)) == codes.WRONG_KIND
    assert refused(intake.take("a/b", good, 0)) == codes.MALFORMED
    assert refused(intake.take(TOPIC, sealed(ask(door="studio")), 0)) == codes.WRONG_DOOR
    other = ask(seq=2)
    other["probe"]["model"] = "cd" * 32
    assert refused(intake.take(TOPIC, sealed(other), 0)) == codes.WRONG_MODEL
    short = ask(seq=3)
    short["probe"]["vector"] = base64url.encode(bytes(128))
    assert refused(intake.take(TOPIC, sealed(short), 0)) == codes.MALFORMED


def test_a_later_version_is_refused_by_its_name() -> None:
    data = messages.encode("ask", ask()).replace(b'"v":1', b'"v":2')
    key = keys.message_key(SECRET, SITE, NODE, "ask")
    assert refused(fresh_intake().take(TOPIC, seal(key, NODE, "ask", data, bytes(16)), 0)) == codes.VERSION


def test_the_same_bytes_get_the_same_answer_while_it_lives_and_are_a_replay_afterwards() -> None:
    intake = fresh_intake()
    data = sealed(ask())
    first = intake.take(TOPIC, data, 0)
    assert isinstance(first, Ask)
    assert isinstance(intake.take(TOPIC, data, 10), Waiting)
    intake.answered(first, b"answer", 20)
    again = intake.take(TOPIC, data, 20 + ANSWER_LIFE_MS - 1)
    assert isinstance(again, Repeat)
    assert again.sealed == b"answer"
    assert refused(intake.take(TOPIC, data, 20 + ANSWER_LIFE_MS)) == codes.REPLAYED


def test_a_number_once_seen_is_never_taken_again() -> None:
    intake = fresh_intake()
    assert isinstance(intake.take(TOPIC, sealed(ask(boot=2, seq=5)), 0), Ask)
    assert refused(intake.take(TOPIC, sealed(ask(boot=2, seq=5)), 0)) == codes.REPLAYED
    assert refused(intake.take(TOPIC, sealed(ask(boot=2, seq=4)), 0)) == codes.STALE
    assert refused(intake.take(TOPIC, sealed(ask(boot=1, seq=9)), 0)) == codes.STALE
    assert isinstance(intake.take(TOPIC, sealed(ask(boot=3, seq=0)), 0), Ask)


def test_a_restart_forgets_no_number() -> None:
    intake = Intake(SITE, {NODE: standing()}, {MODEL: DIMENSIONS}, {NODE: (2, 5)})
    assert refused(intake.take(TOPIC, sealed(ask(boot=2, seq=5)), 0)) == codes.REPLAYED


def test_a_refused_but_proven_sender_can_be_told() -> None:
    message = ask(door="studio")
    taken = fresh_intake().take(TOPIC, sealed(message), 0)
    assert isinstance(taken, Refusal)
    assert taken.answerable == message["nonce"]


def test_events_and_what_a_node_reports_are_notes() -> None:
    event = {"v": 1, "boot": 1, "seq": 1, "at": {"ms": 1, "clock": "set"}, "kind": "boot"}
    taken = fresh_intake().take(topics.topic(SITE, NODE, "event"), sealed(event, purpose="event"), 0)
    assert isinstance(taken, Note)
    assert taken.purpose == "event"
    reported = {"v": 1, "boot": 1, "term": 1, "number": 4, "lockdown": False, "face": True, "pack_version": 0}
    taken = fresh_intake().take(topics.topic(SITE, NODE, "reported"), sealed(reported, purpose="reported"), 0)
    assert isinstance(taken, Note)
    assert taken.message == reported


@given(st.binary(max_size=300), st.sampled_from(["ask", "event", "status", "answer", "nonsense"]))
def test_no_bytes_make_it_raise_or_decide(data: bytes, purpose: str) -> None:
    assert isinstance(fresh_intake().take(f"ostiary/v1/{SITE}/{NODE}/{purpose}", data, 0), Refusal)


@pytest.mark.parametrize("position", range(0, 400, 7))
def test_one_changed_letter_is_refused(position: int) -> None:
    data = bytearray(sealed(ask()))
    data[position] = data[position] ^ 0x01
    assert isinstance(fresh_intake().take(TOPIC, bytes(data), 0), Refusal)


def current(boot: int, state: str = "online") -> bytes:
    said = {"v": 1, "state": state, "boot": boot, "firmware": "test", "roles": ["reader"], "virtual": True}
    said |= {"clock": "set", "safe_mode": False} | ({"nonce": base64url.encode(bytes(16))} if state == "online" else {})
    return sealed(said, purpose="status")


def test_last_words_go_back_to_no_earlier_start() -> None:
    at = topics.topic(SITE, NODE, "status")
    intake = Intake(SITE, {NODE: standing()}, {MODEL: DIMENSIONS}, {NODE: (3, 9)})
    assert refused(intake.take(at, current(2), 0)) == codes.STALE
    assert isinstance(intake.take(at, current(4), 0), Note)
    assert refused(intake.take(at, current(3), 0)) == codes.STALE
    assert isinstance(intake.take(at, current(3, "lost"), 0), Past), "the will of a start that is over says nothing now"
    assert isinstance(intake.take(at, current(4, "lost"), 0), Note)
    reported = {"v": 1, "boot": 3, "term": 1, "number": 4, "lockdown": False, "face": True, "pack_version": 0}
    taken = intake.take(topics.topic(SITE, NODE, "reported"), sealed(reported, purpose="reported"), 0)
    assert refused(taken) == codes.STALE


def test_a_strike_alone_asks_nothing() -> None:
    strike = Standing(NODE, DOOR, True, standing().keys, ("strike",))
    intake = Intake(SITE, {NODE: strike}, {MODEL: DIMENSIONS}, {})
    assert refused(intake.take(TOPIC, sealed(ask()), 0)) == codes.WRONG_ROLE
