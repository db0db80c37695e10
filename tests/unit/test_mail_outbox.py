"""The outbox: each news once for each receiver, over restarts; tries that wait longer each time, and an end."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.mail.letters import ALARMS, News
from ostiary.controller.mail.outbox import FIRST_PAUSE_MS, GAP_MS, KEEP_MS, LONGEST_PAUSE_MS, Outbox

ONE, TWO = "one@door.example", "two@door.example"


def news(*numbers: int) -> list[News]:
    return [News(number, 1, "studio", "held") for number in numbers]


def test_what_was_sent_is_gone_and_what_was_not_is_there_after_a_restart(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "mail.db")
    assert box.upto(ALARMS) is None
    box.take(ALARMS, 8, news(7, 8), (ONE, TWO), 0)
    [one, two] = box.due(0)
    box.sent(one, 0)
    box.failed(two, 0)
    box.close()
    box = Outbox(tmp_path / "mail.db")
    assert (box.upto(ALARMS), box.failing()) == (8, True)
    [again] = box.due(0)  # a start tries at once
    assert (again.receiver, again.tries, again.news) == (TWO, 1, tuple(news(7, 8)))
    box.sent(again, FIRST_PAUSE_MS)
    assert not box.failing()
    assert box.due(10 * GAP_MS) == []
    box.close()


def test_what_comes_in_the_gap_comes_together(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "mail.db")
    box.take(ALARMS, 1, news(1), (ONE,), 0)
    box.sent(box.due(0)[0], 0)
    box.take(ALARMS, 2, news(2), (ONE,), 1)
    box.take(ALARMS, 3, news(3), (ONE,), 2)
    assert box.due(GAP_MS - 1) == []
    assert [way.news for way in box.due(GAP_MS)] == [tuple(news(2, 3))]
    box.close()


def test_pauses_double_up_to_an_hour_and_what_is_too_old_is_given_up(tmp_path: Path) -> None:
    box, now_ms, pauses = Outbox(tmp_path / "mail.db"), 0, []
    box.take(ALARMS, 1, news(1), (ONE,), 0)
    for tries in range(13):
        [way] = box.due(now_ms)
        assert way.tries == tries
        box.failed(way, now_ms)
        pause = next(
            ms for ms in (FIRST_PAUSE_MS << n for n in range(11)) if box.due(now_ms + min(ms, LONGEST_PAUSE_MS))
        )
        pauses.append(min(pause, LONGEST_PAUSE_MS))
        now_ms += pauses[-1]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    [way] = box.due(KEEP_MS + 1)
    assert way.news == ()  # only whether it works again is still asked
    box.sent(way, KEEP_MS + 1)
    assert not box.failing()
    box.close()


def test_whoever_is_named_no_more_is_told_no_more(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "mail.db")
    box.take(ALARMS, 1, news(1), (ONE, TWO), 0)
    for way in box.due(0):
        box.failed(way, 0)
    box.keep_only([(ALARMS, ONE)])
    assert [way.receiver for way in box.due(FIRST_PAUSE_MS)] == [ONE]
    box.close()


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["take", "send", "fail", "restart"]), max_size=12))
def test_each_news_goes_out_once_whatever_fails(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.db"
        box, made, out, now_ms = Outbox(path), 0, [], 0
        for step in [*steps, "send"]:
            now_ms += LONGEST_PAUSE_MS // 60
            if step == "take":
                made += 1
                box.take(ALARMS, made, news(made), (ONE,), now_ms)
                box.take(ALARMS, made, news(made), (ONE,), now_ms)  # a round that ended before it was told so
            elif step == "restart":
                box.close()
                box = Outbox(path)
            else:
                now_ms += LONGEST_PAUSE_MS
                for way in box.due(now_ms):
                    if step == "send":
                        out += [one.number for one in way.news]
                        box.sent(way, now_ms)
                    else:
                        box.failed(way, now_ms)
        box.close()
        assert out == list(range(1, made + 1))
