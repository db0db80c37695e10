"""What the contract's tests share: both interpreters, waiting for cases, and messages made from its own tables."""

import json
import os
import string
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import ostiary.protocol
from ostiary.protocol import base64url, messages, parts, shapes, topics

HERE = Path(__file__).parent
MICROPYTHON = Path(sys.executable).parent / "micropython"

# Where parsers stumble: signs, escapes, numbers, and UTF-8 that is overlong, a surrogate, too high or cut off.
SPICE = (
    rb"""" \ \u \ud800 { } [ ] , : - + . e E9 0 00 1 99999999999999999 NaN true nul ' / """
    + b"\xff \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xf0\x9f\x98\x80 \xef\xbb\xbf \xc3"
)

Case = dict[str, Any]
Strategy = st.SearchStrategy[Any]


class Interpreter:
    """A running `portable.py`: takes cases, gives what came of each."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [*command, str(HERE / "portable.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )

    def one(self, **case: Any) -> dict[str, Any]:
        """What came of one case: `{"gives": …}` or `{"refused": code}`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.startswith("{"):  # a traceback: everything but `Refused` ends the program
            raise AssertionError(line + self._process.stdout.read())
        return json.loads(line)

    def __call__(self, cases: Iterable[Case]) -> list[dict[str, Any]]:
        return [self.one(**case) for case in cases]

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def cpython() -> Iterator[Interpreter]:
    running = Interpreter([sys.executable], dict(os.environ))
    yield running
    running.close()


@pytest.fixture(scope="module")
def micropython(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interpreter]:
    if not MICROPYTHON.exists():
        pytest.skip(
            "MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only, "
            "so here the contract is tested on CPython alone."
        )
    # As on a board: one folder with `ostiary/protocol` in it, and of the rest nothing.
    library = tmp_path_factory.mktemp("lib")
    (library / "ostiary").mkdir()
    (library / "ostiary" / "protocol").symlink_to(Path(ostiary.protocol.__file__).resolve().parent)
    running = Interpreter([str(MICROPYTHON)], {**os.environ, "MICROPYPATH": f".frozen:{library}"})
    yield running
    running.close()


@pytest.fixture(scope="module", params=["cpython", "micropython"])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    return request.getfixturevalue(request.param)


def _fitting(shape: tuple[Any, ...]) -> Strategy:
    """Values of one shape of `shapes.py`."""
    kind, *bounds = shape
    measure = st.text(shapes.MEASURE_ALPHABET, min_size=1, max_size=shapes.MEASURE_LONGEST)
    plain = st.characters(exclude_categories=["Cc", "Cs"])
    if kind == "object":
        return _fields(bounds[0])
    return {
        "integer": lambda: st.integers(*bounds),
        "number": lambda: st.floats(*bounds) | st.integers(-(-int(bounds[0]) // 1) or 1, int(bounds[1])),
        "flag": st.booleans,
        "one-of": lambda: st.sampled_from(bounds[0]),
        "name": lambda: st.text(topics.NAME_ALPHABET, min_size=1, max_size=topics.NAME_LONGEST),
        "word": lambda: st.text(bounds[0], min_size=bounds[1], max_size=bounds[2]),
        "reason": lambda: st.sampled_from(bounds[0]) | measure.map(lambda name: bounds[1] + name),
        "text": lambda: st.text(plain, min_size=bounds[0], max_size=bounds[1]),
        "bytes": lambda: st.binary(min_size=bounds[0], max_size=bounds[1]).map(base64url.encode),
        "numbers": lambda: st.dictionaries(measure, st.floats(*bounds[1:]), max_size=bounds[0]),
        "set-of": lambda: st.lists(st.sampled_from(bounds[0]), min_size=1, unique=True),
    }[kind]()


def _fields(fields: tuple[Any, ...]) -> Strategy:
    return st.fixed_dictionaries(
        {name: _fitting(shape) for name, needed, shape, _ in fields if needed},
        optional={name: _fitting(shape) for name, needed, shape, _ in fields if not needed},
    )


def _agreeing_ask(message: dict[str, Any]) -> dict[str, Any]:
    if message["credential"] != "face":
        message.pop("probe", None)
        message["claim"] = {"kind": message["credential"], "value": message.get("claim", {"value": "04A2B3"})["value"]}
    elif ("probe" in message) == ("no_probe" in message):
        message.pop("probe", None)
        message["no_probe"] = "face-missing"
    if "claim" not in message:
        message.pop("pin", None)
    elif message["claim"]["kind"] == "card":
        message["claim"]["value"] = message["claim"]["value"][: parts.LONGEST_CARD]
    return message


def _agreeing_answer(message: dict[str, Any]) -> dict[str, Any]:
    granted, pulse_ms = message["verdict"] == "grant", message["pulse_ms"]
    message["pulse_ms"] = pulse_ms if granted and pulse_ms >= 1000 else 0
    message.pop("code" if granted else "held_ms", None)
    message["show"]["say"] = "yes" if granted else "busy" if message["term"] % 2 else "no"
    return message


def _agreeing_command(message: dict[str, Any]) -> dict[str, Any]:
    needed = {"release-once": {"pulse_ms": 1000, "receipt": "0" * 16}, "locate": {"seconds": 1}, "reboot": {}}
    wanted = needed[message["do"]]
    for name in ("pulse_ms", "receipt", "seconds"):
        if name not in wanted:
            message.pop(name, None)
    return {**wanted, **message}


def _agreeing_desired(message: dict[str, Any]) -> dict[str, Any]:
    return {"offline_max_age_ms": 1, **message} if message["offline"] == "pack" else message


def _agreeing_event(message: dict[str, Any]) -> dict[str, Any]:
    if "decision" in message:
        return {**message, "kind": "decided", "receipt": message.get("receipt", "0" * 16)}
    return {**message, "kind": "boot"} if message["kind"] == "decided" else message


def _agreeing_status(message: dict[str, Any]) -> dict[str, Any]:
    return {"nonce": base64url.encode(bytes(16)), **message} if message["state"] == "online" else message


def _agreeing_pack(message: dict[str, Any]) -> dict[str, Any]:
    part = message["part"] % message["parts"]
    full = base64url.encode(bytes(parts.PACK_PART_BYTES))
    return {**message, "part": part, "data": message["data"] if part == message["parts"] - 1 else full}


AGREEING = {
    "ask": _agreeing_ask,
    "answer": _agreeing_answer,
    "command": _agreeing_command,
    "desired": _agreeing_desired,
    "event": _agreeing_event,
    "live": _agreeing_event,
    "status": _agreeing_status,
    "pack": _agreeing_pack,
}


def _agreeing(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """The message with the fields changed that contradict each other."""
    return AGREEING[kind](message) if kind in AGREEING else message


@pytest.fixture(scope="session")
def messages_of() -> Callable[[str], Strategy]:
    """From a kind to whole messages of that kind, made from the contract's own table."""
    made = {kind: _fields(fields).map(partial(_agreeing, kind)) for kind, fields in messages.KINDS.items()}
    return made.__getitem__


@pytest.fixture(scope="session")
def nearly_json() -> Strategy:
    """Bytes that are JSON, or were before a few of them changed."""
    text = st.text(max_size=8) | st.text(string.printable + '"\\ud83d\ude00é', max_size=8)
    number = st.integers(-(2**54), 2**54) | st.floats() | st.sampled_from([1e30, 1e31, 2**53, 2**53 - 1, -0.0, 1e-400])
    tree = st.recursive(
        st.none() | st.booleans() | number | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )
    spellings = st.tuples(tree, st.booleans(), st.sampled_from([None, 1]))
    whole = spellings.map(
        lambda t: json.dumps(t[0], ensure_ascii=t[1], indent=t[2]).encode("utf-8", errors="surrogatepass")
    )
    spice = st.sampled_from([*SPICE.split(b" "), b" ", b"\n", b"\t", b"\x0b", b"\x00", b"\x1f", b"\x7f"])

    @st.composite
    def spiced(draw: Callable[[Strategy], Any]) -> bytes:
        data = draw(whole)
        for _ in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, len(data)))
            end = min(len(data), start + draw(st.integers(0, 3)))
            data = data[:start] + draw(spice | st.just(b"") | st.just(data[start:end] * 2)) + data[end:]
        return data

    return spiced()
