"""Wiegand wires and keypads: what was sent is what is read, anything else is refused, on both interpreters."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ostiary.firmware
import ostiary.protocol
from ostiary.firmware.door.keypad import Entry
from ostiary.firmware.door.wiegand import CARDS, END_US, KEYS, SOONEST_US, Wiegand, decode, encode

HERE = Path(__file__).parent
MICROPYTHON = Path(sys.executable).parent / "micropython"

cards = st.one_of(
    st.builds("26-{}-{}".format, st.integers(0, 2**8 - 1), st.integers(0, 2**16 - 1)),
    st.builds("34-{}-{}".format, st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1)),
    st.builds("37-{}".format, st.integers(0, 2**35 - 1)),
)
gaps = st.integers(200, 20_000)  # SIA AC-01: what a reader may do


def sent(bits: list[int], apart_us: list[int], at_us: int = 0) -> tuple[Wiegand, list[tuple[str, str]], int]:
    """A frame on the wires of a fresh reader: the reader, what came during it, and when the last pulse was."""
    reader, came = Wiegand(), []
    for bit, after_us in zip(bits, apart_us, strict=True):
        at_us += after_us
        came += reader.edge(bit, at_us)
    return reader, came, at_us


def key_bits(key: str, wide: bool) -> list[int]:
    value = KEYS.index(key)
    value |= (15 - value) << 4 if wide else 0
    return [value >> shift & 1 for shift in range(7 if wide else 3, -1, -1)]


def test_a_printed_card_is_read_as_it_is_printed() -> None:
    # H10301, facility 123, number 4567, worked out by hand: parity 1, 01111011 0001000111010111, parity 0.
    assert decode([int(bit) for bit in "10111101100010001110101110"]) == ("card", "26-123-4567")
    assert decode([int(bit) for bit in "0" * 25 + "1"]) == ("card", "26-0-0")


@given(cards, st.data())
def test_every_card_is_read_at_any_speed_that_the_standard_allows(card: str, data: st.DataObject) -> None:
    bits = encode(card)
    apart = data.draw(st.lists(gaps, min_size=len(bits), max_size=len(bits)))
    reader, came, at_us = sent(bits, apart)
    assert came == []
    assert reader.tick(at_us + END_US - 1) == []
    assert reader.due_us() == at_us + END_US
    assert reader.tick(at_us + END_US) == [("card", card)]
    assert reader.due_us() is None


@given(cards, st.data())
def test_one_flipped_bit_is_never_another_card(card: str, data: st.DataObject) -> None:
    bits = encode(card)
    bits[data.draw(st.integers(0, len(bits) - 1))] ^= 1
    # The middle bit of 37 stands under both parities, so its flip breaks both.
    assert decode(bits) == ("refused", "parity")


@given(cards, st.data())
def test_a_lost_or_doubled_pulse_is_never_a_card(card: str, data: st.DataObject) -> None:
    bits = encode(card)
    at = data.draw(st.integers(0, len(bits) - 1))
    for wrong in (bits[:at] + bits[at + 1 :], [*bits[:at], bits[at], *bits[at:]]):
        assert decode(wrong) == ("refused", "length")


@given(cards, st.data())
def test_a_pulse_too_soon_is_noise_and_spoils_its_own_frame_only(card: str, data: st.DataObject) -> None:
    bits = encode(card)
    apart = [1_000] * len(bits)
    apart[data.draw(st.integers(1, len(bits) - 1))] = data.draw(st.integers(0, SOONEST_US - 1))
    reader, came, at_us = sent(bits, apart)
    assert came == []
    came = []
    for bit in encode("26-1-2"):
        at_us += END_US if not came else 1_000
        came += reader.edge(bit, at_us)
    assert came == [("refused", "noise")]
    assert reader.tick(at_us + END_US) == [("card", "26-1-2")]


@given(cards, cards, st.integers(1, 25))
def test_two_cards_at_once_on_one_reader_are_no_third_card(one: str, other: str, into: int) -> None:
    bits = encode(one)[:into] + encode(other)
    assume(len(bits) not in CARDS)
    assert decode(bits)[0] == "refused"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("wide", [False, True])
def test_each_key_is_read_in_4_bits_and_in_8(key: str, wide: bool) -> None:
    assert decode(key_bits(key, wide)) == ("key", key)


@given(st.integers(0, 255))
def test_eight_bits_are_a_key_only_where_both_halves_agree(value: int) -> None:
    bits = [value >> shift & 1 for shift in range(7, -1, -1)]
    agrees = value >> 4 == 15 - (value & 15) and value & 15 < len(KEYS)
    assert decode(bits) == (("key", KEYS[value & 15]) if agrees else ("refused", "parity"))


def test_a_wire_that_rattles_fills_no_memory_and_is_refused_once() -> None:
    reader, at_us = Wiegand(), 0
    for _ in range(10_000):
        at_us += 1_000
        assert reader.edge(0, at_us) == []
    assert reader.tick(at_us + END_US) == [("refused", "length")]
    assert reader.tick(at_us + 2 * END_US) == []


@pytest.mark.parametrize("card", ["26-256-1", "26-1", "40-1-1", "26-1-65536", "37--1", "", "26-x-1"])
def test_a_card_that_no_frame_holds_is_not_encoded(card: str) -> None:
    with pytest.raises(ValueError):
        encode(card)


def typed(entry: Entry, keys: str, at_ms: int = 0) -> list[tuple[str, Any]]:
    return [came for number, key in enumerate(keys) for came in entry.key(key, at_ms + number * 100)]


def asked(kind: str, value: str, pin: str | None = None) -> list[tuple[str, Any]]:
    facts: dict[str, Any] = {"credential": kind, "claim": {"kind": kind, "value": value}, "faces": 0}
    return [("attempt", facts | ({"pin": pin} if pin else {}))]


def test_a_card_alone_is_asked_about_at_once() -> None:
    entry = Entry()
    assert entry.claim("card", "26-1-2", 0) == asked("card", "26-1-2")
    assert (entry.begun, entry.due_ms()) == (False, None)


@pytest.mark.parametrize("kind", ["card", "pass"])
def test_card_and_pin_are_one_attempt_in_either_order(kind: str) -> None:
    entry = Entry(wants_pin=True)
    assert entry.claim(kind, "471", 0) == []
    assert typed(entry, "2468#", 100) == asked(kind, "471", "2468")
    entry = Entry()
    assert typed(entry, "13579#") == []
    assert entry.claim(kind, "471", 1_000) == asked(kind, "471", "13579")


def test_digits_that_are_not_yet_ended_make_a_card_wait() -> None:
    entry = Entry()
    assert typed(entry, "24") == []
    assert entry.claim("card", "471", 300) == []
    assert typed(entry, "68#", 400) == asked("card", "471", "2468")


def test_a_pin_alone_is_nothing() -> None:
    entry = Entry()
    assert typed(entry, "2468#") == []
    assert entry.tick(400 + 4_999) == []
    assert entry.tick(400 + 5_000) == [("refused", "alone")]
    assert entry.claim("card", "471", 6_000) == asked("card", "471")


def test_a_card_whose_pin_does_not_come_is_not_asked_about() -> None:
    entry = Entry(wants_pin=True)
    entry.claim("card", "471", 0)
    typed(entry, "246", 100)
    assert entry.due_ms() == 5_300
    assert entry.tick(5_300) == [("refused", "late")]
    assert typed(entry, "8#", 5_400) == [("refused", "digits")]


def test_nobody_types_for_ever() -> None:
    entry = Entry(wants_pin=True)
    entry.claim("card", "471", 0)
    came = [came for second in range(1, 9) for came in entry.key("*" if second == 99 else "1", second * 4_000)]
    assert came[0] == ("refused", "late")


@pytest.mark.parametrize("keys", ["#", "123#", "1234567890123"])
def test_too_few_or_too_many_digits_begin_anew(keys: str) -> None:
    entry = Entry(wants_pin=True)
    entry.claim("card", "471", 0)
    assert typed(entry, keys) == [("refused", "digits")]
    assert not entry.begun


def test_the_star_takes_everything_back() -> None:
    entry = Entry(wants_pin=True)
    entry.claim("card", "471", 0)
    assert typed(entry, "24*") == []
    assert not entry.begun
    entry.claim("card", "472", 1_000)
    assert typed(entry, "1357#", 1_100) == asked("card", "472", "1357")


def test_two_cards_at_once_are_neither() -> None:
    entry = Entry(wants_pin=True)
    entry.claim("card", "471", 0)
    assert entry.claim("card", "471", 100) == [], "the same one, still held there"
    assert entry.claim("card", "472", 200) == [("refused", "two-cards")]
    assert typed(entry, "2468#", 300) == []


def test_a_card_that_stays_at_the_reader_is_asked_about_once() -> None:
    entry = Entry()
    assert entry.claim("card", "471", 0) == asked("card", "471")
    for at_ms in range(500, 10_000, 500):
        assert entry.claim("card", "471", at_ms) == []
    assert entry.claim("card", "471", 12_000) == asked("card", "471")


steps = st.lists(
    st.tuples(
        st.integers(0, 7_000),
        st.sampled_from(["key"] * 6 + ["card", "pass", "tick"]),
        st.sampled_from([*"0123456789##*"]),
    ),
    max_size=40,
)


@given(st.booleans(), steps)
def test_whatever_happens_no_pin_goes_without_a_claim_and_none_outlives_its_person(
    wants_pin: bool, steps: list[tuple[int, str, str]]
) -> None:
    entry, now_ms = Entry(wants_pin), 0
    typed: list[tuple[int, str]] = []
    for after_ms, word, value in steps:
        now_ms += after_ms
        if word == "key":
            typed.append((now_ms, value))
            came = entry.key(value, now_ms)
        else:
            came = entry.tick(now_ms) if word == "tick" else entry.claim(word, value, now_ms)
        for kind, facts in came:
            if kind != "attempt":
                assert facts in ("alone", "digits", "late", "two-cards")
                continue
            assert facts["claim"]["kind"] == facts["credential"] in ("card", "pass")
            pin = facts.get("pin")
            if pin is None:
                assert not wants_pin
                continue
            assert 4 <= len(pin) <= 12 and pin.isdigit()
            recent = "".join(key for at_ms, key in typed if now_ms - at_ms <= 20_000)
            assert pin in recent, "only what was typed in this entry's time"
        due_ms = entry.due_ms()
        assert (due_ms is not None) == entry.begun
        assert due_ms is None or now_ms < due_ms <= now_ms + 20_000


def random_scripts(seed: int) -> list[Any]:
    dice = random.Random(seed)
    pulses = [[dice.choice([50, 300, 1_000, 20_000, 26_000]), dice.choice([0, 1, 0, 1, 2])] for _ in range(120)]
    frame = [[1_000, bit] for bit in encode(f"26-{dice.randrange(256)}-{dice.randrange(65536)}")]
    words = ["key"] * 6 + ["card", "pass", "tick"]
    typed = [[dice.choice([100, 900, 5_100]), dice.choice(words), dice.choice("0123456789##*")] for _ in range(60)]
    return [["wires", [*pulses, [30_000, 2], *frame, [30_000, 2]]], ["entry", dice.random() < 0.5, typed]]


def played_by(command: list[str], environment: dict[str, str], scripts: list[Any]) -> list[Any]:
    told = "".join(json.dumps(script) + "\n" for script in scripts)
    done = subprocess.run(
        [*command, str(HERE / "reader_scenario.py")],
        input=told, capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_both_interpreters_read_the_same(tmp_path: Path) -> None:
    if not MICROPYTHON.exists():
        pytest.skip(
            "MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only, "
            "so here the readers are tested on CPython alone."
        )
    rooms = tmp_path / "ostiary"
    (rooms / "firmware").mkdir(parents=True)
    (rooms / "protocol").symlink_to(Path(ostiary.protocol.__file__ or "").resolve().parent)
    (rooms / "firmware" / "door").symlink_to(Path(ostiary.firmware.__file__ or "").resolve().parent / "door")
    scripts = [script for seed in range(30) for script in random_scripts(seed)]
    here = played_by([sys.executable], dict(os.environ), scripts)
    there = played_by([str(MICROPYTHON)], {**os.environ, "MICROPYPATH": f".frozen:{tmp_path}"}, scripts)
    assert there == here
    assert any(came[0] == "card" for played in here[::2] for step in played for came in step[0])
