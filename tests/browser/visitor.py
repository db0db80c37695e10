"""Somebody with a browser of their own: Debian's Chromium, with a passkey in it and a webcam that sees a portrait."""

import contextlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import which

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ostiary.controller import samples

PATIENCE_MS = 30_000  # generous: a loaded machine is slow, and no wait is longer than what it waits for
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
SEEN = (640, 480)
PLATFORM_KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextlib.contextmanager
def chromium(webcam: Path) -> Iterator[Browser]:
    """Debian's Chromium, whose webcam sees this file for ever. Skips where there is none."""
    program = which("chromium")
    if program is None:
        pytest.skip("There is no Chromium. On Debian: apt install chromium")
    camera = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    flags = ["--no-sandbox", "--disable-gpu", *camera, f"--use-file-for-fake-video-capture={webcam}"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            browser.close()


def film(portrait: str, target: Path) -> Path:
    """A sample portrait as a webcam would see it: Motion JPEG, the head in the middle."""
    seen = Image.new("RGB", SEEN, (96, 96, 96))
    head = Image.open(samples.portrait(portrait)).convert("RGB")
    head.thumbnail(SEEN)
    seen.paste(head, ((SEEN[0] - head.width) // 2, SEEN[1] - head.height))
    frame = BytesIO()
    seen.save(frame, "JPEG", quality=92)
    target.write_bytes(frame.getvalue() * 2)
    return target


class Visitor:
    """One browser profile with one page. Every error of a page's script is kept, and none may be there at the end."""

    def __init__(self, browser: Browser, address: str, *, scripts: bool = True, width: dict[str, int] = WIDE) -> None:
        self.context: BrowserContext = browser.new_context(
            base_url=address, java_script_enabled=scripts, viewport=width, locale="en-GB", reduced_motion="reduce"
        )
        self.address = address
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        if scripts:
            devtools = self.context.new_cdp_session(self.page)
            devtools.send("WebAuthn.enable")
            devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM_KEY})

    def goes(self, path: str) -> Page:
        self.page.goto(path, wait_until="domcontentloaded")
        return self.page

    def reads(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())

    def presses(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=name).first.click()

    def follows(self, name: str) -> None:
        """Follow the link of this name."""
        self.page.get_by_role("link", name=name).first.click()

    def opens(self, name: str) -> None:
        """Open what this line folds away."""
        self.page.locator("summary", has_text=name).first.click()

    def sees(self, text: str) -> None:
        """Wait until the page says this."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def makes_a_passkey(self, link: str, then: str) -> None:
        """Set oneself up by a one-time link, and stay signed in."""
        self.goes(link)
        self.presses("Make a passkey")
        self.page.wait_for_url(self.address + then)

    def signs_in(self, then: str = "/") -> None:
        """Sign in with the passkey, in place of the session there was."""
        self.context.clear_cookies()
        self.goes(f"/sign-in?next={then}")
        self.presses("Sign in with a passkey")
        self.page.wait_for_url(self.address + then)

    def states(self, purpose: str) -> None:
        """Say the session's purpose where the page asks for it."""
        if self.page.get_by_label("Purpose of this session").count():
            self.page.get_by_label("Purpose of this session").fill(purpose)
            self.presses("Go on")
