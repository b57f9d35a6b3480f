"""Takes the pictures in docs/images of the widget talking with a running stack: `take_pictures.py URL [FOLDER]`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.chromium import FLAGS
from tests.support.widget_page import DESKTOP, Widget

PHONE = {"width": 375, "height": 720}
RATE = "(ends the chat and gives four stars)"
NO_INTERNET = ["I have bars but no internet", "NZ10000006", "raj@example.com"]
NOT_ACTIVATED = ["我的 eSIM 激活不了", "NZ10000001", "wang@example.com"]
ABROAD = ["突然不能用了", "NZ10000002", "li@example.com"]
NO_INTERNET_ZH = ["有信号但是上不了网", "NZ10000006", "raj@example.com"]
CARDS = ["Which plan for 30 days in New Zealand and Australia with 20 GB?"]
CARDS_ZH = ["新西兰和澳大利亚 30 天，20 GB，选哪个套餐？"]
SCENES = [
    ("widget-desktop-en", "en-NZ", DESKTOP, "light", NO_INTERNET),
    ("widget-desktop-zh-dark", "zh-CN", DESKTOP, "dark", NOT_ACTIVATED),
    ("widget-phone-zh", "zh-CN", PHONE, "light", ABROAD),
    ("widget-diagnosis-en", "en-NZ", PHONE, "light", NO_INTERNET),
    ("widget-diagnosis-zh", "zh-CN", PHONE, "dark", NO_INTERNET_ZH),
    ("widget-cards-en", "en-NZ", PHONE, "light", CARDS),
    ("widget-cards-zh", "zh-CN", PHONE, "light", CARDS_ZH),
    ("widget-rating-en", "en-NZ", PHONE, "light", ["thank you, it works now", RATE]),
    ("widget-rating-zh", "zh-CN", PHONE, "dark", ["谢谢你", RATE]),
    ("shop-desktop-en", "en-NZ", DESKTOP, "light", []),
    ("shop-desktop-zh", "zh-CN", DESKTOP, "light", []),
    ("shop-phone-zh", "zh-CN", PHONE, "light", []),
]


def end_and_rate(page: Page) -> None:
    """By the menu, as a traveller does."""
    page.locator("esim-aftercare [aria-controls=menu]").click()
    page.locator("esim-aftercare .menu button:not([hidden])").nth(-2).click()
    page.locator("esim-aftercare .rating:not([hidden]) .stars button").nth(3).click()
    expect(page.locator("esim-aftercare .rating:not([hidden]) .more")).to_be_visible()
    page.locator("esim-aftercare .log").evaluate("log => { log.scrollTop = log.scrollHeight }")


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
            if text == RATE:
                end_and_rate(page)
                continue
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
