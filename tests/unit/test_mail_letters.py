"""Letters: every alarm has its words in both languages, and a mail names a door and a kind, or a number and a day."""

import pytest

from ostiary.controller.fleet.alarms import BY_EVENT, LOST, OTHER_OWNER
from ostiary.controller.mail.account import LANGUAGES
from ostiary.controller.mail.letters import ALARMS, CONTESTS, MOST_LINES, SAYS, News, Writer

AT_MS = 1_790_000_000_000


def writer(language: str = "en") -> Writer:
    return Writer("northside", "https://door.example", "ostiary@door.example", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alarm_has_words(language: str) -> None:
    assert set(SAYS[language]) == {*BY_EVENT, LOST, OTHER_OWNER, "store-failed"}


def test_an_alarm_names_its_door_and_kind() -> None:
    mail = writer().letter(ALARMS, "a@b.example", [News(7, AT_MS, "studio", "forced")])
    assert mail["Subject"] == "northside: alarm at studio: forced"
    assert "studio: forced, opened without a grant" in mail.get_content()
    assert "https://door.example" in mail.get_content()


def test_a_contest_names_its_day_and_where_it_waits() -> None:
    mail = writer("de").letter(CONTESTS, "a@b.example", [News(3, AT_MS)])
    assert mail["Subject"] == "northside: ein Einspruch wartet, fällig am 2026-09-21"
    assert "https://door.example/contests/3" in mail.get_content()


def test_many_come_in_one_mail_of_bounded_length() -> None:
    news = [News(number, AT_MS, "studio", "held") for number in range(MOST_LINES + 5)]
    mail = writer().letter(ALARMS, "a@b.example", news)
    assert mail["Subject"] == "northside: 35 alarms"
    assert mail.get_content().count("held") == MOST_LINES
    assert "… and 5 more." in mail.get_content()


def test_the_same_news_have_the_same_id_and_others_another() -> None:
    def name(to: str, number: int) -> str:
        return writer().letter(ALARMS, to, [News(number, AT_MS, "studio", "held")])["Message-ID"]

    assert name("a@b.example", 1) == name("a@b.example", 1)
    assert len({name("a@b.example", 1), name("a@b.example", 2), name("c@d.example", 1)}) == 3
