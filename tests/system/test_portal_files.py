"""Files that a person sends along with a contest: downloads for whoever decides, and for nobody else."""

from collections.abc import Iterator

import pytest

from tests.system.signing_in import browser
from tests.system.test_portal import Someone, _unzipped
from tests.system.web_panel import Panel, open_panel, words

pytestmark = pytest.mark.system

PNG = b"\x89PNG\r\n\x1a\n" + b"no picture at all"
SCRIPT = b"<html><script>alert(1)</script></html>"


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    with open_panel(tmp_path_factory.mktemp("site") / "data") as running:
        yield running


def _sent(*files: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("file", ("../../etc/<b>passwd</b>.html", data, "text/html")) for data in files]


def test_files_of_a_contest_are_downloads_for_whoever_decides(panel: Panel) -> None:
    ada, bo = Someone(panel, "Ada Byron"), Someone(panel, "Bo Other")
    ada.sign_in()
    bo.sign_in()
    position, _ = ada.decision("laser-room")
    what = {"what": f"decision:{position}", "words": "Look at this."}
    for hostile in (_sent(b"MZ\x90\x00"), _sent(PNG, PNG, PNG, PNG), _sent(b"x" * 5_000_001)):
        refused = ada.client.post("/me/contest", data=what, files=hostile)
        assert refused.status_code in (400, 409), words(refused)
        assert "You have contested nothing" in words(ada.client.get("/me")), "refused whole"
    done = ada.client.post("/me/contest", data=what, files=_sent(PNG, SCRIPT))
    assert done.status_code == 303, words(done)
    panel.purpose()
    [page] = {path for path in ("/contests/1", "/contests/2", "/contests/3") if panel.client.get(path).is_success}
    shown = panel.client.get(page)
    assert "passwd" not in shown.text
    before = panel.look_ups()
    for number, data in ((1, PNG), (2, SCRIPT)):
        got = panel.client.get(f"{page}/files/{number}")
        assert got.content == data
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith("attachment; ")
        assert got.headers["x-content-type-options"] == "nosniff"
    assert panel.look_ups() >= before
    for number in (0, 3, -1):
        assert panel.client.get(f"{page}/files/{number}").status_code == 404
    for stranger in (ada.client, bo.client, browser(panel.address)):
        assert stranger.get(f"{page}/files/1").status_code in (303, 401, 403)
    assert panel.client.get(f"/review/1/{'A' * 43}/files/1").status_code in (403, 404)
    assert _unzipped(ada)["contests/" + page.replace("/contests/", "contest-") + "-file-1.png"] == PNG
