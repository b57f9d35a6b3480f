"""Takes the pictures in docs/images of the widget talking with a running stack: `take_pictures.py URL [FOLDER]`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from conftest import FLAGS
from playwright.sync_api import Browser, expect, sync_playwright
from widget_page import DESKTOP, Widget

PHONE = {"width": 375, "height": 720}
NO_INTERNET = ["I have bars but no internet", "NZ10000006", "raj@example.com"]
NOT_ACTIVATED = ["我的 eSIM 激活不了", "NZ10000001", "wang@example.com"]
ABROAD = ["突然不能用了", "NZ10000002", "li@example.com"]
SCENES = [
    ("widget-desktop-en", "en-NZ", DESKTOP, "light", NO_INTERNET),
    ("widget-desktop-zh-dark", "zh-CN", DESKTOP, "dark", NOT_ACTIVATED),
    ("widget-phone-zh", "zh-CN", PHONE, "light", ABROAD),
    ("shop-desktop-zh", "zh-CN", DESKTOP, "light", []),
]


def take(
    browser: Browser, url: str, path: Path, locale: str, viewport: dict[str, int], scheme: str, says: list[str]
) -> None:
    """Open the demo shop, say everything in turn, and keep the picture."""
    context = browser.new_context(locale=locale, viewport=viewport, color_scheme=scheme, base_url=url)
    page = context.new_page()
    page.goto("/shop")
    if says:
        widget = Widget(page).open()
        for text in says:
            answers = widget.theirs.count()
            widget.say(text)
            expect(widget.theirs.nth(answers)).to_be_visible(timeout=60_000)
            page.wait_for_timeout(1500)  # an answer may have several parts
    page.locator(".plans li").first.wait_for()
    page.screenshot(path=path)
    context.close()


def main(url: str, folder: Path) -> None:
    """Take every scene."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, *scene in SCENES:
            take(browser, url, folder / f"{name}.png", *scene)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images"))
