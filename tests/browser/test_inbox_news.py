"""What open inbox pages hear: one stream for all pages of a browser, deleted chats, the end of a session."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from aftercare.conversations.own_data import erase
from aftercare.staff.access.sessions import end_sessions
from aftercare.staff.inbox.live import INBOX
from tests.support.browser_desk import BrowserDesk
from tests.support.inbox_page import InboxPage
from tests.support.widget_page import Widget

Staff = Callable[..., InboxPage]
Asking = tuple[Widget, str]


def streams(desk: BrowserDesk) -> int:
    """How many streams of staff are open."""
    return len(desk.app[INBOX].watchers)


def test_many_pages_of_a_browser_share_one_stream(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    first = staff().open("?tab=all")
    pages = [first, *(InboxPage(first.page.context.new_page()).open("?tab=all") for _ in range(7))]
    assert streams(desk) == 1
    pages[3].choose(talk)
    pages[6].choose(talk)
    desk.store(talk, "news for all")
    for each in pages:  # over HTTP/1.1, eight streams would leave no connection to ask for anything
        expect(each.page.locator(f"#line-{talk}")).to_contain_text("news for all")
    expect(pages[3].items).to_contain_text("news for all")
    expect(pages[6].items).to_contain_text("news for all")
    pages[3].claim().write("Kia ora")
    expect(pages[6].items).to_contain_text("Kia ora")
    # the page that began the stream is closed, another one leaves the conversation
    first.page.close()
    pages[3].page.close()
    pages[6].open("?tab=all")
    desk.store(talk, "more news")
    expect(pages[1].page.locator(f"#line-{talk}")).to_contain_text("more news")
    assert streams(desk) == 1


def test_a_browser_whose_pages_cannot_share_one_has_a_stream_for_each(
    staff: Staff, asking: Asking, desk: BrowserDesk
) -> None:
    _widget, talk = asking
    inbox = staff()
    inbox.page.add_init_script("delete window.SharedWorker")
    inbox.open().choose(talk)
    desk.store(talk, "news")
    expect(inbox.items).to_contain_text("news")
    desk.stop()
    expect(inbox.page.locator("#connection")).to_contain_text("Connection lost")
    desk.start()
    expect(inbox.page.locator("#connection")).to_be_hidden()
    desk.store(talk, "later news")
    expect(inbox.items).to_contain_text("later news")


def test_a_deleted_chat_vanishes_from_open_pages(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all")
    inbox.choose(talk).claim()
    inbox.reply.press_sequentially("I can s")
    desk.run(erase(desk.desk, talk))
    expect(inbox.page.locator("#pane")).to_contain_text("The traveller has deleted this chat.")
    inbox.page.keyboard.type("ee /jk")
    expect(inbox.page.locator("#q")).not_to_be_focused()
    expect(inbox.page.locator(f"#line-{talk}")).to_have_count(0)
    expect(inbox.context).to_have_count(0)


def test_signing_out_elsewhere_shows_at_once(staff: Staff, asking: Asking, desk: BrowserDesk) -> None:
    _widget, talk = asking
    inbox = staff("agent", "Hemi").open("?tab=all").choose(talk)
    with desk.desk.store.engine.connect() as connection:
        hemi = connection.exec_driver_sql("SELECT id FROM staff WHERE name = 'Hemi'").scalar_one()
    end_sessions(desk.desk.store.engine, hemi)
    expect(inbox.page.locator("#connection a")).to_be_visible()  # its text is there all the time
    expect(inbox.page.locator("#connection a")).to_have_text("Sign in")
    desk.store(talk, "not for Hemi")
    inbox.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")  # asks for what was missed
    expect(inbox.items).not_to_contain_text("not for Hemi")
