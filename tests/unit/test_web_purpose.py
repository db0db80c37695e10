"""A session's purpose is one that a record takes, and its form sends people nowhere else."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ostiary.controller.acts.permit import PURPOSE_LETTERS
from ostiary.controller.web.forms import Form
from ostiary.controller.web.panel.purpose import own_path, purpose_from
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import MAX_LENGTH, purpose_of
from ostiary.controller.web.signin.known import Operator
from tests.unit.signed_in import EVERYTHING


def asking(who: Operator | None) -> Request:
    request = Request({"type": "http", "headers": []})
    request.state.visitor = who
    return request


@given(st.text(min_size=4, max_size=MAX_LENGTH))
def test_a_purpose_that_the_form_takes_is_one_that_a_record_takes(words: str) -> None:
    try:
        purpose = purpose_from(Form({"purpose": words}, {}))
    except BadForm:
        return
    assert len(purpose.strip()) in PURPOSE_LETTERS
    assert purpose_of(asking(replace(EVERYTHING, purpose=purpose))) == purpose


@pytest.mark.parametrize("words", ["", "   ", "abc", "x" * (MAX_LENGTH + 1), "line\x00noise"])
def test_what_says_nothing_is_no_purpose(words: str) -> None:
    with pytest.raises(BadForm):
        purpose_from(Form({"purpose": words}, {}))


@pytest.mark.parametrize("who", [None, EVERYTHING, replace(EVERYTHING, session=None, token=1)])
def test_nobody_and_a_session_without_one_have_none(who: Operator | None) -> None:
    assert purpose_of(asking(who)) is None


@given(st.one_of(st.text(max_size=30), st.text("/\\:.htp@evil", max_size=12)))
def test_after_the_form_one_is_still_here(address: str) -> None:
    path = own_path(address)
    # As a browser reads it: backslashes are slashes, tabs and line ends are nothing.
    read = path.replace("\\", "/").translate(dict.fromkeys(map(ord, "\t\r\n")))
    assert urlsplit(urljoin("http://127.0.0.1:8080/purpose", read)).netloc == "127.0.0.1:8080"


def test_own_paths_are_kept() -> None:
    assert own_path("/decisions/12") == "/decisions/12"
