"""Erasing: keys go, the tree stays, two-person records stay readable, and no record falls that is not named."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record import fsck, retention
from ostiary.controller.record.checkpoint import Signer
from ostiary.controller.record.erasing import KEYS, SPANS, Doomed, Named, Said, list_of, read_list
from ostiary.controller.record.errors import BadErasures
from ostiary.controller.record.handover import Handover
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.record import MAX_BYTES, Draft, canonical
from ostiary.controller.record.retention import DAY_MS, expire, log_time, past
from ostiary.controller.site import Retention
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places

MARCH = 1_772_500_000_000
NOVEMBER = MARCH + 250 * DAY_MS


class House:
    def __init__(self, data: Path, dsn: str | None) -> None:
        self.data, self.place = data, LogPlace(data / "log.db", dsn)
        self.keys = KeyStore(data / "keys.db", load_or_make_master(data / "master.key"))

    def start(self) -> Log:
        return Log.start(self.place, self.keys, "northside")

    def findings(self) -> list[fsck.Finding]:
        return fsck.check(Places(self.data), "northside", self.place, lambda _stage, _done, _total: None).findings


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, request.getfixturevalue("postgres").place() if request.param == "postgres" else None)
    yield house
    house.keys.close()


def decision(number: int, *persons: str, at_ms: int = MARCH, kind: str = "decision") -> Draft:
    return Draft(kind, at_ms, {"number": number}, persons, "front", "deny", "score", f"CODE{number}")


def erasure(part: Named) -> Draft:
    body = {**part.body, "requester": "anna", "reason": "asked", "second_approver": "ben", "subject": "ab"}
    return Draft("erase", MARCH, body, (), code="erase")


def doomed(house: House, person: str) -> list[Doomed]:
    return [Doomed(name, key) for name, key in house.keys.ids_of(f"record/{person}/").items()]


def test_a_person_is_erased_and_nobody_else(house: House) -> None:
    async def story() -> None:
        log = house.start()
        await log.append([decision(0, "p-a"), decision(1, "p-b"), decision(2, "p-a", "p-b"), decision(3)])
        root = log.checkpoint
        await log.erase(doomed(house, "p-a"), erasure)
        assert isinstance(log.open(0), Erased)
        assert [log.open(number) for number in (1, 2, 3)] == [{"number": 1}, {"number": 2}, {"number": 3}]
        erased = log.open(4)
        assert isinstance(erased, dict)
        assert erased["indices"] == [0, 2]
        assert house.keys.ids_of("record/p-a/") == {}
        assert log.checkpoint != root and log.consistency(4)
        # Whoever comes back has new keys, and the old record stays closed.
        await log.append([decision(5, "p-a")])
        assert log.open(5) == {"number": 5} and isinstance(log.open(0), Erased)
        await log.close()

    asyncio.run(story())
    assert house.findings() == []


def test_no_record_falls_that_is_on_its_way_meanwhile(house: House) -> None:
    async def story() -> None:
        log = house.start()
        await log.append([decision(0, "p-a")])
        erased = asyncio.create_task(log.erase(doomed(house, "p-a"), erasure))
        number = 0
        while not erased.done():
            number += 1
            await log.append([decision(number, "p-a", f"p-{number}"), decision(1000 + number, "p-a")])
        await erased
        await log.close()

    asyncio.run(story())
    assert house.findings() == []


def test_a_crash_between_record_and_destruction_is_finished_by_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_ids: object) -> int:
        raise RuntimeError("the power fails here")

    async def cut_short() -> None:
        log = house.start()
        await log.append([decision(0, "p-a")])
        with monkeypatch.context() as patched:
            patched.setattr(house.keys, "destroy_all", crash)
            with pytest.raises(RuntimeError, match="the power fails"):
                await log.erase(doomed(house, "p-a"), erasure)
        assert log.open(0) == {"number": 0}, "recorded, and not destroyed yet"
        await log.close()

    async def next_start() -> None:
        log = house.start()
        assert isinstance(log.open(0), Erased)
        await log.close()

    asyncio.run(cut_short())
    asyncio.run(next_start())
    assert house.findings() == []


def test_what_the_files_held_is_gone_from_them(house: House) -> None:
    """The wrapped bytes of the key, which were in keys.db or its write-ahead log, are in neither."""

    async def story() -> bytes:
        log = house.start()
        await log.append([decision(0, "p-a")])
        wrapped = house.keys._db.execute("SELECT wrapped FROM key").fetchall()
        assert any(held in everything() for (held,) in wrapped)
        [gone] = [
            held
            for key_id, held in house.keys._db.execute("SELECT id, wrapped FROM key").fetchall()
            if key_id in house.keys.ids_of("record/p-a/").values()
        ]
        await log.erase(doomed(house, "p-a"), erasure)
        await log.close()
        return gone

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in house.data.glob("keys.db*"))

    assert asyncio.run(story()) not in everything()


def test_months_past_their_time_go_and_what_must_last_stays(house: House) -> None:
    async def story() -> None:
        log = house.start()
        await log.append([decision(0, "p-a"), decision(1), decision(2, "p-c"), decision(3, kind="publish")])
        house.keys.get_or_create("review/2026-03")
        assert await expire(log, house.keys, Retention(), MARCH + DAY_MS, frozenset) == 0
        await log.append([decision(4, "p-a", at_ms=NOVEMBER)])
        # The clock jumps ahead: nothing goes, since the log's own time follows by two days a day.
        assert await expire(log, house.keys, Retention(), NOVEMBER, frozenset) == 0
        for day in range(130):
            await expire(log, house.keys, Retention(), NOVEMBER + day * DAY_MS, lambda: frozenset({"p-c"}))
        assert isinstance(log.open(0), Erased) and isinstance(log.open(1), Erased)
        assert log.open(2) == {"number": 2}, "a contest is open"
        assert log.open(3) == {"number": 3}, "what ruled when is never in doubt"
        assert log.open(4) == {"number": 4}
        assert house.keys.get("review/2026-03") is None
        await log.close()

    asyncio.run(story())
    assert house.findings() == []


@given(st.integers(0, 10**13), st.lists(st.integers(0, 10**13), max_size=30))
def test_the_logs_time_never_goes_back_nor_ahead_of_the_clock_by_itself(first: int, clocks: list[int]) -> None:
    at, looked, highest = log_time(None, None, first), first, first
    for now in clocks:
        before, at = at, log_time(at, looked, now)
        looked, highest = max(looked, now), max(highest, now)
        assert before <= at <= min(before + retention.STEP_MS, highest)


@pytest.mark.parametrize(
    ("month", "days", "at", "gone"),
    [("1970-01", 0, 31, True), ("1970-01", 0, 30, False), ("1970-12", 1, 366, True), ("always", 0, 10**6, False)],
)
def test_a_month_goes_as_a_whole_after_its_last_day(month: str, days: int, at: int, gone: bool) -> None:
    assert past(month, days, at * DAY_MS) is gone


@pytest.mark.parametrize(
    "wrong", [{"decisions_days": 182}, {"biometrics_days": 0}, {"backups_days": True}, {"decisions_days": 10**6}]
)
def test_limits_that_keep_too_little_or_too_long_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be from"):
        Retention(**wrong)


@given(st.integers(0, 3 * SPANS), st.integers(1, 3 * KEYS))
def test_every_part_of_an_erasure_fits_a_record(spans: int, keys: int) -> None:
    parts = Named.parts(
        [Doomed("x", number.to_bytes(16)) for number in range(keys)],
        [(10**7 + 3 * number, 10**7 + 3 * number + 1) for number in range(spans)],
    )
    assert all(part.spans for part in parts) or not spans
    assert len({key for part in parts for key in part.keys}) == keys
    assert len({span for part in parts for span in part.spans}) == spans
    for part in parts:
        assert len(canonical(erasure(part).body)) < MAX_BYTES - 1000


def test_the_list_is_believed_only_as_the_log_signed_it() -> None:
    signer = Signer("ostiary/northside", bytes(32))
    other = Signer("ostiary/northside", bytes(31) + b"\1")
    said = [Said(4, (bytes(16), bytes(15) + b"\1"), None), Said(9, (bytes(16),), "ab" * 32)]
    chain = Handover(signer.verifier_key).line + "\n"
    data = list_of(12, said, chain, signer.sign_text).encode()
    assert read_list(data, signer.verifier_key) == (12, said)
    assert read_list(list_of(3, [], chain, signer.sign_text).encode(), signer.verifier_key) == (3, [])
    for at in range(len(data)):
        for changed in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at]):
            with pytest.raises(BadErasures):
                read_list(changed, signer.verifier_key)
    with pytest.raises(BadErasures, match="another log"):
        read_list(data, other.verifier_key)
