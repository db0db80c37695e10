"""Passes at the keeper: what each says at which moment, and that one which counts once is spent once."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask, Standing
from ostiary.controller.access.judge import Judgement, refused
from ostiary.controller.access.passes import Passes, packable
from ostiary.controller.people.following import Followed, HeldPass, Snapshot
from ostiary.controller.policy.facts import PersonFacts
from ostiary.controller.record.log import Log
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import base64url, passes

NOON_S = 1_800_000_000
NOON_MS = NOON_S * 1000
CODE = bytes(range(16))
ADA = "p-" + "a" * 16
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


def gallery(*, single: bool = False, revoked: bool = False, doors: tuple[str, ...] = ("front",)) -> Gallery:
    code = base64url.encode(CODE)
    held = HeldPass(code, doors, NOON_MS, NOON_MS + 3_600_000, single, revoked)
    return Gallery(Snapshot(1, {ADA: Followed(PersonFacts(ADA), passes=(held,))}, {}, {code: ADA}))


def asked(door: str = "front") -> Ask:
    return Ask(Standing("front-1", door, True, {}), {"credential": "pass"}, os.urandom(8))


def test_a_pass_opens_its_doors_in_its_time(keys: KeyStore, log: Log) -> None:
    site = Passes("northside", keys, log, NOON_MS)
    text = site.text(CODE, ["front"], NOON_S, NOON_S + 3600)
    read = site.read(text, "front", gallery(), NOON_MS)
    assert (read.person, read.id, read.reason) == (ADA, base64url.encode(CODE), None)
    for reason, door, known, at_ms in (
        ("pass-not-yet", "front", gallery(), NOON_MS - 1),
        ("pass-expired", "front", gallery(), NOON_MS + 3_600_000),
        ("pass-not-valid-here", "studio", gallery(doors=("front", "studio")), NOON_MS),
        ("pass-revoked", "front", gallery(revoked=True), NOON_MS),
    ):
        read = site.read(text, door, known, at_ms)
        assert (read.reason, read.person) == (reason, ADA)
    # What people.db keeps is a bound too: a pass that was signed for more is not more.
    wider = site.text(CODE, ["front", "studio"], NOON_S - 9, NOON_S + 9999)
    assert site.read(wider, "studio", gallery(), NOON_MS).reason == "pass-not-valid-here"
    assert site.read(wider, "front", gallery(), NOON_MS + 3_600_000).reason == "pass-expired"


def test_what_this_site_did_not_sign_is_unknown(tmp_path: Path, keys: KeyStore, log: Log) -> None:
    site = Passes("northside", keys, log, NOON_MS)
    text = site.text(CODE, ["front"], NOON_S, NOON_S + 3600)
    stranger = KeyStore(tmp_path / "other.db", bytes(32))
    other = Passes("northside", stranger, log, NOON_MS)
    neighbour = Passes("southside", keys, log, NOON_MS)
    for said in (
        other.text(CODE, ["front"], NOON_S, NOON_S + 3600),
        neighbour.text(CODE, ["front"], NOON_S, NOON_S + 3600),
        site.text(bytes(16), ["front"], NOON_S, NOON_S + 3600),
        text[:-1],
        text + "A",
        "4711",
        "",
        passes.VERSION + "..",
    ):
        assert site.read(said, "front", gallery(), NOON_MS).reason == "pass-unknown"
    assert Passes("northside", keys, log, NOON_MS).public_key == site.public_key != other.public_key
    stranger.close()


def test_a_door_that_decides_alone_hears_of_passes_that_count_always_and_stand() -> None:
    [held] = packable(gallery())[ADA]
    assert (held.id, held.from_ms, held.until_ms) == (base64url.encode(CODE), NOON_MS, NOON_MS + 3_600_000)
    assert packable(gallery(single=True)) == packable(gallery(revoked=True)) == {ADA: ()}
    assert packable(Gallery()) == {}


def test_a_pass_that_counts_once_lets_in_once_also_after_a_restart(keys: KeyStore, log: Log) -> None:
    async def story() -> None:
        site = Passes("northside", keys, log, NOON_MS)
        text = site.text(CODE, ["front"], NOON_S, NOON_S + 3600)
        known = gallery(single=True)
        read = site.read(text, "front", known, NOON_MS)
        mine = Identity(read.person, "pass", "pass", pass_id=read.id, single=read.single)
        both = [(asked(), mine, site.spend(mine, YES), None) for _ in range(2)]
        assert [judgement.reason for _, _, judgement, _ in both] == ["granted", "pass-used"]
        [used] = site.uses(both, ["CODE-1", "CODE-2"], NOON_MS)
        assert used.persons == (ADA,) and used.body["by"] == "CODE-1"
        assert site.read(text, "front", known, NOON_MS).reason == "pass-used"
        site.unspent(both)  # it could not be recorded
        assert site.read(text, "front", known, NOON_MS).reason is None
        site.spend(mine, YES)
        await log.append([used])
        again = Passes("northside", keys, log, NOON_MS + 1)
        assert again.read(text, "front", known, NOON_MS).reason == "pass-used"
        assert again.read(text, "front", gallery(), NOON_MS).reason is None, "one that counts always is never spent"
        denied = site.spend(mine, refused("not-member"))
        assert site.uses([(asked(), mine, denied, None)], ["CODE-3"], NOON_MS) == []

    asyncio.run(story())
