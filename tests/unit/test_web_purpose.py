"""A session's purpose survives the cookie, and its form sends people nowhere else."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web.forms import Form
from ostiary.controller.web.panel.purpose import own_path, purpose_from
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import COOKIE, MAX_LENGTH, purpose_of, remember


def asking(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", cookie.encode("latin-1"))]})


@given(st.text(min_size=4, max_size=MAX_LENGTH))
def test_a_purpose_that_the_form_takes_comes_back(words: str) -> None:
    try:
        purpose = purpose_from(Form({"purpose": words}, {}))
    except BadForm:
        return
    response = Response()
    remember(response, purpose)
    cookie = response.headers["set-cookie"]
    assert purpose_of(asking(cookie.split(";")[0])) == purpose
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "max-age" not in cookie.lower(), "it ends with the browser"


@pytest.mark.parametrize("words", ["", "   ", "abc", "x" * (MAX_LENGTH + 1), "line\x00noise"])
def test_what_says_nothing_is_no_purpose(words: str) -> None:
    with pytest.raises(BadForm):
        purpose_from(Form({"purpose": words}, {}))


@pytest.mark.parametrize("value", ["", "%00abc", "x" * 500, "%0d%0aSet-Cookie"])
def test_a_cookie_that_we_would_not_write_is_none(value: str) -> None:
    assert purpose_of(asking(f"{COOKIE}={value}")) is None


@given(st.one_of(st.text(max_size=30), st.text("/\\:.htp@evil", max_size=12)))
def test_after_the_form_one_is_still_here(address: str) -> None:
    path = own_path(address)
    # As a browser reads it: backslashes are slashes, tabs and line ends are nothing.
    read = path.replace("\\", "/").translate(dict.fromkeys(map(ord, "\t\r\n")))
    assert urlsplit(urljoin("http://127.0.0.1:8080/purpose", read)).netloc == "127.0.0.1:8080"


def test_own_paths_are_kept() -> None:
    assert own_path("/decisions/12") == "/decisions/12"
