"""Messages: every field of every table is checked both ways, and nothing but a message or `Refused` comes out."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.protocol import base64url, codes, messages, topics, upward
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

Strategy = st.SearchStrategy[Any]
kinds = pytest.mark.parametrize("kind", messages.KINDS)

# One whole message of each kind, with every optional field that may stand together.
WHOLE: dict[str, dict[str, Any]] = {
    "ask": {
        "v": 1,
        "door": "front",
        "nonce": base64url.encode(bytes(16)),
        "boot": 1,
        "seq": 1,
        "at": {"ms": 1_800_000_000_000, "clock": "set"},
        "credential": "face",
        "claim": {"kind": "card", "value": "04A2B3"},
        "pin": "2580",
        "probe": {"model": "ab" * 32, "runtime": "litert 2.0", "vector": base64url.encode(bytes(192)), "scale": 0.01},
        "quality": {"eyes_px": 80, "sharpness": 0.5},
        "liveness": {"level": "none"},
        "faces": 1,
    },
    "answer": {
        "v": 1,
        "nonce": base64url.encode(bytes(16)),
        "verdict": "grant",
        "pulse_ms": 5000,
        "held_ms": 60000,
        "term": 1,
        "receipt": {
            "code": "0123456789ABCDEF",
            "leaf": base64url.encode(bytes(32)),
            "salt": base64url.encode(bytes(16)),
        },
        "show": {"say": "yes", "learn": "https://door.example/r"},
    },
    "event": {
        "v": 1,
        "boot": 1,
        "seq": 1,
        "at": {"ms": 0, "clock": "unset"},
        "kind": "acted",
        "receipt": "0123456789ABCDEF",
        "detail": "after 412 ms",
    },
    "status": {
        "v": 1,
        "state": "online",
        "boot": 1,
        "firmware": "pi 0.1",
        "roles": ["reader"],
        "virtual": True,
        "nonce": base64url.encode(bytes(16)),
        "clock": "set",
        "pack_age_ms": 0,
        "safe_mode": False,
    },
    "reported": {
        "v": 1,
        "boot": 1,
        "term": 1,
        "number": 0,
        "lockdown": False,
        "face": True,
        "pack": {"version": 2, "next_part": 17},
        "pack_version": 1,
        "usable_from": 1,
    },
    "desired": {
        "v": 1,
        "term": 1,
        "number": 1,
        "journal_upto": 0,
        "liveness": "motion",
        "lockdown": False,
        "face": True,
        "pin": True,
        "limit_ms": 3000,
        "held_ms": 30000,
        "offline": "pack",
        "offline_max_age_ms": 86_400_000,
        "unknown_clock": "deny",
        "pack_version": 2,
        "packs_from": 1,
        "pass_key": base64url.encode(bytes(32)),
    },
    "release": {
        "v": 1,
        "nonce": base64url.encode(bytes(16)),
        "boot": 1,
        "number": 1,
        "term": 1,
        "pulse_ms": 5000,
        "held_ms": 60000,
        "receipt": "0123456789ABCDEF",
    },
    "command": {
        "v": 1,
        "nonce": base64url.encode(bytes(16)),
        "boot": 1,
        "number": 2,
        "term": 1,
        "do": "release-once",
        "pulse_ms": 5000,
        "receipt": "0123456789ABCDEF",
    },
    "pack": {
        "v": 1,
        "version": 1,
        "part": 1,
        "parts": 2,
        "sha256": base64url.encode(bytes(32)),
        "data": base64url.encode(b"the rest"),
    },
}
WHOLE["live"] = WHOLE["event"]

# What the other fields of these messages ask for.
NEEDED_HERE: dict[str, list[tuple[str, ...]]] = {
    **{kind: [] for kind in WHOLE},
    "ask": [("probe",), ("claim",)],
    "status": [("nonce",)],
    "desired": [("offline_max_age_ms",)],
    "command": [("pulse_ms",), ("receipt",)],
}

MISFITS = [None, True, 1.5, -1, 2**53 - 1, "", "x" * 7000, "\x1b[2J", "é", [], [1], {}, {"x": 1}, ["reader", "reader"]]


# Of these, so many fit some shape.
FITTING = [("flag", True), ("number", 1.5), ("text", ""), ("text", "é"), ("numbers", {}), ("numbers", {"x": 1})]


def refusal(kind: str, message: Any) -> str:
    """The code with which both directions refuse a message."""
    with pytest.raises(Refused) as reading:
        messages.decode(kind, json.dumps(message).encode())
    with pytest.raises(Refused) as writing:
        messages.encode(kind, message)
    assert writing.value.code == reading.value.code
    assert reading.value.detail.startswith(kind)
    return reading.value.code


def places(message: dict[str, Any], fields: Any) -> Iterator[tuple[tuple[str, ...], bool, Any]]:
    """`(path, needed, shape)` of each field of a table that stands in the message."""
    for name, needed, shape, says in fields:
        assert says
        if name in message:
            yield (name,), needed, shape
            if shape[0] == "object":
                for path, inner_needed, inner in places(message[name], shape[1]):
                    yield (name, *path), inner_needed, inner


def changed(message: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy with the value at `path` replaced, or gone when it is `...`."""
    copy = dict(message)
    if len(path) > 1:
        copy[path[0]] = changed(message[path[0]], path[1:], value)
    elif value is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = value
    return copy


def beyond(shape: Any) -> list[Any]:
    """Values just outside each bound of a shape."""
    name, *bounds = shape
    return {
        "integer": lambda: [bounds[0] - 1, bounds[1] + 1, float(bounds[0])],
        "number": lambda: [bounds[0] / 2 - 1e-12, bounds[1] * 1.001],
        "flag": lambda: [0, 1, "true"],
        "one-of": lambda: [bounds[0][0] + " ", bounds[0][0].upper()],
        "name": lambda: ["", "x" * 41, "X", "a_b", "a b", "a/b", "a+", "é"],
        "word": lambda: [
            bounds[0][0] * (bounds[1] - 1),
            bounds[0][0] * (bounds[2] + 1),
            bounds[0][0] * (bounds[1] - 1) + "U",
            " " + bounds[0][0] * (bounds[1] - 1),
        ],
        "reason": lambda: [bounds[1], bounds[1] + "A", bounds[1] + "x" * 41, bounds[0][0] + "x"],
        "text": lambda: [
            "x" * (bounds[0] - 1) if bounds[0] else "\n",
            "x" * (bounds[1] + 1),
            "a\x00",
            "a\x7f",
            "a\x9b",
        ],
        "bytes": lambda: [
            base64url.encode(bytes(bounds[0] - 1)),
            base64url.encode(bytes(bounds[1] + 1)),
            base64url.encode(bytes(bounds[0])) + "=",
            base64url.encode(bytes(bounds[0]))[:-1] + "+",
            base64url.encode(bytes(bounds[0]))[:-1] + "\u0661",
        ],
        "numbers": lambda: [
            {str(i): 1 for i in range(bounds[0] + 1)},
            {"a": bounds[1] - 1},
            {"a": bounds[2] + 1},
            {"a": True},
            {"a": "1"},
            {"": 1},
            {"A": 1},
        ],
        "set-of": lambda: [[], [bounds[0][0]] * 2, [*bounds[0], "x"], bounds[0][0], [[bounds[0][0]]]],
        "object": lambda: [[], None, "x"],
    }[name]()


@kinds
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_message_arrives_as_sent(messages_of: Callable[[str], Strategy], kind: str, data: st.DataObject) -> None:
    message = data.draw(messages_of(kind))
    encoded = messages.encode(kind, message)
    assert messages.decode(kind, encoded) == message
    assert messages.encode(kind, messages.decode(kind, encoded)) == encoded


@kinds
def test_each_field_has_its_shape_and_its_bounds(kind: str) -> None:
    for path, _, shape in places(WHOLE[kind], messages.KINDS[kind]):
        for value in beyond(shape):
            code = refusal(kind, changed(WHOLE[kind], path, value))
            assert code == (codes.VERSION if path == ("v",) else codes.MALFORMED), (path, value)


@kinds
def test_a_needed_field_is_missed_and_an_optional_one_is_not(kind: str) -> None:
    for path, needed, _ in places(WHOLE[kind], messages.KINDS[kind]):
        without = changed(WHOLE[kind], path, ...)
        if needed or path in NEEDED_HERE[kind]:
            assert refusal(kind, without) == (codes.VERSION if path == ("v",) else codes.MALFORMED)
        else:
            assert messages.decode(kind, messages.encode(kind, without)) == without


@kinds
def test_a_value_of_another_type_is_refused_where_it_stands(kind: str) -> None:
    for path, _, shape in places(WHOLE[kind], messages.KINDS[kind]):
        for value in MISFITS:
            try:
                messages.decode(kind, json.dumps(changed(WHOLE[kind], path, value)).encode())
            except Refused as refused:
                assert refused.code == (codes.VERSION if path == ("v",) else codes.MALFORMED)
                assert refused.detail.startswith(".".join((kind, *path)))
                continue
            assert (shape[0], value) in FITTING, (path, value)


@kinds
def test_a_field_of_a_later_contract_is_left_out_but_never_sent(kind: str) -> None:
    more = {**WHOLE[kind], "later": {"a": [1, 2, {"b": None}]}}
    assert messages.decode(kind, json.dumps(more).encode()) == WHOLE[kind]
    with pytest.raises(Refused, match="later"):
        messages.encode(kind, more)


def test_inner_fields_of_a_later_contract_are_left_out_too() -> None:
    more = changed(WHOLE["ask"], ("probe", "later"), 1)
    assert messages.decode("ask", json.dumps(more).encode()) == WHOLE["ask"]
    with pytest.raises(Refused, match=r"probe\.later"):
        messages.encode("ask", more)


@kinds
@pytest.mark.parametrize("version", [0, 2, -1, "1", 1.0, True, None, [1], ...], ids=repr)
def test_another_version_is_refused_before_its_fields_are_read(kind: str, version: Any) -> None:
    assert refusal(kind, changed(WHOLE[kind], ("v",), version)) == codes.VERSION
    assert refusal(kind, {"v": version, "rest": []} if version is not ... else {"rest": []}) == codes.VERSION


def test_every_purpose_has_its_table() -> None:
    assert set(messages.KINDS) == set(topics.PURPOSES)


@pytest.mark.parametrize("kind", ["unlock", "", "ASK"])
def test_a_kind_without_a_table_is_of_the_wrong_kind(kind: str) -> None:
    for refused in (lambda: messages.decode(kind, b'{"v":1}'), lambda: messages.encode(kind, {"v": 1})):
        with pytest.raises(Refused) as caught:
            refused()
        assert caught.value.code == codes.WRONG_KIND


def test_sizes_are_bounded_both_ways() -> None:
    padded = json.dumps(WHOLE["event"]).encode()
    padded += b" " * (messages.MAX_BYTES - len(padded))
    assert messages.decode("event", padded) == WHOLE["event"]
    with pytest.raises(Refused, match="oversized"):
        messages.decode("event", padded + b" ")
    # The longest text there may be, in characters of four bytes, still fits.
    longest = changed(WHOLE["answer"], ("show", "learn"), "\U0001f600" * 200)
    assert messages.decode("answer", messages.encode("answer", longest)) == longest


@kinds
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_message_within_its_bounds_is_oversized(
    messages_of: Callable[[str], Strategy], kind: str, data: st.DataObject
) -> None:
    assert len(messages.encode(kind, data.draw(messages_of(kind)))) < messages.MAX_BYTES * 3 // 4


ASK, ANSWER = WHOLE["ask"], WHOLE["answer"]
COMMAND, EVENT, PACK = WHOLE["command"], WHOLE["event"], WHOLE["pack"]
FACELESS = changed(ASK, ("probe",), ...)
DENIAL = {"v": 1, "nonce": ANSWER["nonce"], "verdict": "deny", "pulse_ms": 0, "term": 1} | {
    "show": {"say": "no", "learn": ""}
}
ORDER = changed(changed(COMMAND, ("pulse_ms",), ...), ("receipt",), ...)
DECISION = {
    "verdict": "deny",
    "credential": "card",
    "way": "card+pin",
    "subject": base64url.encode(bytes(12)),
    "pack": 3,
    "code": "pin-offline",
}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ask", {**ASK, "no_probe": "face-missing"}),
        ("ask", FACELESS),
        ("ask", {**ASK, "credential": "card"}),
        ("ask", changed({**FACELESS, "credential": "card"}, ("claim",), ...)),
        ("ask", changed(ASK, ("claim",), ...)),
        ("ask", {**FACELESS, "credential": "pass"}),
        ("ask", {**FACELESS, "credential": "card", "claim": {"kind": "pass", "value": "OST1.a.b"}}),
        ("ask", {**ASK, "credential": "pass", "claim": {"kind": "pass", "value": "OST1.a.b"}}),
        ("ask", {**ASK, "claim": {"kind": "card", "value": "1" * 65}}),
        ("answer", {**ANSWER, "code": "denied"}),
        ("answer", {**DENIAL, "code": "score-below"}),
        ("command", {**COMMAND, "do": "locate"}),
        ("command", {**COMMAND, "do": "reboot"}),
        ("command", {**COMMAND, "seconds": 5}),
        ("command", {**ORDER, "do": "locate"}),
        ("command", {**ORDER, "do": "reboot", "seconds": 5}),
        ("command", {**ORDER, "do": "unlock"}),
        ("command", {**COMMAND, "number": 0}),
        ("event", {**EVENT, "decision": DECISION}),
        ("event", {**EVENT, "kind": "decided"}),
        ("event", changed({**EVENT, "kind": "decided", "decision": DECISION}, ("receipt",), ...)),
        ("event", {**EVENT, "kind": "decided", "decision": {**DECISION, "way": "pin"}}),
        ("event", {**EVENT, "kind": "decided", "decision": {**DECISION, "credential": "pin"}}),
        ("pack", {**PACK, "part": 2}),
        ("pack", {**PACK, "part": 0}),
        ("pack", {**PACK, "parts": 3}),
        ("answer", {**ANSWER, "verdict": "deny"}),
        ("answer", {**ANSWER, "verdict": "deny", "pulse_ms": 0}),
        ("answer", {**ANSWER, "verdict": "deny", "pulse_ms": 0, "show": {"say": "no", "learn": ""}}),
        ("answer", {**ANSWER, "verdict": "deny", "show": {"say": "no", "learn": ""}}),
        ("answer", {**ANSWER, "show": {"say": "no", "learn": ""}}),
        ("answer", {**ANSWER, "show": {"say": "busy", "learn": ""}}),
        ("answer", {**ANSWER, "pulse_ms": 999}),
        ("answer", {**ANSWER, "pulse_ms": 1}),
        ("answer", {**ANSWER, "pulse_ms": 30001}),
    ],
)
def test_fields_that_contradict_each_other_are_refused(kind: str, message: dict[str, Any]) -> None:
    assert refusal(kind, message) == codes.MALFORMED


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ask", changed(changed(ASK, ("claim",), ...), ("pin",), ...)),
        ("ask", changed(ASK, ("pin",), ...)),
        ("ask", {**ASK, "claim": {"kind": "card", "value": "1" * 64}}),
        ("ask", {**ASK, "claim": {"kind": "pass", "value": "1" * 400}}),
        ("ask", {**FACELESS, "credential": "pass", "claim": {"kind": "pass", "value": "1" * 400}}),
        ("answer", {**DENIAL, "code": "expired"}),
        ("answer", DENIAL),
        ("command", {**ORDER, "do": "locate", "seconds": 600}),
        ("command", {**ORDER, "do": "reboot"}),
        ("desired", changed({**WHOLE["desired"], "offline": "deny"}, ("offline_max_age_ms",), ...)),
        ("event", {**EVENT, "kind": "decided", "decision": DECISION}),
        ("event", {**EVENT, "kind": "decided", "decision": {**DECISION, "verdict": "grant", "pack_age_ms": 5}}),
        ("pack", {**PACK, "part": 0, "data": base64url.encode(bytes(4096))}),
        ("pack", {**PACK, "data": base64url.encode(bytes(4096))}),
        ("status", changed({**WHOLE["status"], "state": "lost"}, ("nonce",), ...)),
        ("ask", {**FACELESS, "no_probe": "faces-unclear", "faces": 32}),
        ("ask", {**FACELESS, "no_probe": "quality-eyes_px"}),
        ("ask", {**FACELESS, "credential": "card"}),
        ("answer", {**ANSWER, "pulse_ms": 0}),
        ("answer", {**ANSWER, "pulse_ms": 1000}),
        ("answer", {**ANSWER, "pulse_ms": 30000}),
        ("answer", {**ANSWER, "verdict": "deny", "pulse_ms": 0, "held_ms": 0, "show": {"say": "busy", "learn": ""}}),
        ("answer", changed(ANSWER, ("held_ms",), ...)),
        ("answer", {**ANSWER, "held_ms": 600000}),
        ("status", {**WHOLE["status"], "roles": ["strike", "reader"]}),
    ],
)
def test_fields_that_agree_are_taken(kind: str, message: dict[str, Any]) -> None:
    assert messages.decode(kind, messages.encode(kind, message)) == message


def test_a_refusal_does_not_repeat_what_the_sender_wrote() -> None:
    for path, _, _ in places(ASK, upward.ASK):
        with pytest.raises(Refused) as caught:
            messages.decode("ask", json.dumps(changed(ASK, path, "Ada Lovelace\x00")).encode())
        assert "Lovelace" not in str(caught.value)


@kinds
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_only_refused_ever_comes_out(
    messages_of: Callable[[str], Strategy], nearly_json: Strategy, kind: str, data: st.DataObject
) -> None:
    whole = json.dumps(data.draw(messages_of(kind))).encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    inserted = data.draw(nearly_json | st.binary(max_size=30))
    for written in (whole[:start] + inserted + whole[end:], b'{"v":1,' + inserted + b"}", inserted):
        try:
            message = messages.decode(kind, written)
        except Refused as refused:
            assert refused.code in (codes.MALFORMED, codes.VERSION)
            continue
        assert messages.decode(kind, messages.encode(kind, message)) == message
