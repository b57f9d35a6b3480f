"""An administrator makes a key of the staff API and revokes it, in a real browser, on a desk and a phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from aftercare.staff.ui.texts import translate
from tests.support.accessibility import violations
from tests.support.browser_desk import BrowserDesk
from tests.support.staff_client import hire

PICTURES = os.environ.get("DESK_PICTURES")


def in_order(page: Page, name: str) -> None:
    """The page is for everybody, and as wide as the screen."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/keys-{name}.png", full_page=True)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [("en", "light", (1440, 900)), ("zh", "dark", (390, 800))],
    ids=["english", "chinese-phone"],
)
def test_a_key_is_made_shown_once_and_revoked(
    make_desk: Callable[..., BrowserDesk], browser: Any, language: Any, scheme: str, size: tuple[int, int]
) -> None:
    desk = make_desk()
    engine, settings = desk.desk.store.engine, desk.desk.settings
    admin = hire(engine, settings, "admin", name="Aroha", language=language)
    hire(engine, settings, "agent", name="Mere")
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([admin.browser_cookie(desk.url)])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    name = f"{language}-{size[0]}"

    def words(key: str, **values: object) -> str:
        return translate(language, f"people.{key}", **values)

    page.goto(f"{desk.url}/desk/people")
    page.get_by_role("link", name=words("keys_link")).click()
    expect(page.get_by_text(words("keys_none"))).to_be_visible()
    in_order(page, f"{name}-none")
    page.get_by_label(words("key_name")).fill("Zendesk")
    page.get_by_role("combobox", name=words("key_acts_for")).select_option(label=f"Mere · {words('role_agent')}")
    page.get_by_label("messages:write").check()
    page.get_by_label("refunds:write").check()
    page.get_by_role("button", name=words("key_make")).click()
    expect(page.get_by_role("alert")).to_have_text(words("key_refunds_own"))
    expect(page.get_by_label("messages:write")).to_be_checked()
    in_order(page, f"{name}-refused")
    page.get_by_label("refunds:write").uncheck()
    page.get_by_role("button", name=words("key_make")).click()
    expect(page.get_by_role("heading", name=words("key_made", name="Zendesk"))).to_be_visible()
    key = page.get_by_label(words("key"), exact=True).input_value()
    assert key.startswith("desk_")
    in_order(page, f"{name}-made")
    page.goto(f"{desk.url}/desk/people/keys")
    assert key not in page.content()
    page.get_by_label(words("more_of", name="Zendesk")).click()
    page.get_by_role("button", name=words("key_revoke")).click()
    expect(page.get_by_text(words("key_revoked"))).to_be_visible()
    expect(page.get_by_text(words("key_over"), exact=True)).to_be_visible()
    in_order(page, f"{name}-revoked")
    assert wrong == []
    context.close()
