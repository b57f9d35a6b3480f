"""An agent and a traveller, each in a browser of their own, talk to each other through the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from aftercare.base.database import utc_now
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.staff.inbox.tables import summary
from tests.support.accessibility import violations
from tests.support.browser_desk import BrowserDesk, photo
from tests.support.inbox_page import InboxPage, measured, picture
from tests.support.widget_page import Widget


def test_taken_over_answered_and_handed_back(
    desk: BrowserDesk, staff: Callable[..., InboxPage], page: Page, tmp_path: Any, record_property: Any
) -> None:
    inbox = staff().open()
    expect(inbox.page.locator(".nothing").first).to_be_visible()
    widget = Widget(page).open()
    widget.say("I cannot activate it")
    widget.answered("What do you see?")
    widget.say("a person please")
    widget.answered("Somebody will read this soon.")
    talk = desk.conversations()[-1]
    # without a reload
    expect(inbox.page.locator(f"#line-{talk}")).to_contain_text("Waiting")
    inbox.choose(talk)
    expect(inbox.items).to_contain_text("I cannot activate it")
    expect(inbox.items.locator(".understood").first).to_contain_text("inform")
    inbox.claim()
    inbox.write("Kia ora, this is Aroha.")
    expect(page.locator("esim-aftercare .message.agent", has_text="Kia ora, this is Aroha.")).to_be_visible()

    # the traveller sees that somebody writes, and the other way round
    inbox.reply.press_sequentially("I am looking")
    expect(widget.typing).to_be_visible()
    widget.text.press_sequentially("and")
    expect(inbox.page.locator("#typing")).to_have_text("The traveller is writing …")
    widget.say("and it says error 1")
    expect(inbox.items).to_contain_text("and it says error 1")
    # what is being typed survives what arrives meanwhile, and a reload
    inbox.page.reload()
    expect(inbox.reply).to_have_value("I am looking")
    inbox.listening()

    delays = measured(inbox, page)
    record_property("milliseconds from Enter to the traveller's widget", delays)

    inbox.reply.fill("Here is a picture")
    inbox.page.locator("input[type=file]").set_input_files(photo(tmp_path / "screen.png"))
    inbox.reply.press("Enter")
    expect(page.locator("esim-aftercare .message.agent img")).to_be_visible()

    inbox.page.keyboard.press("Escape")
    inbox.page.locator("body").press("n")
    inbox.note.fill("They have an iPhone 13")
    inbox.note.press("Control+Enter")
    expect(inbox.items.locator(".note")).to_contain_text("They have an iPhone 13")
    # an older message is flagged, and found again by the key
    first = inbox.items.locator(".message.traveller").first
    first.scroll_into_view_if_needed()
    below = inbox.items.locator(".message").nth(1)
    place = below.bounding_box()
    first.hover()
    expect(first.locator(".correcting button")).to_have_css("opacity", "1")
    assert below.bounding_box() == place, "messages move under the pointer"
    first.locator(".flagging select").select_option("unclear")
    expect(inbox.items.locator(".message.flagged")).to_contain_text("I cannot activate it")
    inbox.page.locator("#hand-back").click()
    expect(inbox.page.locator("#head")).to_contain_text("Assistant")
    expect(inbox.reply).to_have_count(0)
    widget.say("hello again")
    widget.answered("echo hello again")
    expect(inbox.items).to_contain_text("echo hello again")
    assert "iPhone 13" not in page.locator("esim-aftercare").inner_text()


def test_two_agents_see_each_other_and_only_one_gets_it(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str]
) -> None:
    _widget, talk = asking
    aroha, tane = staff("agent", "Aroha").open(), staff("agent", "Tane").open()
    aroha.choose(talk)
    tane.choose(talk)
    expect(aroha.page.locator("#presence")).to_have_text("Also here: Tane")
    aroha.claim()
    expect(tane.page.locator("#head")).to_contain_text("With staff · Aroha")
    expect(tane.page.locator("#claim")).to_have_text("Take over from Aroha")
    tane.claim()
    expect(aroha.page.locator("#composer")).to_contain_text("Tane has this conversation.")


def test_the_keyboard_is_enough(staff: Callable[..., InboxPage], asking: tuple[Widget, str]) -> None:
    _widget, talk = asking
    inbox = staff().open("?tab=all")
    expect(inbox.lines.first).to_be_visible()
    body = inbox.page.locator("body")
    body.press("j")
    inbox.page.keyboard.press("Enter")
    expect(inbox.page.locator(f".thread[data-id='{talk}']")).to_be_visible()
    inbox.page.keyboard.press("c")
    expect(inbox.reply).to_be_visible()
    inbox.page.keyboard.press("r")
    expect(inbox.reply).to_be_focused()
    inbox.page.keyboard.press("Escape")
    inbox.page.keyboard.press("t")
    inbox.page.keyboard.type("vip")
    inbox.page.keyboard.press("Enter")
    expect(inbox.page.locator("#head .tag.own")).to_contain_text("vip")
    inbox.page.keyboard.press("Escape")
    inbox.page.keyboard.press("?")
    expect(inbox.page.locator("#help")).to_be_visible()
    inbox.page.keyboard.press("Escape")
    expect(inbox.page.locator("#help")).to_be_hidden()
    inbox.page.keyboard.press("Control+k")
    inbox.page.keyboard.type("resol")
    expect(inbox.page.locator("#palette-list [aria-selected='true']")).to_have_text("Resolve")
    inbox.page.keyboard.press("Escape")
    expect(inbox.page.locator("#palette")).to_be_hidden()
    inbox.page.keyboard.press("e")
    expect(inbox.page.locator("#sure")).to_contain_text("Close this conversation?")
    inbox.page.keyboard.press("Enter")
    expect(inbox.page.locator("#head")).to_contain_text("Closed")
    inbox.page.keyboard.press("/")
    inbox.page.keyboard.type("activate")
    inbox.page.keyboard.press("Enter")
    expect(inbox.page.locator(f"#line-{talk}")).to_be_visible()


def test_a_button_can_be_pressed_as_soon_as_it_is_drawn(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str]
) -> None:
    """A key that follows another at once does not send the form past the page's script."""
    _widget, talk = asking
    inbox = staff().open("?tab=all")
    inbox.page.evaluate(
        """() => new MutationObserver((_, observer) => {
          const claim = document.querySelector("#claim");
          if (!claim) return;
          observer.disconnect();
          claim.click();
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    inbox.choose(talk)
    expect(inbox.reply).to_be_visible()
    assert "expected=" not in inbox.page.url


def test_what_was_put_off_comes_back_by_the_clock(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str], desk: BrowserDesk
) -> None:
    _widget, talk = asking
    inbox = staff()
    inbox.page.clock.install()
    line = inbox.open("?tab=person").page.locator(f"#line-{talk}")
    expect(line).to_be_visible()
    inbox.choose(talk)
    inbox.page.locator("#head details.menu summary").last.click()
    inbox.page.locator("#head form[hx-post$='/snooze'] select").select_option("60")
    inbox.page.locator("#head form[hx-post$='/snooze'] button").click()
    expect(line).to_have_count(0)
    inbox.page.clock.run_for(61_000)
    expect(line).to_have_count(0)
    with desk.desk.store.engine.begin() as connection:  # an hour goes by
        connection.execute(sa.update(summary).values(snoozed_until=utc_now()))
    inbox.page.clock.run_for(61_000)
    expect(line).to_be_visible()


def test_what_is_typed_quickly_or_while_the_desk_is_away_arrives_once_and_in_order(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str], desk: BrowserDesk
) -> None:
    _widget, talk = asking
    inbox = staff().open()
    inbox.choose(talk).claim()
    for number in range(3):
        inbox.reply.press_sequentially(f"quick {number}")
        inbox.reply.press("Enter")
    inbox.reply.fill("not finished")
    expect(inbox.items.locator(".message.agent[data-seq]")).to_have_count(3)
    expect(inbox.reply).to_have_value("not finished")
    desk.stop()
    inbox.reply.press("Enter")
    expect(inbox.items.locator(".sending")).to_have_text(["not finishedSending …"])
    expect(inbox.page.locator("#connection")).to_contain_text("Connection lost")
    desk.start()
    expect(inbox.items.locator(".message.agent[data-seq]")).to_have_count(4)
    expect(inbox.items.locator(".sending")).to_have_count(0)
    expect(inbox.page.locator("#connection")).to_be_hidden()
    said = [text for sender, text in desk.messages(talk) if sender == "agent"]
    assert said == ["quick 0", "quick 1", "quick 2", "not finished"]


def test_several_at_once_can_be_taken_back_or_are_asked_about(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str], desk: BrowserDesk
) -> None:
    _widget, talk = asking
    migrate_orders(desk.desk.settings.orders_database_url)  # scripts leave out what the order tells of the traveller
    problems: list[str] = []
    inbox = staff(permissions=["clipboard-read", "clipboard-write"]).open("?tab=all")
    inbox.page.on("pageerror", lambda error: problems.append(str(error)))
    box = inbox.page.locator(f"#line-{talk} input")
    box.check()
    inbox.page.locator("#bulk [name=name]").fill("trip")
    inbox.page.locator("#bulk [value=tag]").click()
    tag = inbox.page.locator(f"#line-{talk} .tag.own", has_text="trip")
    expect(tag).to_be_visible()
    inbox.page.locator("[data-undo]").click()
    expect(tag).to_have_count(0)
    box.check()
    inbox.page.locator("#bulk [value=resolve]").click()
    expect(inbox.page.locator("#sure")).to_contain_text("Resolve the picked conversations (1)?")
    inbox.page.locator("#sure button", has_text="Leave it").click()
    inbox.choose(talk)
    expect(inbox.page.locator("#head")).to_contain_text("Waiting for a person")
    inbox.page.locator("#bulk [value=claim]").click()
    inbox.page.locator("#sure button", has_text="Go on").click()
    expect(inbox.page.locator("#head")).to_contain_text("With staff · you")
    inbox.page.locator(".menu summary").click()
    copy = inbox.page.locator(".menu [data-copy]")
    copy.click()
    expect(copy).to_have_text("Copied")
    assert "I cannot activate it" in inbox.page.evaluate("() => navigator.clipboard.readText()")
    assert problems == []


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(staff: Callable[..., InboxPage], asking: tuple[Widget, str], width: int) -> None:
    _widget, talk = asking
    inbox = staff("agent", "Pania", viewport={"width": width, "height": 800}).open("?tab=all")
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert violations(inbox.page) == []
    assert inbox.page.evaluate(fits)
    picture(inbox.page, "inbox-phone-list")
    inbox.choose(talk).claim()
    picture(inbox.page, "inbox-phone")
    assert violations(inbox.page) == []
    assert inbox.page.evaluate(fits)
    head = inbox.page.locator("header.top").bounding_box()
    assert head is not None
    assert head["height"] < 100, "the line of pages takes the room of the messages"


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_everybody_can_use_it(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str], language: str, scheme: str
) -> None:
    _widget, talk = asking
    problems: list[str] = []
    inbox = staff("lead", f"Lea{language}", language, color_scheme=scheme)
    inbox.page.on("pageerror", lambda error: problems.append(str(error)))
    inbox.page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    inbox.open("?tab=all").choose(talk).claim()
    inbox.page.locator(".understood summary").first.click()
    picture(inbox.page, f"inbox-{language}-{scheme}")
    assert violations(inbox.page) == []
    inbox.page.locator(".filters summary").click()
    inbox.page.locator(".menu summary").click()
    picture(inbox.page, f"inbox-{language}-{scheme}-open")
    assert violations(inbox.page) == []
    inbox.page.locator("body").press("?")
    assert violations(inbox.page) == []
    assert problems == []
