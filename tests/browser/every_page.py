"""Walks through every page that somebody can reach, and asks axe-core and a ruler about each."""

import re
from pathlib import Path
from typing import Any

from tests.browser.visitor import NARROW, WIDE, Visitor

AXE = (Path(__file__).parent / "vendored" / "axe.min.js").read_text(encoding="utf-8")
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ONLY_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
EVERYTHING = {"runOnly": {"type": "tag", "values": list(STANDARDS)}}
LEADS_AWAY = re.compile(
    r"sign-out|/static/|/me/copy|/me/receipts/|\.(?:txt|zip|csv|png)$|/verifier|/portraits/|/sign-in\?|lang="
)
LINKS = "all => all.map(one => one.getAttribute('href'))"
RULER = "() => [document.documentElement.scrollWidth, window.innerWidth]"


def kinds_of(path: str) -> str:
    """Pages that differ by a number or a person only are one kind of page."""
    bare = path.split("#")[0]
    return re.sub(r"after=[^&]+", "after=*", re.sub(r"p-[a-z2-7]{16}|(?<=[/:=])\d+", "*", bare))


def walk(visitor: Visitor, *starts: str) -> tuple[int, list[str]]:
    """Visits one page of each kind that links lead to from these; how many there are, and what is wrong with them."""
    known: set[str] = set()
    left, wrong = list(starts), []
    while left:
        path = left.pop(0)
        if kinds_of(path) in known or LEADS_AWAY.search(path):
            continue
        known.add(kinds_of(path))
        wrong += judged(visitor, path)
        found = visitor.page.locator("a[href]").evaluate_all(LINKS)
        left += [one for one in found if one.startswith("/")]
    return len(known), wrong


def judged(visitor: Visitor, path: str) -> list[str]:
    """What is wrong with a page: in the light and in the dark, wide, and on the narrowest phone."""
    page = visitor.page
    page.set_viewport_size(NARROW)
    page.emulate_media(color_scheme="light")
    reply = page.goto(path, wait_until="domcontentloaded")
    if reply is None or reply.status != 200:
        return [f"{path}: {reply and reply.status}"]
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    needs, has = page.evaluate(RULER)
    wrong = [f"{path}: {needs} px wide on a screen of {has}"] if needs > has else []
    page.evaluate(f"{AXE};0")
    wrong += [f"{path}, narrow and light: {one}" for one in _asked(visitor, EVERYTHING)]
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="dark")
    wrong += [f"{path}, wide and dark: {one}" for one in _asked(visitor, ONLY_COLOURS)]
    return wrong


def _asked(visitor: Visitor, options: dict[str, Any]) -> list[str]:
    told = visitor.page.evaluate("options => axe.run(document, options)", options | {"resultTypes": ["violations"]})
    return [f"{one['id']}: {node['html'][:160]}" for one in told["violations"] for node in one["nodes"][:3]]
