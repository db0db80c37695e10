"""Topics: what is built is read again, and nothing else is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.protocol import codes, topics
from ostiary.protocol.errors import Refused

pytestmark = pytest.mark.contract

names = st.text(topics.NAME_ALPHABET, min_size=1, max_size=topics.NAME_LONGEST)


@given(site=names, node=names, purpose=st.sampled_from(topics.PURPOSES))
def test_what_is_built_is_read_again(site: str, node: str, purpose: str) -> None:
    assert topics.parse(topics.topic(site, node, purpose)) == (site, node, purpose)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "ostiary/v1",
        "ostiary/v1/northside/front-1",
        "ostiary/v1/northside/front-1/ask/",
        "/ostiary/v1/northside/front-1/ask",
        "ostiary/v2/northside/front-1/ask",
        "ostiary/v1/northside//ask",
        "ostiary/v1/northside/+/ask",
        "ostiary/v1/northside/#/ask",
        "ostiary/v1/northside/front_1/ask",
        "ostiary/v1/northside/front-1\x00/ask",
        "ostiary/v1/north side/front-1/ask",
        "ostiary/v1/nörthside/front-1/ask",
        "ostiary/v1/northside/" + "x" * 41 + "/ask",
        "$SYS/v1/northside/front-1/ask",
        "a/" * 10_000,
    ],
    ids=lambda topic: topic[:40],
)
def test_what_is_no_topic_of_ours_is_malformed(topic: str) -> None:
    with pytest.raises(Refused) as caught:
        topics.parse(topic)
    assert caught.value.code == codes.MALFORMED


def test_an_unknown_purpose_is_of_the_wrong_kind() -> None:
    with pytest.raises(Refused) as caught:
        topics.parse("ostiary/v1/northside/front-1/unlock")
    assert caught.value.code == codes.WRONG_KIND


@given(site=st.text(max_size=45), node=st.text(max_size=45), purpose=st.text(max_size=10))
def test_nothing_is_built_that_could_reach_another_topic(site: str, node: str, purpose: str) -> None:
    try:
        built = topics.topic(site, node, purpose)
    except Refused:
        return
    assert topics.parse(built) == (site, node, purpose)


def test_every_purpose_has_a_direction() -> None:
    assert set(topics.PURPOSES) == set(topics.DIRECTION)
    assert set(topics.DIRECTION.values()) == {"up", "down"}
