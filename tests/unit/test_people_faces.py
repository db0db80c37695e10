"""A face is kept with consent only, and a withdrawal takes it out of the rows and out of the files."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ostiary.controller.people import consent, enrolment, errors, registry
from ostiary.controller.people.notice import agreed_to, languages, notice
from ostiary.controller.store.people_db import open_people, scrub

ADA, BO = "p-" + "a" * 16, "p-" + "b" * 16
MODEL, NEWER = "0" * 64, "1" * 64


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
        registry.add(conn, BO, "Bo", 1)
    yield engine
    engine.dispose()


def test_no_face_without_consent(engine: Engine) -> None:
    with engine.begin() as conn:
        with pytest.raises(errors.NoConsent, match="card"):
            enrolment.enrol_face(conn, ADA, b"sealed", MODEL, "litert", 5)
        consent.give(conn, ADA, notice("de"), 5)
        with pytest.raises(errors.NoConsent):
            enrolment.enrol_face(conn, BO, b"sealed", MODEL, "litert", 5)
        assert enrolment.enrol_face(conn, ADA, b"sealed", MODEL, "litert", 5).sealed == b"sealed"


def test_consent_names_the_notice_it_was_given_for(engine: Engine) -> None:
    with engine.begin() as conn:
        given = consent.give(conn, ADA, notice("de"), 5)
        assert agreed_to(given.notice_sha256) == notice("de")
        assert given.release == notice("de").release
        with pytest.raises(errors.ConsentAlreadyGiven):
            consent.give(conn, ADA, notice("en"), 6)


def test_consent_can_be_given_again_after_it_was_withdrawn(engine: Engine) -> None:
    with engine.begin() as conn:
        with pytest.raises(errors.NoConsent):
            consent.withdraw(conn, ADA, 5)
        consent.give(conn, ADA, notice(), 5)
        consent.withdraw(conn, ADA, 9)
        consent.give(conn, ADA, notice(), 10)
        assert [one.withdrawn_at_ms for one in consent.consents(conn, ADA)] == [9, None]


def test_a_clock_that_was_set_back_keeps_no_face(engine: Engine) -> None:
    with engine.begin() as conn:
        consent.give(conn, ADA, notice(), 5)
        enrolment.enrol_face(conn, ADA, b"sealed", MODEL, "litert", 5)
        assert consent.withdraw(conn, ADA, 4).templates == 1
        assert consent.live(conn, ADA) is None


def test_the_oldest_template_makes_room(engine: Engine) -> None:
    with engine.begin() as conn:
        consent.give(conn, ADA, notice(), 5)
        for number in range(enrolment.MOST_TEMPLATES + 2):
            enrolment.enrol_face(conn, ADA, bytes([number]), MODEL, "litert", 5 + number)
        kept = [one.sealed[0] for one in enrolment.templates(conn, ADA)]
    assert kept == list(range(2, enrolment.MOST_TEMPLATES + 2))


@pytest.mark.parametrize(("model", "afresh"), [(NEWER, False), (MODEL, True)])
def test_a_new_model_or_a_fresh_capture_replaces_all(engine: Engine, model: str, afresh: bool) -> None:
    with engine.begin() as conn:
        for person in (ADA, BO):
            consent.give(conn, person, notice(), 5)
            enrolment.enrol_face(conn, person, b"old 1", MODEL, "litert", 5)
            enrolment.enrol_face(conn, person, b"old 2", MODEL, "litert", 5)
        enrolment.enrol_face(conn, ADA, b"new", model, "litert", 6, afresh=afresh)
        assert [one.sealed for one in enrolment.templates(conn, ADA)] == [b"new"]
        assert len(enrolment.templates(conn, BO)) == 2


@pytest.mark.parametrize(
    ("sealed", "model", "runtime"),
    [(b"", MODEL, "litert"), (bytes(4097), MODEL, "litert"), (b"x", "facenet", "litert"), (b"x", MODEL, " ")],
)
def test_what_is_no_template_replaces_none(engine: Engine, sealed: bytes, model: str, runtime: str) -> None:
    with engine.begin() as conn:
        consent.give(conn, ADA, notice(), 5)
        enrolment.enrol_face(conn, ADA, b"old", MODEL, "litert", 5)
        with pytest.raises(errors.Malformed):
            enrolment.enrol_face(conn, ADA, sealed, model, runtime, 6, afresh=True)
        assert len(enrolment.templates(conn, ADA)) == 1


def test_a_withdrawal_takes_the_bytes_out_of_the_files(engine: Engine, tmp_path: Path) -> None:
    chance = random.Random(7)
    people = [registry.new_id(chance.randbytes(10)) for _ in range(60)]
    sealed = {person: [chance.randbytes(225) for _ in range(chance.randint(1, 4))] for person in people}
    for person in people:
        with engine.begin() as conn:
            registry.add(conn, person, "Somebody", 1)
            consent.give(conn, person, notice(), 5)
            for one in sealed[person]:
                enrolment.enrol_face(conn, person, one, MODEL, "litert", 6)
    withdrawing = chance.sample(people, 40)
    for person in withdrawing:
        with engine.begin() as conn:
            assert consent.withdraw(conn, person, 7).templates == len(sealed[person])

    def found(person: str) -> list[bool]:
        held = b"".join(file.read_bytes() for file in sorted(tmp_path.glob("people.db*")))
        return [one[start : start + 25] in held for one in sealed[person] for start in range(0, 225, 25)]

    assert any(found(withdrawing[0]))  # until then the write-ahead log remembers: the search can find
    assert scrub(engine)
    assert not any(any(found(person)) for person in withdrawing)
    staying = set(people) - set(withdrawing)
    assert all(all(found(person)) for person in staying)


def test_the_notice_says_the_same_in_every_language() -> None:
    assert languages() == ("de", "en")
    both = [notice(language) for language in languages()]
    assert {one.version for one in both} == {"1"}
    assert len({one.text.count("\n\n") for one in both}) == 1  # as many paragraphs
    for one, words in zip(
        both, (("Karte", "kein Bild", "widerrufen"), ("card", "no picture", "withdraw")), strict=True
    ):
        assert one.text
        assert 0 < len(one.release) <= 2000
        assert all(word.lower() in one.text.lower() for word in words)
        assert agreed_to(one.sha256) == one


@pytest.mark.parametrize(("language", "version"), [("fr", "1"), ("en", "9"), ("../en", "1")])
def test_an_unknown_notice_is_refused(language: str, version: str) -> None:
    with pytest.raises(errors.NoticeUnknown):
        notice(language, version)


def test_an_unknown_hash_is_refused() -> None:
    with pytest.raises(errors.NoticeUnknown):
        agreed_to("0" * 64)
