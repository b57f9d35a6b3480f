"""A signed link opens the chat with one order proven, and does not stay in the address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders import ownership
from aftercare.orders.migrations import migrate
from tests.support.browser_desk import BrowserDesk
from tests.support.order_rows import add_order

SECRET = "the secret of the seller's own site"


def test_a_link_of_an_order_opens_it_and_leaves_the_address(
    make_desk: Callable[..., BrowserDesk], browser: Any
) -> None:
    desk = make_desk(identity_secret=SECRET)
    migrate(desk.desk.settings.orders_database_url)
    with Session(desk.desk.orders, future=True) as session, session.begin():
        add_order(session, "NZ10000003")
        add_order(session, "NZ10000004")
    claims = {"aud": "esim-aftercare", "exp": datetime.now(UTC) + timedelta(minutes=5), "email": "emma@example.com"}
    signed = jwt.encode({**claims, "jti": "1", "order": "NZ10000004"}, SECRET, "HS256")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{desk.url}/chat#order={signed}")
    page.get_by_role("textbox").first.fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_text("echo hello")).to_be_visible()
    assert page.evaluate("location.hash") == ""
    (conversation,) = desk.conversations()
    with Session(desk.desk.orders, future=True) as session:
        assert ownership.verified_orders(session, conversation, utc_now()) == ("NZ10000004",)
    context.close()
