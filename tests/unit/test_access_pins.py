"""PINs at the keeper: right, duress and wrong, throttled for each person and door, and forgotten by no restart."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask, Standing
from ostiary.controller.access.judge import Judgement, refused
from ostiary.controller.access.pins import FREE, MOST, MOST_AT_ONCE, PAUSE_MS, Failed, Pins
from ostiary.controller.access.pins import duress as raised_by
from ostiary.controller.people import pins as hashing
from ostiary.controller.people.following import Followed, Snapshot
from ostiary.controller.policy.facts import PersonFacts
from ostiary.controller.record.log import Log
from ostiary.controller.store.keys import KeyStore

ADA, BOB = "p-" + "a" * 16, "p-" + "b" * 16
PIN, DURESS, AT_MS = "274950", "913574", 1_800_000_000_000
YES = Judgement(True, "granted", "You may pass.")


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    store = KeyStore(tmp_path / "keys.db", bytes(32))
    yield store
    store.close()


@pytest.fixture
def log(tmp_path: Path, keys: KeyStore) -> Iterator[Log]:
    started = Log.start(tmp_path / "log.db", keys, "northside")
    yield started
    asyncio.run(started.close())


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MEMORY_KIB", 8)
    monkeypatch.setattr(hashing, "ROUNDS", 1)


def people(keys: KeyStore, *, duress: str | None = DURESS) -> Gallery:
    sealed = hashing.seal_pin(ADA, PIN, duress, keys.get_or_create(f"pin/{ADA}"), os.urandom(60))
    known = {ADA: Followed(PersonFacts(ADA), pin=sealed), BOB: Followed(PersonFacts(BOB))}
    return Gallery(Snapshot(1, known, {}))


def typed(pin: str | None, person: str = ADA, door: str = "front") -> Ask:
    message: dict[str, Any] = {"credential": "card", "claim": {"kind": "card", "value": person}}
    if pin is not None:
        message["pin"] = pin
    return Ask(Standing("front-1", door, True, {}), message, os.urandom(8))


def claimed(ask: Ask) -> str | None:
    return ask.message["claim"]["value"] or None


async def tried(pins: Pins, known: Gallery, pin: str, at_ms: int, door: str = "front", log: Log | None = None) -> str:
    said, drafts = await pins.checked([typed(pin, door=door)], claimed, known, at_ms)
    if log is not None and drafts:
        await log.append(drafts)
    [found] = said.values()
    return found


def test_each_pin_is_what_it_is_and_goes_no_further(keys: KeyStore, log: Log) -> None:
    async def story() -> None:
        pins, known = Pins("northside", keys, log), people(keys)
        asks = [typed(PIN), typed(DURESS), typed("000000"), typed(PIN, BOB), typed(PIN, ""), typed(None)]
        said, drafts = await pins.checked(asks, claimed, known, AT_MS)
        found = [said.get(ask.digest) for ask in asks]
        assert found == ["right", "duress", "wrong", "not-set", None, None]
        assert [ask.message.get("pin") for ask in asks] == [""] * 5 + [None]
        assert [(draft.kind, draft.body["failures"], draft.persons) for draft in drafts] == [
            ("pin-failures", 1, (ADA,))
        ]
        assert PIN not in repr(drafts) and DURESS not in repr(said)

    asyncio.run(story())


def test_a_row_that_was_changed_or_moved_opens_nothing(keys: KeyStore, log: Log) -> None:
    async def story() -> None:
        pins, known = Pins("northside", keys, log), people(keys)
        sealed = known.known.people[ADA].pin or b""
        for row in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", sealed[12:]):
            broken = Gallery(Snapshot(1, {ADA: Followed(PersonFacts(ADA), pin=row)}, {}))
            assert await tried(Pins("northside", keys, log), broken, PIN, AT_MS) == "wrong"
        keys.get_or_create(f"pin/{BOB}")
        moved = Gallery(Snapshot(1, {BOB: Followed(PersonFacts(BOB), pin=sealed)}, {}))
        said, _ = await pins.checked([typed(PIN, BOB)], claimed, moved, AT_MS)
        assert list(said.values()) == ["wrong"]

    asyncio.run(story())


def test_five_wrong_ones_wait_and_a_restart_forgives_nobody(keys: KeyStore, log: Log) -> None:
    async def story() -> None:
        pins, known = Pins("northside", keys, log), people(keys)
        for number in range(FREE):
            assert await tried(pins, known, "111222", AT_MS + number, log=log) == "wrong"
        last_ms = AT_MS + FREE - 1
        for held in (pins, Pins("northside", keys, log)):
            assert await tried(held, known, PIN, last_ms + PAUSE_MS - 1) == "throttled"
            assert await tried(held, known, PIN, last_ms + 1, door="studio") == "right", "each door counts for itself"
        again = Pins("northside", keys, log)
        assert await tried(again, known, PIN, last_ms + PAUSE_MS, log=log) == "right"
        assert await tried(Pins("northside", keys, log), known, PIN, last_ms + PAUSE_MS + 1) == "right"

    asyncio.run(story())


def test_after_fifty_nothing_counts_until_a_face_or_a_new_pin(keys: KeyStore, log: Log) -> None:
    async def story() -> None:
        pins, known, at_ms = Pins("northside", keys, log), people(keys), AT_MS
        for _ in range(MOST):
            at_ms += PAUSE_MS
            assert await tried(pins, known, "111222", at_ms) == "wrong"
        at_ms += 366 * 86_400_000
        assert await tried(pins, known, PIN, at_ms) == "throttled"
        face, card = Identity(ADA, "face", "card"), Identity(ADA, "card", "card")
        assert pins.beside([(typed(None), face, refused("not-member"), None)], ["A"], at_ms) == []
        assert pins.beside([(typed(None), card, YES, None)], ["A"], at_ms) == []
        [over] = pins.beside([(typed(None), face, YES, None)], ["A"], at_ms)
        assert over.body["failures"] == 0
        assert await tried(pins, known, PIN, at_ms) == "right"
        await tried(pins, known, "111222", at_ms)
        assert len(pins.forgiven(ADA, at_ms)) == 1
        assert pins.forgiven(ADA, at_ms) == []

    asyncio.run(story())


def test_many_at_once_keep_nobody_else_waiting(keys: KeyStore, log: Log) -> None:
    async def story() -> None:
        pins, known = Pins("northside", keys, log), people(keys)
        asks = [typed("111222", door=f"door-{number}") for number in range(MOST_AT_ONCE + 3)]
        said, drafts = await pins.checked(asks, claimed, known, AT_MS)
        found = [said[ask.digest] for ask in asks]
        assert found == ["wrong"] * MOST_AT_ONCE + ["throttled"] * 3
        assert len(drafts) == MOST_AT_ONCE
        # And within one batch the fifth wrong one counts for the sixth.
        said, _ = await pins.checked([typed("111222") for _ in range(FREE + 1)], claimed, known, AT_MS)
        assert list(said.values()) == ["wrong"] * FREE + ["throttled"]

    asyncio.run(story())


def test_duress_is_a_record_of_its_own_whatever_was_decided(keys: KeyStore, log: Log) -> None:
    pins = Pins("northside", keys, log)
    forced = Identity(ADA, "card", "card", pin="duress")
    for judgement in (YES, refused("outside-hours")):
        [alarm] = pins.beside([(typed(None), forced, judgement, None)], ["CODE"], AT_MS)
        assert (alarm.kind, alarm.code, alarm.door, alarm.persons) == ("duress", "duress", "front", (ADA,))
        assert alarm.body["by"] == "CODE"
        [raised] = raised_by([(typed(None), forced, judgement, None)], AT_MS)
        assert (raised.node, raised.door, raised.kind) == ("front-1", "front", "duress")
    assert pins.beside([(typed(None), Identity(ADA, "card", "card", pin="right"), YES, None)], ["CODE"], AT_MS) == []


def test_a_clock_that_went_back_does_not_keep_a_person_out_for_ever() -> None:
    failed = Failed(FREE, AT_MS)
    assert failed.waits(AT_MS) and failed.waits(AT_MS + PAUSE_MS - 1)
    assert not failed.waits(AT_MS - 1) and not failed.waits(AT_MS + PAUSE_MS)
