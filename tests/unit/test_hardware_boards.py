"""Board profiles: those that are shipped keep every rule, and each rule refuses what it is there for."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ostiary.controller.cli.main import app
from ostiary.hardware import words
from ostiary.hardware.mistake import BadProfile
from ostiary.hardware.profile import BOARDS, Profile, Wire, names, of_node, parse, read, shipped
from ostiary.hardware.rules import check_roles, checked, problems

WIRE = Wire(1, "high", 10_000, None, False)


def profile(**changed: object) -> Profile:
    """A small board that keeps every rule, with some of it changed."""
    board = Profile(
        board="bench", title="Bench", chip="some", runs="esp32", hangs="inside", camera="none", sources=("a document",),
        boot={0: "high", 1: "low", 2: "floats", 3: "pulses", 4: "floats", 5: "low"}, strapping=frozenset({0, 5}),
        input_only=frozenset({4}), taken={9: "flash"}, wires={"strike": WIRE},
    )  # fmt: skip
    return replace(board, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", names())
def test_a_shipped_board_keeps_every_rule(name: str) -> None:
    board = shipped(name)
    assert problems(board) == []
    assert board.board == name, "the file is named as the board is"
    assert board.sources, "each pin was looked up somewhere"
    strike = board.wires.get("strike")
    assert (board.hangs == "inside") == (strike is not None)
    for function, wire in board.wires.items():
        assert wire.pin in board.boot and wire.pin not in board.taken
        assert wire.pin not in board.strapping or function == "led"


def test_the_boards_that_were_promised_are_there() -> None:
    assert set(names()) == {
        "pi-4", "pi-5", "esp32-s3-eye", "xiao-esp32s3-sense", "esp32-p4-function-ev", "esp32-devkitc", "virtual",
        "virtual-esp32",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (replace(WIRE, pin=0), "reads that pin at every start"),
        (replace(WIRE, pin=0), "pulled up while the board boots"),
        (replace(WIRE, pin=5), "reads that pin at every start"),
        (replace(WIRE, pin=3), "pulses while the board boots"),
        (replace(WIRE, pin=2, pull_down_ohm=None), "floats while the board boots"),
        (replace(WIRE, pin=2, pull_down_ohm=100_000), "floats while the board boots"),
        (replace(WIRE, pull_down_ohm=None), "floats when its program ends"),
        (replace(WIRE, pin=4), "can only read"),
        (replace(WIRE, pin=7), "does not say what that pin does"),
        (replace(WIRE, pin=9), "its flash there"),
        (replace(WIRE, active="low"), "a board without power"),
        (replace(WIRE, open_drain=True), "open drain"),
    ],
)
def test_a_strike_that_would_move_while_the_board_boots_is_refused(wire: Wire, why: str) -> None:
    found = problems(profile(wires={"strike": wire}))
    assert any(why in problem.why for problem in found), [str(problem) for problem in found]
    assert all(problem.what and problem.now for problem in found)
    with pytest.raises(BadProfile):
        checked(profile(wires={"strike": wire}))


@pytest.mark.parametrize("camera", words.CAMERAS)
@pytest.mark.parametrize("hangs", words.HANGS)
@pytest.mark.parametrize("strike", [True, False])
def test_a_strike_is_inside_and_a_camera_on_the_board_is_not(camera: str, hangs: str, strike: bool) -> None:
    board = profile(camera=camera, hangs=hangs, wires={"strike": WIRE} if strike else {})
    allowed = not (strike and (hangs == "outside" or camera == "on-board")) and not (
        camera == "on-board" and hangs == "inside"
    )
    assert (problems(board) == []) == allowed
    if not strike or hangs == "outside":
        with pytest.raises(BadProfile, match="cannot have the role strike"):
            check_roles(board, ("reader", "strike"))
    else:
        check_roles(board, ("reader", "strike"))
    check_roles(board, ("reader",))


def test_one_pin_has_one_wire_and_a_reader_has_two() -> None:
    rex = Wire(1, "low", None, None, False)
    assert "strike is on it already" in problems(profile(wires={"strike": WIRE, "rex": rex}))[0].why
    assert "two data lines" in problems(profile(wires={"wiegand-d0": rex}))[0].why


def test_an_input_without_a_pull_up_needs_a_resistor() -> None:
    contact = Wire(4, "low", None, None, False)
    assert "cut wire" in problems(profile(wires={"contact": contact}))[0].why
    assert problems(profile(wires={"contact": replace(contact, pull_up_ohm=10_000)})) == []


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ('runs = "pi"', 'runs = "py"', "Did you mean pi?"),
        ('hangs = "inside"', 'hangs = "insid"', "Did you mean inside?"),
        ('camera = "by-cable"', 'camera = "on-bord"', "Did you mean on-board?"),
        ("contact = 27", "contakt = 27", "Did you mean contact?"),
        ("contact = 27", "zzzz = 27", "Use one of: strike, led"),
        ("contact = 27", 'contact = "27"', "functions.contact is '27'"),
        ("contact = 27", "contact = true", "functions.contact is True"),
        ("contact = 27", "contact = 64", "the pin 64"),
        ("contact = 27", "contact = {pin = 27, pul-up-ohm = 5}", "Did you mean pull-up-ohm?"),
        ("contact = 27", "contact = {pin = 27, pull-up-ohm = 5}", "470 to 100000"),
        ("contact = 27", 'contact = {pin = 27, active = "hi"}', "functions.contact.active is 'hi'"),
        ("contact = 27", "contact = {pin = 27, open-drain = 1}", "true or false"),
        ("pulses = [0, 1, 14]", "pulses = [0, 1, 14, 2]", "pin 2 as high and as pulses"),
        ("pulses = [0, 1, 14]", "pulse = [0, 1, 14]", "Did you mean pulses?"),
        ("pulses = [0, 1, 14]", "pulses = 0", "boot.pulses is 0"),
        ('board = "pi-4"', "board = 4", "board is 4"),
        ('title = "Raspberry Pi 4 Model B"', 'title = ""', "title is ''"),
        ("[functions]", "[function]", "Did you mean functions?"),
        ("[functions]", "[functions", "this is not TOML"),
    ],
)
def test_a_wrong_word_is_met_with_the_nearest_right_one(line: str, instead: str, says: str) -> None:
    text = (BOARDS / "pi-4.toml").read_text()
    assert line in text
    with pytest.raises(BadProfile) as caught:
        parse(text.replace(line, instead, 1).encode(), "mine.toml")
    assert caught.value.what == "mine.toml is no board profile."
    assert says in str(caught.value)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_other_bytes_are_refused_in_three_parts(data: bytes) -> None:
    with pytest.raises(BadProfile) as caught:
        parse(data, "mine.toml")
    assert caught.value.what and caught.value.why and caught.value.now


def test_a_file_that_is_too_long_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(BadProfile, match="more than 64 KiB"):
        read(tmp_path / "long.toml")
    with pytest.raises(BadProfile, match="No such file"):
        read(tmp_path / "none.toml")


def test_a_node_may_have_wiring_of_its_own(tmp_path: Path) -> None:
    assert of_node("pi-4", tmp_path) == shipped("pi-4")
    text = (BOARDS / "pi-4.toml").read_text().replace("contact = 27", "contact = 12")
    (tmp_path / "board.toml").write_text(text)
    assert of_node("pi-4", tmp_path).pin("contact") == 12
    with pytest.raises(BadProfile, match=r"Did you mean pi-5\?"):
        shipped("pi-6")


def test_the_command_line_lists_shows_and_checks(tmp_path: Path) -> None:
    run = CliRunner()
    listed = json.loads(run.invoke(app, ["board", "list", "--json"]).stdout)
    assert {one["board"]: one["roles"] for one in listed}["esp32-s3-eye"] == ["reader"]
    shown = json.loads(run.invoke(app, ["board", "show", "pi-5", "--json"]).stdout)
    assert shown["wires"]["strike"] == {
        "pin": 17, "active": "high", "pull_down_ohm": 10_000, "pull_up_ohm": None, "open_drain": False,
    }  # fmt: skip
    assert "wiegand-d0" in run.invoke(app, ["board", "show", "pi-4"]).stdout
    assert "esp32-devkitc" in run.invoke(app, ["board", "list"]).stdout
    good = run.invoke(app, ["board", "check", str(BOARDS / "pi-4.toml")])
    assert (good.exit_code, "may be used" in good.stdout) == (0, True)
    mine = tmp_path / "board.toml"
    mine.write_text((BOARDS / "pi-4.toml").read_text().replace("{pin = 17", "{pin = 14"))
    refused = run.invoke(app, ["board", "check", str(mine), "--json"])
    assert refused.exit_code == 1
    assert [one["why"] for one in json.loads(refused.stdout)] == [
        "That pin pulses while the board boots, so each power cut would open the door."
    ]
    for command in (["board", "show", "pi-7"], ["board", "check", str(tmp_path / "none.toml")]):
        refused = run.invoke(app, command)
        assert (refused.exit_code, refused.exception is None or isinstance(refused.exception, SystemExit)) == (1, True)
