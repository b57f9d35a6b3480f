"""Every page of the desk, and the forms of a case: for everybody, for each role, on desk and phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.conversations.conversation import TokenUse
from aftercare.conversations.messages import TravellerMessage
from aftercare.orders.migrations import migrate
from aftercare.orders.tables import OutboxRow
from aftercare.orders.tickets import open_ticket
from aftercare.staff.access.api_keys import make_key
from tests.integration.staff.test_exchanges_done import approved_exchange
from tests.support.accessibility import cut_off, sticking_out, violations
from tests.support.browser_desk import BrowserDesk
from tests.support.inbox_page import InboxPage, picture
from tests.support.staff_client import hire

NUMBER = "NZ55500009"
LONG = "Aroha Te Whāngai-Montgomery O'Sullivan-Featherstonehaugh of Waikikamukau"
PAGES = (
    "inbox?tab=all", "inbox/tickets", "inbox/webhooks", "payouts", "teaching", "teaching/groups", "teaching/aside",
    "teaching/sentences", "models", "analytics", "analytics/conversations?figure=conversations", "people",
    "people/keys", "audit", "profile", "login/authenticator?next=/desk/profile",
)  # fmt: skip


@pytest.fixture(scope="module")
def busy(make_desk: Callable[..., BrowserDesk]) -> tuple[BrowserDesk, str]:
    """A desk with something on every page, and a conversation with an exchange and a new eSIM to see to."""
    desk = make_desk()
    parts, now = desk.desk, utc_now()
    migrate(parts.settings.orders_database_url)
    talk = parts.store.open_conversation("web", "en-NZ", now).id
    parts.store.accept(talk, TokenUse(1, 60), TravellerMessage("1", "مرحبا 👋 " + "supercalifragilistic" * 12), now)
    approved_exchange(parts.orders, talk, price=3490, number=NUMBER)
    with Session(parts.orders, future=True) as session:
        open_ticket(session, talk, "reissue", "en", {"order": NUMBER}, now, NUMBER)
        open_ticket(session, "left", "handoff", "zh", {"order": NUMBER, "device": "apple-iphone-15"}, now, NUMBER)
        row = {"payload": {}, "due_at": now, "attempts": 9, "state": "dead", "created_at": now}
        error = "Cannot connect to host hooks.example.com:443 ssl:default [Name or service not known]"
        for kind, key in (("webhook", f"webhook:conversation.opened:{talk}:0"), ("decision_message", f"d:{talk}")):
            session.add(OutboxRow(kind=kind, key=key, last_error=error, **row))
        session.commit()
    admin = hire(parts.store.engine, parts.settings, "admin", LONG)
    scopes = ["conversations:read", "messages:write", "tickets:read"]
    make_key(parts.store.engine, "A help desk with a long name", scopes, admin.id, admin.id, now)
    return desk, talk


def in_order(page: Page, name: str, width: int) -> None:
    """Nothing axe finds, nothing beside the screen, and on a desk no table of which a part is hidden."""
    picture(page, name)
    assert violations(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    assert width < 1000 or cut_off(page) == [], name
    if "inbox?" not in page.url and "/c/" not in page.url:
        assert sticking_out(page) == [], name


@pytest.mark.parametrize(
    ("role", "language", "scheme", "width"),
    [("admin", "en", "light", 1440), ("lead", "zh", "dark", 390), ("agent", "zh", "light", 1440),
     ("annotator", "en", "dark", 320), ("viewer", "zh", "light", 390)],
)  # fmt: skip
def test_every_page_is_in_order(
    busy: tuple[BrowserDesk, str], browser: Browser, role: str, language: str, scheme: Any, width: int
) -> None:
    desk, talk = busy
    who = hire(
        desk.desk.store.engine, desk.desk.settings, role, LONG if role == "admin" else f"{role}-{language}", language
    )
    context = browser.new_context(
        base_url=desk.url, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    context.add_cookies([who.browser_cookie(desk.url)])
    context.set_default_timeout(60_000)
    page = context.new_page()
    inbox = InboxPage(page).open("?tab=all").choose(talk)
    for summary in page.locator("#context summary, .noting summary").all():
        summary.click()
    forms = page.locator(".deciding")
    expect(forms).to_have_count(2 if role in ("admin", "lead", "agent") else 0)
    in_order(page, f"{role}-conversation", width)
    page.locator("#head .menu summary").click()
    for each in page.locator("#head .sheet :is(button, select, a)").all():
        expect(each).to_be_in_viewport(ratio=1)
    in_order(page, f"{role}-menu", width)
    page.keyboard.press("Escape")
    if forms.count():
        page.locator("#head .menu summary").click()
        forms.last.locator("[name=iccid]").fill("12345")
        forms.last.locator("button").click()
        expect(inbox.notices).to_contain_text("ICCID")
        forms.first.locator("button").click()
        expect(page.locator("#sure")).to_be_visible()
        in_order(page, f"{role}-asked", width)
    for path in PAGES:  # what was looked at above stands in the audit record
        if page.goto(f"/desk/{path}").status == 200:  # type: ignore[union-attr]
            in_order(page, f"{role}-{path.split('?')[0].replace('/', '-')}", width)
    context.close()
