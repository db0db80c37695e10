"""The node's directory: whatever is wrong with it is named, with what to do, and no secret is ever shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from ostiary.firmware.pi.identity import BadIdentity, read
from ostiary.protocol import base64url

SECRET = base64url.encode(bytes(range(32)))
TOLD: dict[str, Any] = {
    "v": 1,
    "site": "northside",
    "door": "front",
    "node": "front-1",
    "roles": ["reader", "strike"],
    "profile": "virtual",
    "broker": {"host": "127.0.0.1", "port": 8883},
    "client_id": "unguessable",
    "virtual": True,
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    tmp_path.joinpath("node.json").write_text(json.dumps(TOLD))
    tmp_path.joinpath("secret").write_text(SECRET + "\n")
    for name in ("ca.pem", "node.pem", "node.key"):
        tmp_path.joinpath(name).write_text("")
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    return tmp_path


def test_a_whole_directory_is_read(directory: Path) -> None:
    who = read(directory)
    assert (who.site, who.door, who.node, who.port, who.virtual) == ("northside", "front", "front-1", 8883, True)
    assert who.secret == bytes(range(32))
    assert SECRET not in repr(who)
    assert "\\x01" not in repr(who)


@pytest.mark.parametrize("name", ["node.json", "ca.pem", "node.pem", "node.key", "secret"])
def test_a_missing_or_public_file_is_named(directory: Path, name: str) -> None:
    (directory / name).chmod(0o640)
    with pytest.raises(BadIdentity, match=rf"{name} is not private.*chmod 600"):
        read(directory)
    (directory / name).unlink()
    with pytest.raises(BadIdentity, match=f"no {name}.*Claim the node again"):
        read(directory)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"v": 2}, "version 2"),
        ({"site": "North Side"}, "site is 'North Side'"),
        ({"door": None}, "door is None"),
        ({"node": "x" * 41}, "node is"),
        ({"roles": []}, "roles"),
        ({"roles": ["keeper"]}, "keeper"),
        ({"roles": [["reader"]]}, "roles"),
        ({"broker": None}, "broker is missing"),
        ({"broker": {"host": "", "port": 1}}, "not a host and a port"),
        ({"broker": {"host": "h", "port": "1"}}, "not a host and a port"),
        ({"client_id": ""}, "client_id"),
        ({"virtual": "yes"}, "virtual"),
    ],
)
def test_a_wrong_field_is_named(directory: Path, changed: dict[str, Any], word: str) -> None:
    (directory / "node.json").write_text(json.dumps(TOLD | changed))
    with pytest.raises(BadIdentity) as caught:
        read(directory)
    assert word in str(caught.value)
    assert "Claim" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_broken_description_is_named(directory: Path, text: str) -> None:
    (directory / "node.json").write_text(text)
    with pytest.raises(BadIdentity, match=r"node\.json"):
        read(directory)


@pytest.mark.parametrize("text", ["", SECRET[:-1], SECRET + "A", "é", "=" * 43])
def test_a_broken_secret_is_named_and_not_shown(directory: Path, text: str) -> None:
    (directory / "secret").write_text(text, "utf-8")
    with pytest.raises(BadIdentity, match="32 bytes") as caught:
        read(directory)
    assert not text or text not in str(caught.value)
