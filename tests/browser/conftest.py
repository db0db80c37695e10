"""One Chromium and one house for every story told in a browser; each story finds what those before it left."""

from collections.abc import Iterator

import pytest

from tests.browser.house import House, opened
from tests.browser.visitor import chromium, film


# Not for the whole run: while Playwright is open it keeps an event loop in this thread, and other tests want their own.
@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with chromium(film("member-1", folder / "webcam.mjpeg")) as browser, opened(folder / "data", browser) as house:
        yield house
