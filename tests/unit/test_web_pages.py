"""Pages escape everything, need no other host and no inline code, and can be read (WCAG 2.2: 1.4.3, 1.4.11)."""

import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.people.credentials import Passkey
from ostiary.controller.people.operators import Operator
from ostiary.controller.people.sessions import Session
from ostiary.controller.people.tokens import Token
from ostiary.controller.web import record_words, render
from ostiary.controller.web.directory import Found
from ostiary.controller.web.doorway import display
from ostiary.controller.web.policy_diff import DiffLine
from ostiary.controller.web.problem import DoorAway
from ostiary.controller.web.qr import grouped, receipt_qr
from ostiary.controller.web.render import ROOM, STATIC, fragment
from ostiary.controller.web.views import (
    Change,
    Chosen,
    ClauseLine,
    DoorChoice,
    DoorState,
    Fact,
    FindingLine,
    Impact,
    Listed,
    LogState,
    NumberedLine,
    Opened,
    PortraitChoice,
    Row,
    Step,
)
from tests.unit.panel_pages import panel_pages
from tests.unit.signed_in import EVERYTHING

TEMPLATES = sorted((ROOM / "templates").glob("*.html"))
OURS = [*(file for file in STATIC.glob("*.*s*") if ".min." not in file.name), *TEMPLATES]
AT_MS = 1_795_471_200_000


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_no_page_names_another_host(file: Path) -> None:
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text.replace("/* ", ""))
    assert "@import" not in text


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_page_has_inline_code(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\bsrc=)", text, re.IGNORECASE)
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_every_field_has_a_name_for_people(file: Path) -> None:
    text = file.read_text()
    for field in re.finditer(r"<(input|select|textarea)\b[^>]*", text):
        if 'type="hidden"' in field[0]:
            continue
        opened = text.rfind("<label", 0, field.start())
        assert opened > text.rfind("</label>", 0, field.start()), f"{field[0]} stands in no label"


def test_vendored_files_are_those_that_the_licence_file_names() -> None:
    named = dict(
        re.findall(r"^\| `([^`]+)` .* `([0-9a-f]{64})` \|$", (STATIC / "LICENSES.md").read_text(), re.MULTILINE)
    )
    assert named == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in STATIC.glob("*.min.*")}


def test_an_address_of_a_static_file_changes_with_its_content() -> None:
    digest = hashlib.sha256((STATIC / "ostiary.css").read_bytes()).hexdigest()
    assert render.asset("ostiary.css") == f"/static/ostiary.css?{digest[:12]}"


def _decision(text: str) -> Opened:
    clause = ClauseLine(text, True, text, text, text)
    fact = Fact(text, text, "/people/x")
    return Opened(3, AT_MS, text, text, text, text, (clause, replace(clause, held=False)), text, text, (fact,))


def _pages(text: str) -> list[str]:
    """Every page that shows what somebody else has written, with `text` wherever it can be."""
    decision = _decision(text)
    shown = display("front", {"show": {"say": text, "learn": text}, "receipt": "7K3MZQ9W2H5D8RXA"})
    step = Step(shown, text, decision, text, ((text, text),))
    row = Row(1, AT_MS, text, text, text, text)
    door = DoorChoice("front", text, text)
    return [
        fragment(
            "step_up.html",
            here="/",
            purpose=text,
            doors=[door],
            states={"front": DoorState("front", text, True, True, text, True)},
            alone={"front": (text, text)},
            portraits=[PortraitChoice("p", text)],
            cards=[],
            rows=[row],
            chosen=Chosen(other_card=text),
            step=step,
            fresh=True,
        ),
        fragment("decision.html", here="/", purpose=text, decision=decision, log=LogState(1, text, text)),
        fragment("purpose.html", here="", purpose=None, next=text),
        fragment(
            "people.html",
            here="",
            purpose=None,
            found=Found((Listed("p-x", text, text, text),), 80, 0, 50),
            q=text,
            size=50,
        ),
        fragment("problem.html", here="", purpose=None, problem=DoorAway(text, text, text)),
        fragment("_problem.html", problem=DoorAway(text, text, text)),
        fragment(
            "policy.html",
            here="",
            purpose=None,
            policy={"text": text, "sha256": text, "published_at_ms": AT_MS, "version": 1},
            text=text,
            done=text,
            days=30,
            default_preview=text,
            as_name=text,
            proposed={"operator": "ada", "at_ms": AT_MS, "index": 3},
            lines=[DiffLine("+", text)],
        ),
        *_previews(text),
        *_signing_in(text),
        *panel_pages(text),
    ]


def _signing_in(text: str) -> list[str]:
    """The pages of signing in; a name, a label and a browser are what somebody else wrote."""
    key = Passkey(1, text, b"", b"", 0, text, AT_MS, AT_MS)
    session = Session(1, text, text, text, text, text, AT_MS, AT_MS, AT_MS, None)
    token = Token(1, text, text, frozenset({text}), AT_MS, AT_MS, None, AT_MS)
    who, operator = replace(EVERYTHING, name=text), Operator(text, text, frozenset({text}), AT_MS, text, None)
    gone = replace(operator, disabled_at_ms=AT_MS)
    qr = {"secret": text, "grouped": text, "qr": text, "shortest": 12, "problem": DoorAway(text, text, text)}
    at = {"passkeys": False, "passkeys_at": f"/{text}"}
    asked = {"problem": None, "next": text, "name": text, "opened": "password", "none_yet": True}
    mine = {"sessions": [session], "keys": [key], "tokens": [token], "scopes": [text], "new_token": text}
    links = {"link": text, "link_for": text, "name": text, "wanted": (), "roles": [(text, text)]}
    return [
        fragment("sign_in.html", **asked, **at),
        fragment("set_up.html", token="x", first=True, operator_name=text, for_person=False, **qr, **at),
        fragment("set_up.html", token="x", first=False, operator_name=text, for_person=False, **qr, **at),
        fragment(
            "account.html",
            here="/account",
            purpose=text,
            visitor=who,
            who=who,
            done=text,
            fresh=False,
            has_password=True,
            codes_left=0,
            problem=None,
            **mine,
            **at,
        ),
        fragment("account_password.html", here="/account", purpose=None, visitor=who, **qr),
        fragment(
            "operators.html",
            here="/operators",
            purpose=None,
            who=who,
            done=text,
            problem=None,
            everybody=[operator, gone],
            **links,
        ),
        fragment("codes.html", here="/account", purpose=None, codes=(text,), first=False),
    ]


def _previews(text: str) -> list[str]:
    view = {"here": "", "purpose": None, "text": text, "sha256": text, "asked": text, "days": 30, "second_person": True}
    line = NumberedLine(1, text, (FindingLine(text, text, text),), gap=True)
    change = Change(text, "loses", text, "/people/x", text, text, 2, AT_MS)
    impact = Impact(30, 1, 1, 1, 1, (change,), 1, 1, 1)
    return [
        fragment("policy_preview.html", refused=1, lines=[line], impact=None, **view),
        fragment("policy_preview.html", refused=0, lines=[], impact=impact, **view),
    ]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\" onfocus='x' autofocus=\"", "</textarea><img src=x>", "{{ 7*7 }}"]
)
def test_what_people_write_stays_text(text: str) -> None:
    calm = _pages("calm")
    for page, harmless in zip(_pages(text), calm, strict=True):
        assert text not in page or not set(text) & set("<>\"'")
        # Whatever is written, the page has the same elements.
        assert re.findall(r"<[a-z]+", page) == re.findall(r"<[a-z]+", harmless)
        assert page.count('"') == harmless.count('"')


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=30))
def test_no_text_adds_an_element(text: str) -> None:
    calm = fragment("_step.html", step=Step(display("front", {"show": {"say": "yes"}}), "calm", _decision("calm")))
    page = fragment("_step.html", step=Step(display("front", {"show": {"say": "yes"}}), text, _decision(text)))
    assert page.count("<") == calm.count("<") + _verdict_icon(text, "<") - _verdict_icon("calm", "<")


def _verdict_icon(word: str, sign: str) -> int:
    module = render.environment().get_template("_marks.html").module
    return str(module.verdict(word)).count(sign)


def test_the_display_never_shows_a_name_a_score_or_a_reason() -> None:
    decision = replace(_decision("Ada Lovelace 592 score-below"), facts=(Fact("Person", "Ada Lovelace"),))
    shown = display("laser-room", {"show": {"say": "no", "learn": "http://127.0.0.1/receipt"}, "receipt": "A" * 16})
    page = fragment("_step.html", step=Step(shown, "look", decision))
    device = page[page.index("<figure") : page.index("</figure>")]
    for secret in ("Ada", "592", "score", "below"):
        assert secret not in device
    assert "AAAA-AAAA-AAAA-AAAA" in device


def test_live_rows_link_to_the_decision_and_name_nobody() -> None:
    row = fragment("_row.html", row=Row(12, AT_MS, "front", "deny", "score-below", "score below"), fresh=True)
    assert 'href="/decisions/12"' in row
    assert row.count("<li") == 1


def test_a_receipt_code_is_read_aloud_in_groups() -> None:
    assert grouped("7k3mzq9w2h5d8rxa") == "7K3M-ZQ9W-2H5D-8RXA"
    assert grouped("7K3M-ZQ9W-2H5D-8RXA") == "7K3M-ZQ9W-2H5D-8RXA"


def test_the_qr_is_drawing_only() -> None:
    drawn = str(receipt_qr("7K3MZQ9W2H5D8RXA", "l" * 43, "s" * 22))
    assert re.fullmatch(r"<svg [^<>]*>(<path [^<>]*/>)+</svg>", drawn.strip())
    assert "style" not in drawn
    assert "script" not in drawn


def test_numbers_are_written_as_people_write_them() -> None:
    assert record_words.plain(0.1 + 0.2) == "0.3"
    assert record_words.plain(592) == "592"
    assert record_words.plain(1.0) == "1"
    assert record_words.plain(None) is None
    assert record_words.plain({"a": 0.25, "b": None}) == "a 0.25, b None"


# --- contrast --------------------------------------------------------------------------------------------------------

TEXT, SHAPE = 4.5, 3.0
PAIRS = [
    *(
        (ink, ground, TEXT)
        for ink in ("ink", "soft", "accent")
        for ground in ("ground", "sheet", "sunk", "accent-wash")
    ),
    *((name, ground, TEXT) for name in ("yes", "no") for ground in (f"{name}-wash", "sheet")),
    ("busy", "busy-wash", TEXT),
    ("accent-ink", "accent", TEXT),
    *(("ink", f"{name}-wash", TEXT) for name in ("yes", "no")),
    ("edge", "sheet", SHAPE),
    ("accent", "ground", SHAPE),
]


def _colours() -> dict[str, dict[str, str]]:
    css = (STATIC / "ostiary.css").read_text()
    light, dark = re.findall(r":root \{([^}]*)\}", css)[:2]
    read = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in (light, dark)]
    return {"light": read[0], "dark": read[0] | read[1]}


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(scheme: str, ink: str, ground: str, least: float) -> None:
    colours = _colours()[scheme]
    assert _contrast(colours[ink], colours[ground]) >= least


def test_the_display_can_be_read() -> None:
    css = (STATIC / "ostiary.css").read_text()
    grounds = re.findall(r"\.glass \{[^}]*background: (#[0-9a-f]{6})", css)
    assert len(grounds) == 4
    for ground in grounds:
        assert _contrast("#eef2f3", ground) >= TEXT
        assert _contrast("#f0ece6", ground) >= TEXT


def test_headings_do_not_skip_a_level() -> None:
    for page in _pages("calm"):
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert all(lower <= upper + 1 for upper, lower in pairwise(levels)), levels
