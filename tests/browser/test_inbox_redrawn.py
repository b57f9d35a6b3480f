"""What staff write, choose and press in the inbox outlives what arrives in that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import ElementHandle, expect
from sqlalchemy.orm import Session

from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.ownership import verify
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request
from aftercare.orders.seed import seed
from aftercare.orders.tables import Esim
from aftercare.staff.inbox.tables import flag, tag
from tests.integration.staff.test_exchanges_done import NEW, approved_exchange
from tests.support.browser_desk import BrowserDesk, photo
from tests.support.inbox_page import InboxPage
from tests.support.widget_page import Widget

Staff = Callable[..., InboxPage]
Asking = tuple[Widget, str]


def news(desk: BrowserDesk, inbox: InboxPage, talk: str, text: str) -> None:
    """Something is said, and the thread, its head, the list and the tabs are drawn anew."""
    with inbox.page.expect_response(lambda response: "/desk/inbox/lines" in response.url):
        desk.store(talk, text)
    expect(inbox.items).to_contain_text(text)
    expect(inbox.page.locator(f"#line-{talk}")).to_contain_text(text)


def held(inbox: InboxPage, selector: str) -> ElementHandle:
    """An element of now, as somebody has it under the pointer."""
    return inbox.page.locator(selector).first.element_handle()


def refresh_context(inbox: InboxPage) -> None:
    """The order beside the conversation is drawn anew."""
    inbox.page.evaluate(
        "import(document.querySelector('script[src*=\"inbox/inbox.js\"]').src.replace('inbox.js', 'thread.js'))"
        ".then((part) => part.refreshContext())"
    )


def test_letters_written_while_a_colleague_takes_over_stay_letters(
    staff: Staff, asking: Asking, desk: BrowserDesk
) -> None:
    _widget, talk = asking
    aroha, tane = staff("agent", "Aroha").open(), staff("agent", "Tane").open()
    aroha.choose(talk).claim()
    aroha.reply.press_sequentially("We rec")
    tane.choose(talk).claim()
    expect(aroha.page.locator("#why")).to_contain_text("Tane has this conversation. What you wrote stays here")
    expect(aroha.notices).to_contain_text("Tane took over a conversation from you.")
    # c takes a conversation over, e ends it, r and n go elsewhere
    aroha.page.keyboard.type("kon ever")
    aroha.page.keyboard.press("Enter")
    expect(aroha.reply).to_be_focused()
    expect(aroha.reply).to_have_value("We reckon ever")
    expect(aroha.page.locator("#sure")).to_be_hidden()
    expect(aroha.page.locator("#head")).to_contain_text("With staff · Tane")
    assert [text for sender, text in desk.messages(talk) if sender == "agent"] == []
    # taken back, it is sent
    aroha.claim()
    expect(aroha.reply).to_have_value("We reckon ever")
    aroha.reply.press("Enter")
    expect(aroha.items.locator(".message.agent[data-seq]")).to_contain_text("We reckon ever")


def test_letters_written_while_the_traveller_ends_the_chat_stay_letters(
    staff: Staff, asking: Asking, desk: BrowserDesk
) -> None:
    _widget, talk = asking
    inbox = staff().open()
    inbox.choose(talk).claim()
    inbox.reply.focus()
    desk.end(talk)
    expect(inbox.page.locator("#why")).to_contain_text("This conversation is closed.")
    inbox.page.keyboard.type("cerne")
    expect(inbox.reply).to_have_value("cerne")
    expect(inbox.page.locator("#head")).to_contain_text("Closed")
    inbox.page.locator("#claim").click()
    expect(inbox.page.locator("#head")).to_contain_text("With staff · you")
    expect(inbox.reply).to_have_value("cerne")


def test_a_note_goes_on_while_the_head_changes(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open()
    inbox.choose(talk).claim()
    inbox.page.locator("body").press("n")
    inbox.note.press_sequentially("Has an ")
    desk.end(talk)
    expect(inbox.page.locator("#head")).to_contain_text("Closed")
    inbox.page.keyboard.type("iPhone")
    inbox.page.keyboard.press("Control+Enter")
    expect(inbox.items.locator(".note")).to_have_count(1)
    expect(inbox.items.locator(".note")).to_contain_text("Has an iPhone")


def test_single_letters_can_be_turned_off(staff: Staff, asking: Asking) -> None:
    _widget, talk = asking
    inbox = staff("agent", "Kiri").open()
    inbox.page.goto("/desk/profile")
    inbox.page.get_by_label("Letters as shortcuts in the inbox").uncheck()
    inbox.page.get_by_role("button", name="Save", exact=True).click()
    inbox.open("?tab=all").choose(talk)
    inbox.page.keyboard.press("c")
    inbox.page.keyboard.press("?")
    inbox.page.keyboard.press("Control+k")
    expect(inbox.page.locator("#palette")).to_be_visible()
    expect(inbox.page.locator("#help")).to_be_hidden()
    inbox.page.keyboard.press("Escape")
    expect(inbox.reply).to_have_count(0)


def test_enter_that_accepts_a_candidate_sends_nothing(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    """Safari ends the composition before the key: only its code tells."""
    _widget, talk = asking
    inbox = staff().open()
    inbox.choose(talk).claim()
    inbox.reply.fill("您好")
    candidate = {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True}
    inbox.reply.evaluate("(field, key) => field.dispatchEvent(new KeyboardEvent('keydown', key))", candidate)
    expect(inbox.reply).to_have_value("您好")
    inbox.page.keyboard.press("Control+k")
    inbox.page.keyboard.type("Inbox")
    inbox.page.locator("#palette-text").evaluate(
        "(field, key) => field.dispatchEvent(new KeyboardEvent('keydown', key))", candidate
    )
    expect(inbox.page.locator("#palette")).to_be_visible()
    inbox.page.keyboard.press("Escape")
    inbox.reply.press("Enter")
    expect(inbox.items.locator(".message.agent[data-seq]")).to_have_count(1)


def test_ending_and_taking_over_are_asked_about(staff: Staff, asking: Asking) -> None:
    _widget, talk = asking
    inbox = staff().open()
    inbox.choose(talk).claim()
    inbox.page.locator("#resolve").click()
    inbox.page.locator("#sure button", has_text="Leave it").click()
    expect(inbox.page.locator("#head")).to_contain_text("With staff · you")
    inbox.page.locator("#resolve").click()
    inbox.go_on("Close this conversation?")
    expect(inbox.page.locator("#head")).to_contain_text("Closed")


def test_a_flag_is_kept_and_sent(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all").choose(talk)
    news(desk, inbox, talk, "first news")
    select = held(inbox, ".message:last-child .flagging select")
    select.focus()
    news(desk, inbox, talk, "second news")
    select.select_option("unclear")
    expect(inbox.items.locator(".message.flagged")).to_contain_text("first news")
    # what a colleague chooses afterwards is shown
    with desk.desk.store.engine.begin() as connection:
        connection.execute(sa.delete(flag))
    inbox.page.reload()
    expect(inbox.items.locator(".message.flagged")).to_have_count(0)


def test_a_tag_that_is_being_typed_is_kept_and_sent(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all").choose(talk)
    inbox.page.keyboard.press("t")
    inbox.page.keyboard.type("head")
    news(desk, inbox, talk, "news")
    inbox.page.keyboard.type("line")
    inbox.page.keyboard.press("Enter")
    expect(inbox.page.locator("#head .tag.own")).to_contain_text("headline")
    expect(inbox.page.locator("#tag-name")).to_have_value("")
    with desk.desk.store.engine.connect() as connection:
        names = connection.execute(sa.select(tag.c.name).where(tag.c.conversation_id == talk)).scalars().all()
    assert names == ["headline"]


def test_a_press_that_began_before_the_news_counts(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all").choose(talk)
    inbox.page.locator("#claim").hover()
    inbox.page.mouse.down()
    desk.store(talk, "news")
    expect(inbox.items).to_contain_text("news")
    inbox.page.mouse.up()
    expect(inbox.page.locator("#head")).to_contain_text("With staff · you")
    expect(inbox.page.locator(f"#line-{talk}")).to_contain_text("With staff")


def test_what_the_menu_has_open_and_chosen_is_kept_and_sent(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    staff("agent", "Bella")
    staff("agent", "Zora")
    inbox = staff("agent", "Aroha").open("?tab=all").choose(talk)
    inbox.page.locator("#head .menu summary").click()
    colleague = inbox.page.locator("#assigning select")
    colleague.select_option(label="Bella")
    desk.claim(talk, "Zora")  # the list of colleagues becomes another one
    news(desk, inbox, talk, "news")
    assert colleague.evaluate("each => each.selectedOptions[0].textContent") == "Bella"
    inbox.page.locator("#assigning button").click()
    expect(inbox.page.locator("#head")).to_contain_text("With staff · Bella")


def test_putting_off_is_kept_and_sent(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all").choose(talk)
    inbox.page.locator("#head .menu summary").click()
    select = held(inbox, "#snoozing select")
    select.select_option("240")
    news(desk, inbox, talk, "news")
    held(inbox, "#snoozing button").click()
    expect(inbox.page.locator("#head")).to_contain_text("Put off until")


def test_picked_lines_and_filters_are_kept(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all").choose(talk)
    inbox.page.locator(f"#line-{talk} input").check()
    inbox.page.locator("#bulk [name=name]").fill("trip")
    inbox.page.locator(".filters summary").click()
    language = held(inbox, "#filters [name=language]")
    language.select_option("en")
    news(desk, inbox, talk, "news")
    expect(inbox.page.locator(f"#line-{talk} input")).to_be_checked()
    expect(inbox.page.locator("#bulk [name=name]")).to_have_value("trip")
    inbox.page.locator("#bulk [value=tag]").click()
    expect(inbox.page.locator(f"#line-{talk} .tag.own")).to_have_text("trip")
    assert language.evaluate("each => each.isConnected && each.value") == "en"
    inbox.page.locator("#filters .primary").click()
    expect(inbox.page.locator(".chips")).to_contain_text("English")


def test_a_picture_and_a_canned_reply_are_kept_and_sent(
    staff: Staff, asking: Asking, desk: BrowserDesk, tmp_path: Any
) -> None:
    _widget, talk = asking
    aroha, tane = staff("agent", "Aroha").open(), staff("agent", "Tane").open()
    aroha.choose(talk).claim()
    canned = held(aroha, "#canned")
    aroha.page.locator("input[type=file]").set_input_files(photo(tmp_path / "screen.png"))
    news(desk, aroha, talk, "news")
    canned.select_option(index=1)
    expect(aroha.reply).not_to_have_value("")
    tane.choose(talk).claim()
    expect(aroha.page.locator("#why")).to_contain_text("Tane has this conversation.")
    expect(aroha.page.locator(".chosen")).to_contain_text("screen.png")
    aroha.claim()
    aroha.reply.press("Enter")
    expect(aroha.items.locator(".message.agent[data-seq] img")).to_be_visible()


def test_a_refund_that_is_being_decided_is_kept_and_sent(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    now = datetime.now(UTC)
    migrate_orders(desk.desk.settings.orders_database_url)
    seed(desk.desk.settings.orders_database_url, now)
    with Session(desk.desk.orders, future=True) as session:
        assert verify(session, talk, "NZ10000005", "mei@example.com", now).status == "verified"
        loaded = facts_for(session, "NZ10000005", now, fault_reported=True)
        assert loaded is not None
        open_request(session, "NZ10000005", "refund", decide(*loaded, "refund"), talk, now)
        session.commit()
    inbox = staff("lead", "Lea").open("?tab=all").choose(talk)
    amount, reason = held(inbox, ".deciding [name=amount]"), held(inbox, ".deciding [name=reason]")
    amount.fill("5.00")
    reason.fill("Slow all ")
    refresh_context(inbox)
    news(desk, inbox, talk, "news")
    inbox.page.keyboard.type("week")
    assert amount.evaluate("each => each.isConnected && each.value") == "5.00"
    inbox.page.locator(".deciding [value=approve]").click()
    expect(inbox.notices).to_contain_text("Approved.")
    expect(inbox.context).to_contain_text("Slow all week")
    with Session(desk.desk.orders, future=True) as session:
        request = latest_request(session, "NZ10000005")
        assert request is not None
        assert (request.state, request.amount_minor) == ("approved", 500)


def test_that_something_was_copied_stays_said(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    migrate_orders(desk.desk.settings.orders_database_url)
    inbox = staff(permissions=["clipboard-read", "clipboard-write"]).open("?tab=all").choose(talk)
    inbox.page.locator("#head .menu summary").click()
    copy = inbox.page.locator(".menu [data-copy]")
    copy.click()
    expect(copy).to_have_text("Copied")
    news(desk, inbox, talk, "news")
    expect(copy).to_have_text("Copied")


def test_an_exchange_that_is_written_down_is_kept_and_sent(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    widget, talk = asking
    migrate_orders(desk.desk.settings.orders_database_url)
    request_id = approved_exchange(desk.desk.orders, talk, price=3490, number="NZ55500003")
    inbox = staff("agent", "Aroha").open("?tab=all").choose(talk)
    form = f"#carrying-out-{request_id}"
    iccid, code = held(inbox, f"{form} [name=iccid]"), held(inbox, f"{form} [name=activation_code]")
    iccid.fill(NEW["iccid"])
    inbox.page.locator(f"{form} [name=paid_otherwise]").check()
    code.fill(NEW["activation_code"][:-4])
    refresh_context(inbox)
    news(desk, inbox, talk, "news")
    inbox.page.keyboard.type(NEW["activation_code"][-4:])
    inbox.page.locator(f"{form} button").click()
    inbox.go_on("Is the exchange done?")
    expect(inbox.notices).to_contain_text("Written down.")
    expect(inbox.context).to_contain_text("Exchange · done")
    expect(widget.log).to_contain_text("is now Ten. Write")
    with Session(desk.desk.orders, future=True) as session:
        esim = session.scalars(sa.select(Esim).where(Esim.iccid == NEW["iccid"])).one()
        assert (esim.matching_id, esim.purchase.number) == ("NEW-1", "NZ55500003")
