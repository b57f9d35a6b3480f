"""The widget's menu leads to Telegram when there is a bot, and only then."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route, expect

from tests.support.widget_page import Widget

LINK = "https://t.me/aftercare_test_bot?start=once"


def test_the_menu_offers_telegram_only_with_a_bot(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    more = page.get_by_role("button", name="More")
    entry = page.get_by_role("button", name="Continue in Telegram")
    with page.expect_response("**/api/chat/telegram-link"):
        more.click()
    expect(page.get_by_role("button", name="Save this chat")).to_be_visible()
    expect(entry).to_be_hidden()
    more.click()

    def bot(route: Route) -> None:
        made = route.request.method == "POST"
        assert not made or "authorization" in route.request.headers
        body = {"url": LINK, "expires_at": "2030-01-01T00:00:00Z"} if made else {"available": True}
        route.fulfill(status=201 if made else 200, content_type="application/json", body=json.dumps(body))

    page.route("**/api/chat/telegram-link", bot)
    page.context.route("https://t.me/**", lambda route: route.fulfill(content_type="text/html", body="Telegram"))
    more.click()
    expect(entry).to_be_visible()
    with page.context.expect_page() as opened:
        entry.click()
    opened.value.wait_for_url(LINK)
    expect(page.get_by_role("button", name="Save this chat")).to_be_hidden()
