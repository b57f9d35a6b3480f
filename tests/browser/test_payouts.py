"""The list of refunds to pay, in a real browser: readable on a desk and a phone, for everybody, in both languages."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders.migrations import migrate
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from tests.support.accessibility import sticking_out, violations
from tests.support.browser_desk import BrowserDesk
from tests.support.order_rows import add_order
from tests.support.staff_client import hire

PICTURES = os.environ.get("DESK_PICTURES")


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [("en", "light", (1440, 900)), ("zh", "dark", (390, 800)), ("en", "light", (320, 640))],
    ids=["english", "chinese-phone", "small-phone"],
)
def test_refunds_are_paid_from_the_list(
    make_desk: Callable[..., BrowserDesk], browser: Any, language: str, scheme: str, size: tuple[int, int]
) -> None:
    desk = make_desk()
    now = utc_now()
    migrate(desk.desk.settings.orders_database_url)
    with Session(desk.desk.orders, future=True) as session:
        for number, ago in (("NZ10000003", 1), ("NZ10000004", 20)):
            bought = now - timedelta(days=ago)
            add_order(session, number, bought_at=bought, delivered_at=bought, payment_reference="pi_3NabcdefGHIJ")
            loaded = facts_for(session, number, bought + timedelta(hours=5))
            assert loaded is not None
            open_request(session, number, "refund", decide(*loaded, "refund"), "c1", bought + timedelta(hours=5))
        session.commit()
    agent = hire(desk.desk.store.engine, desk.desk.settings, "agent", name="Mere", language=language)
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([agent.browser_cookie(desk.url)])
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(f"{desk.url}/desk/payouts")
    expect(page.get_by_text("NZ10000003")).to_be_visible()
    expect(page.get_by_text("overdue" if language == "en" else "已逾期")).to_have_count(1)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert sticking_out(page) == []
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/payouts-{language}.png", full_page=True)
    pay, stop = ("I have paid it", "Stop all") if language == "en" else ("我已付款", "停止所有")
    yes, no = ("Go on", "Leave it") if language == "en" else ("继续", "取消")
    page.get_by_role("button", name=pay).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("NZ10000004")  # the oldest comes first
    assert violations(page) == []
    page.get_by_role("button", name=no).click()
    expect(page.get_by_text("NZ10000004").first).to_be_visible()
    page.get_by_role("button", name=pay).first.click()
    page.get_by_role("button", name=yes).click()
    expect(page.get_by_text("NZ10000004")).to_have_count(0)
    page.get_by_role("button", name=stop).click()
    page.get_by_role("button", name=yes).click()
    expect(
        page.get_by_text("a person decides on every refund" if language == "en" else "每笔退款都由同事决定")
    ).to_be_visible()
    assert violations(page) == []
    assert wrong == []
    context.close()
