"""Witnesses: the second parties that a site asks to cosign its checkpoints (c2sp.org/tlog-witness, add-checkpoint).

A witness that is away costs its cosignature and nothing else. One that refuses says that the log showed two histories,
or went back: that is an alarm.
"""

import logging
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from ostiary.controller.record.checkpoint import BadKey, BadNote, cosignature, is_witness, signature_in, signs_with
from ostiary.controller.store.errors import ThreePartError

PATIENCE_S = 5.0
MOST_BYTES = 100_000

_log = logging.getLogger("ostiary.log")


class BadWitness(ThreePartError, ValueError):
    """The file of witnesses has a line that names none."""


@dataclass(frozen=True, slots=True)
class Known:
    """A witness's verifier key, and the address below which it hears `add-checkpoint`."""

    key: str
    address: str

    @property
    def name(self) -> str:
        return self.key.partition("+")[0]


def read_witnesses(path: Path) -> tuple[Known, ...]:
    """The witnesses in `path`: on each line a verifier key and an address (http or https); none when it is missing.

    Raises BadWitness naming the line.
    """
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return ()
    found: list[Known] = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            right = len(words) == 2 and is_witness(words[0]) and words[1].startswith(("http://", "https://"))
        except BadKey:
            right = False
        if not right:
            raise BadWitness(
                "The witnesses were not read.",
                f"Line {number} of {path} is no witness: it needs the witness's verifier key and its address.",
                "Copy both from what `ostiary witness` prints on the second machine.",
            )
        found.append(Known(words[0], words[1].rstrip("/")))
    return tuple(found)


class Witnesses:
    """Asks every witness for its cosignature. `consistency(old, size)` gives the log's own proofs."""

    def __init__(self, known: Sequence[Known], consistency: Callable[[int, int], tuple[bytes, ...]]) -> None:
        self._known, self._consistency = known, consistency
        self._seen: dict[str, int] = {}  # how far each witness followed; asked of itself when unknown
        self._said: dict[str, str] = {}
        self.alarms: dict[str, str] = {}

    @property
    def keys(self) -> list[str]:
        return [witness.key for witness in self._known]

    def cosigned(self, size: int, note: str) -> str:
        """The note with every cosignature that could be had."""
        lines = ""
        for witness in self._known:
            try:
                lines += self._line(witness, size, note)
                self._said.pop(witness.key, None)
            except (OSError, ValueError, HTTPException) as error:
                self._tell(witness, f"The witness {witness.name} did not cosign: {error}")
        return note + lines

    def _line(self, witness: Known, size: int, note: str) -> str:
        status, text = 0, ""
        for _ in range(2):  # the second time with the size that the witness remembers
            status, text = self._ask(witness, size, note)
            if status == 200:
                self._seen[witness.key] = size
                self.alarms.pop(witness.key, None)
                return _its_line(witness, note, text)
            remembered = text.strip()
            if status != 409 or not remembered.isdigit() or int(remembered) == self._seen.get(witness.key):
                break
            self._seen[witness.key] = int(remembered)
            if int(remembered) > size:
                raise self._alarmed(witness, f"it remembers {remembered} records and the log has {size}")
        if status in (409, 422):
            raise self._alarmed(witness, f"it knows another history of this log ({status})")
        raise ValueError(f"it answered {status}: {text.strip()[:200]}")

    def _alarmed(self, witness: Known, why: str) -> ValueError:
        self.alarms[witness.key] = f"ALARM: {witness.name} refuses this log, for {why}."
        return ValueError(self.alarms[witness.key])

    def _ask(self, witness: Known, size: int, note: str) -> tuple[int, str]:
        old = self._seen.get(witness.key, 0)
        proof = "".join(f"{b64encode(step).decode()}\n" for step in self._consistency(old, size))
        asked = urllib.request.Request(  # noqa: S310 - read_witnesses takes http and https only
            f"{witness.address}/add-checkpoint", f"old {old}\n{proof}\n{note}".encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, answer.read(MOST_BYTES).decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(MOST_BYTES).decode(errors="replace")

    def _tell(self, witness: Known, sentence: str) -> None:
        if self._said.get(witness.key) != sentence:  # on change, never twice
            self._said[witness.key] = sentence
            _log.error("%s", sentence)


def _its_line(witness: Known, note: str, text: str) -> str:
    """The one line of an answer that this witness's key made, once it is verified. Raises BadNote."""
    for line in text.splitlines():
        name, blob = signature_in(line)
        if (name, blob[:4]) == signs_with(witness.key) and cosignature(f"{note}{line}\n", witness.key):
            return f"{line}\n"
    raise BadNote("its answer has no cosignature of its key")
