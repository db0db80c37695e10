"""The limits of retention in site.toml: kept when a site is written again, refused in words where they are wrong."""

from pathlib import Path

import pytest

from ostiary.controller import site as settings
from ostiary.controller.founding import found
from ostiary.controller.site import BadSite, Retention, Site
from ostiary.controller.store.places import Places


def test_limits_are_written_and_read(tmp_path: Path) -> None:
    site = Site("northside", 1, 2, None, Retention(400, 31, 14))
    settings.write(tmp_path / "site.toml", site)
    assert settings.read(tmp_path / "site.toml") == site


def test_a_site_of_before_has_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('name = "northside"\nbroker_port = 1\nweb_port = 2\n')
    assert settings.read(tmp_path / "site.toml").retention == Retention(183, 90, 90)


def test_opening_a_site_keeps_its_limits(tmp_path: Path) -> None:
    places = Places(tmp_path / "site")
    places.prepare()
    settings.write(places.site_toml, Site("northside", 1, 2, None, Retention(400, 31, 14)))
    site, _ = found(places, Site("other", 3, 4), ())
    assert site == Site("northside", 3, 4, None, Retention(400, 31, 14))


@pytest.mark.parametrize(
    "line",
    [
        "decisions_days = 182",
        "decisions_days = 4000",
        'decisions_days = "long"',
        "decisions_days = true",
        "biometrics_days = 184",
        "backups_days = 0",
        "photos_days = 3",
    ],
)
def test_limits_that_the_law_or_sense_forbids_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f'name = "northside"\nbroker_port = 1\nweb_port = 2\n[retention]\n{line}\n')
    with pytest.raises(BadSite, match=line.split()[0]):
        settings.read(path)
