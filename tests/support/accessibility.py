"""What axe-core finds on a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "browser" / "vendor" / "axe.min.js"


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
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]
