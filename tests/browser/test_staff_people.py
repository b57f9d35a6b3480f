"""The staff sign in, look after their account and each other, in a real browser; for everybody, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from aftercare.staff.people import accounts
from tests.support.accessibility import sticking_out, violations
from tests.support.browser_desk import BrowserDesk
from tests.support.staff_client import hire

PASSWORD = "tui on the kowhai tree"
PHONE = {"width": 390, "height": 800}
SMALL = {"width": 320, "height": 640}
# where pictures of the pages go, when somebody wants to look at them
PICTURES = os.environ.get("DESK_PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "scheme", "viewport"),
    [("en-NZ", "light", None), ("zh-CN", "dark", None), ("zh-CN", "light", PHONE), ("en-NZ", "light", SMALL)],
    ids=["english", "chinese-dark", "chinese-phone", "small-phone"],
)
def test_from_the_first_link_to_a_colleague(
    make_desk: Callable[..., BrowserDesk],
    browser: Any,
    locale: str,
    scheme: str,
    viewport: dict[str, int] | None,
) -> None:
    desk = make_desk()
    link = accounts.first_admin_link(desk.desk.store.engine, desk.desk.settings)
    assert link
    link = desk.url + link.removeprefix(desk.desk.settings.public_url)
    context = browser.new_context(
        locale=locale, color_scheme=scheme, viewport=viewport or {"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    zh = locale.startswith("zh")
    name = f"{'zh' if zh else 'en'}-{scheme}{'-phone' if viewport else ''}"

    def settled(step: str) -> None:
        assert violations(page) == [], step
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{step} scrolls sideways"
        assert sticking_out(page) == [], step
        picture(page, f"{name}-{step}")

    page.goto(link)
    settled("welcome")
    page.fill("input[name=email]", "aroha@desk.example")
    page.fill("input[name=name]", "Aroha")
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.click("main button.primary")
    expect(page.locator(".qr img")).to_be_visible()
    settled("authenticator")
    secret = page.inner_text(".key").replace(" ", "")
    page.fill("input[name=code]", pyotp.TOTP(secret).now())
    page.click("main button.primary")
    expect(page.locator(".codes li")).to_have_count(10)
    recovery = page.locator(".codes li").first.inner_text()
    settled("recovery")

    page.goto(f"{desk.url}/desk/people")
    page.fill("input[name=email]", "hemi@desk.example")
    page.locator("form[action='/desk/people'] select[name=role]").select_option("lead")
    page.click("form[action='/desk/people'] button.primary")
    invitation = page.input_value("#link")
    assert "/desk/welcome/" in invitation
    hire(desk.desk.store.engine, desk.desk.settings, "agent", "Mere")
    page.goto(f"{desk.url}/desk/people")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("tbody tr", has_text="mere@desk.example").locator("summary").click()
    settled("people")
    page.locator("tbody tr", has_text="mere@desk.example").locator("form[action$='/disable'] button").click()
    expect(page.locator(".notice.ok")).to_be_visible()
    expect(page.locator("tbody tr", has_text="mere@desk.example")).to_contain_text("已停用" if zh else "disabled")

    page.goto(f"{desk.url}/desk/profile")
    settled("profile")
    page.goto(f"{desk.url}/desk/audit")
    expect(page.locator("tbody")).to_contain_text("staff.disabled")
    settled("audit")
    page.locator("form[action='/desk/logout'] button").click()
    expect(page).to_have_url(re.compile("/desk/login"))
    settled("login")
    page.fill("input[name=email]", "aroha@desk.example")
    page.fill("input[name=password]", "not the one")
    page.click("main button.primary")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.primary")
    settled("code")
    page.fill("input[name=code]", recovery)
    page.click("main button.primary")
    page.goto(f"{desk.url}/desk/people")
    expect(page.locator("tbody tr")).to_have_count(3)
    # a wrong password and the like are answers, not faults of the page
    assert [text for text in wrong if "status of 401" not in text and "status of 404" not in text] == []
    context.close()


def test_a_secure_cookie_is_kept_on_this_computer_under_its_plain_name(
    desk: BrowserDesk, traveller: Callable[..., BrowserContext]
) -> None:
    context = traveller()
    page = context.new_page()
    page.goto("/desk/login")
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    kept = cookies["desk-session-on-this-computer"]
    assert kept["httpOnly"]
    assert kept["sameSite"] == "Lax"
    assert page.evaluate("document.cookie") == ""


def test_using_a_page_keeps_one_signed_in(desk: BrowserDesk, traveller: Callable[..., BrowserContext]) -> None:
    colleague = hire(desk.desk.store.engine, desk.desk.settings, "agent", "Tui")
    context = traveller()
    context.add_cookies([colleague.browser_cookie(desk.url)])
    page = context.new_page()
    page.clock.install()
    page.goto("/desk/profile")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Tab")
    page.clock.fast_forward(61_000)
    assert asked == []
    with page.expect_response("**/desk/active") as answer:
        page.keyboard.press("Tab")
    assert answer.value.status == 204
