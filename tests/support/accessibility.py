"""What axe-core finds on a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What fades in or out has another contrast on its way; what moves for ever has no end to wait for.
_STILL = """async () => {
    const roots = [document, ...[...document.querySelectorAll("*")].map(each => each.shadowRoot).filter(Boolean)];
    const moving = roots.flatMap(root => root.getAnimations()).filter(
        each => Number.isFinite(each.effect.getComputedTiming().endTime));
    await Promise.allSettled(moving.map(each => each.finished));
}"""


def violations(page: Page) -> list[Any]:
    """Rules the page breaks, shadow roots included, each with the elements; the script comes past the page's policy."""
    page.evaluate(_STILL)
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]


def sticking_out(page: Page) -> list[str]:
    """What reaches into the margin of the main part, or beyond it, and cannot be pushed there on purpose."""
    found: list[str] = page.evaluate(
        """() => {
            const pushed = (e) => e && (getComputedStyle(e).overflowX !== 'visible' || pushed(e.parentElement));
            const main = document.querySelector('main');
            const style = getComputedStyle(main);
            const edge = main.getBoundingClientRect().right - parseFloat(style.paddingRight) + 1;
            return [...main.querySelectorAll('*')]
                .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > edge)
                .filter((e) => !pushed(e.parentElement))
                .map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`);
        }"""
    )
    return found


def cut_off(page: Page) -> list[str]:
    """Tables that are wider than the place they are shown in: their last columns have to be pushed into sight."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('main .scroll')]
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => `${e.getAttribute('aria-label')}: ${e.scrollWidth} in ${e.clientWidth}`)"""
    )
    return found
