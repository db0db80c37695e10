"""The web leaves its machine under a name and over HTTPS, or behind a named proxy, and not otherwise."""

from pathlib import Path

import pytest

from ostiary.controller import site as settings
from ostiary.controller.reach import BadReach, Reach
from ostiary.controller.site import Site

ALL = "0.0.0.0"  # noqa: S104 - what must be refused


@pytest.mark.parametrize(
    "wanted",
    [
        {"listen": ALL},
        {"listen": "192.0.2.7"},
        {"listen": "::"},
        {"certificate": "a", "key": "b"},
        {"proxies": ("127.0.0.1",)},
        {"host": "door.example", "certificate": "a"},
        {"host": "door.example", "key": "b"},
        {"host": "door.example", "certificate": "a", "key": "b", "proxies": ("127.0.0.1",)},
        {"host": "door.example", "proxies": ("proxy",)},
        {"host": "door.example", "listen": "everywhere"},
        *(
            {"host": host}
            for host in ("", "192.0.2.7", "::1", "Door.example", "https://door.example", "a b", "-a", "a.")
        ),
        {"host": "a" * 64},
        {"host": ".".join(["abcdefgh"] * 40)},
    ],
)
def test_what_would_be_open_is_refused(wanted: dict) -> None:
    with pytest.raises(BadReach):
        Reach(**wanted)


@pytest.mark.parametrize(
    ("reach", "address", "tls", "phone"),
    [
        (Reach(), "http://localhost:8080", False, False),
        (Reach("door.example", ALL), "https://door.example:8080", True, True),
        (Reach("door.example", ALL, proxies=("10.0.0.1",)), "https://door.example", False, True),
        (Reach("door", ALL), "https://door:8080", True, False),
        (Reach("door.local", ALL), "https://door.local:8080", True, False),
        (Reach("door.home.arpa", ALL), "https://door.home.arpa:8080", True, False),
        (Reach("door.lan.example", ALL), "https://door.lan.example:8080", True, True),
    ],
)
def test_how_it_is_reached(reach: Reach, address: str, tls: bool, phone: bool) -> None:
    site = Site("northside", 1, 8080, reach=reach)
    assert (site.address, site.learn) == (address, f"{address}/receipt")
    assert (reach.tls, reach.by_phone) == (tls, phone)


def test_the_port_of_https_is_not_said() -> None:
    assert Reach("door.example", ALL).address(443) == "https://door.example"


@pytest.mark.parametrize(
    "reach",
    [
        Reach(),
        Reach("door.example", ALL),
        Reach("door.example", "::", "/etc/a b/x.pem", '/etc/"key"'),
        Reach("door.example", proxies=("127.0.0.1", "10.0.0.1")),
    ],
)
def test_settings_keep_it(tmp_path: Path, reach: Reach) -> None:
    site = Site("northside", 1, 8080, reach=reach)
    settings.write(tmp_path / "site.toml", site)
    assert settings.read(tmp_path / "site.toml") == site


@pytest.mark.parametrize("line", ['host = "10.0.0.1"', 'listen = "0.0.0.0"', "host = 7", 'hots = "door.example"'])
def test_a_wrong_line_is_said_with_its_file(tmp_path: Path, line: str) -> None:
    file = tmp_path / "site.toml"
    settings.write(file, Site("northside", 1, 8080))
    file.write_text(f"{file.read_text()}\n[web]\n{line}\n")
    with pytest.raises(settings.BadSite, match=r"site\.toml"):
        settings.read(file)
