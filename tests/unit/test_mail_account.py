"""[mail] in site.toml: written and read again, kept when a site is opened, and refused in words where it is wrong."""

from pathlib import Path

import pytest

from ostiary.controller import site as settings
from ostiary.controller.founding import found
from ostiary.controller.mail.account import PASSWORD, Account, BadAccount
from ostiary.controller.site import BadSite, Site
from ostiary.controller.store.places import Places

HEAD = 'name = "northside"\nbroker_port = 1\nweb_port = 2\n[mail]\n'
GOOD = 'host = "mail.example"\nfrom = "ostiary@mail.example"\nalarms_to = ["keeper@mail.example"]\n'
WHOLE = Account(
    "mail.example", "o@mail.example", 465, "tls", "o", "/p", "/ca", ("a@b.example",), ("c@d.example",), "de"
)


def test_it_is_written_and_read(tmp_path: Path) -> None:
    for account in (WHOLE, Account("localhost", "o@localhost", alarms_to=("a@b.example",), tls="none")):
        settings.write(tmp_path / "site.toml", Site("northside", 1, 2, mail=account))
        assert settings.read(tmp_path / "site.toml").mail == account


def test_opening_a_site_keeps_it_and_the_second_person(tmp_path: Path) -> None:
    places = Places(tmp_path / "site")
    places.prepare()
    settings.write(places.site_toml, Site("northside", 1, 2, second_person=True, mail=WHOLE))
    site, _ = found(places, Site("other", 3, 4), ())
    assert (site.mail, site.second_person) == (WHOLE, True)
    assert settings.read(places.site_toml) == site


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('password = "hunter2"\n', "password_file"),
        ('tls = "none"\n', "in the clear"),
        ('tls = "ssl3"\n', "starttls"),
        ("port = 0\n", "65535"),
        ("port = true\n", "65535"),
        ('language = "fr"\n', "en, de"),
        ('contests_to = ["a@b.example\\nBcc: x@y.example"]\n', "no address"),
        ('contests_to = "a@b.example"\n', "no list"),
        ("contests_to = [7]\n", "no address"),
        ('password_file = "/p"\n', "no user"),
        ('colour = "red"\n', "colour"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "site.toml").write_text(HEAD + GOOD + lines)
    with pytest.raises(BadSite, match=r"site\.toml") as refused:
        settings.read(tmp_path / "site.toml")
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_somebody_must_be_told(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(HEAD + 'host = "mail.example"\nfrom = "o@mail.example"\n')
    with pytest.raises(BadSite, match="Nobody is to be told"):
        settings.read(tmp_path / "site.toml")


def test_a_password_comes_from_a_closed_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    account = Account("mail.example", "o@m.example", user="o", password_file=str(file), alarms_to=("a@b.example",))
    file.chmod(0o644)
    with pytest.raises(BadAccount, match="chmod 600"):
        account.password()
    file.chmod(0o600)
    assert account.password() == "correct horse"
    file.write_text("two\nlines\n")
    with pytest.raises(BadAccount) as refused:
        account.password()
    assert "two" not in str(refused.value)
    file.unlink()
    with pytest.raises(BadAccount, match="cannot be read"):
        account.password()
    bare = Account("mail.example", "o@m.example", user="o", alarms_to=("a@b.example",))
    monkeypatch.delenv(PASSWORD, raising=False)
    with pytest.raises(BadAccount, match=PASSWORD):
        bare.password()
    monkeypatch.setenv(PASSWORD, "of the environment")
    assert bare.password() == "of the environment"
