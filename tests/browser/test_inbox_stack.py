"""An agent and a traveller through everything that runs: the assistant hands off, a person helps, and gives back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from aftercare.base.database import open_engine
from aftercare.base.settings import Settings
from tests.support.accessibility import violations
from tests.support.inbox_page import InboxPage, measured, picture
from tests.support.running_stack import Stack
from tests.support.staff_client import hire
from tests.support.widget_page import DESKTOP, Widget

WIDE = {"width": 1440, "height": 900}


@pytest.fixture
def context(browser: Browser, stack: Stack) -> Iterator[Any]:
    """Opens browsers of the running stack's visitors."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        opened.append(browser.new_context(base_url=stack.desk_url, **{"viewport": WIDE, **options}))
        opened[-1].set_default_timeout(60_000)
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_a_person_helps_and_gives_back(
    stack: Stack, context: Any, language: str, scheme: str, record_property: Any
) -> None:
    def pick(en: str, zh: str) -> str:
        return zh if language == "zh" else en

    engine = open_engine(f"sqlite:///{stack.var}/desk.db")
    settings = Settings().model_copy(update={"public_url": stack.desk_url, "var_dir": stack.var})
    colleague = hire(engine, settings, "lead", pick("Aroha", "林芳"), language)
    engine.dispose()

    page = context(locale=pick("en-NZ", "zh-CN"), viewport=DESKTOP).new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    for text in (
        pick("my internet is very slow", "网速特别慢"),
        "NZ10000005 mei@example.com",
        pick("I want to talk to a person", "转人工"),
    ):
        answers = widget.theirs.count()
        widget.say(text)
        expect(widget.theirs.nth(answers)).to_be_visible(timeout=60_000)

    staff = context(color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"])
    staff.add_cookies([colleague.browser_cookie(stack.desk_url)])
    inbox = InboxPage(staff.new_page()).open("?tab=person")
    line = inbox.page.locator(".line", has_text="NZ10000005").first
    expect(line).to_be_visible()
    talk = str(line.get_attribute("data-id"))
    inbox.choose(talk).claim()
    # the background is there, masked; what identifies the traveller is shown on demand
    expect(inbox.context).to_contain_text("NZ10000005")
    expect(inbox.context).not_to_contain_text("mei@example.com")
    inbox.page.locator("#context form[hx-post$='reveal'] button").click()
    expect(inbox.context).to_contain_text("mei@example.com")
    inbox.page.locator("#canned").select_option(index=1)
    inbox.reply.press("Enter")
    expect(page.locator("esim-aftercare .message.agent").first).to_contain_text(pick("Aroha", "林芳"))
    record_property("milliseconds from Enter to the traveller's widget", measured(inbox, page))
    inbox.page.locator(".understood summary").first.click()
    picture(inbox.page, f"desk-inbox-{language}")
    assert violations(inbox.page) == []

    inbox.page.locator("#hand-back").click()
    expect(inbox.reply).to_have_count(0)
    # the assistant's open question comes back meanwhile, sooner or later than this one is asked
    amounts = widget.theirs.filter(has_text="2.4 GB")
    told = amounts.count()
    widget.say(pick("how much data have I used", "我用了多少流量"))
    expect(amounts.nth(told)).to_be_visible(timeout=60_000)
