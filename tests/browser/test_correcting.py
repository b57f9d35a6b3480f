"""A message is corrected below itself, while news arrives, by somebody who may write to travellers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from aftercare.staff.teaching import corrections
from tests.support.accessibility import violations
from tests.support.browser_desk import BrowserDesk
from tests.support.inbox_page import InboxPage, picture
from tests.support.widget_page import Widget


def test_a_message_is_corrected_on_the_spot(
    staff: Callable[..., InboxPage], asking: tuple[Widget, str], desk: BrowserDesk
) -> None:
    _widget, talk = asking
    inbox = staff("agent", "Aroha").open("?tab=all").choose(talk)
    message = inbox.items.locator(".message.traveller").first
    message.hover()
    message.get_by_role("button", name="Correct …").click()
    form = message.locator("form.report")
    expect(form).to_be_visible()
    form.locator("[name=intent]").select_option("report_activation_failure")
    desk.store(talk, "news while it is filled in")
    expect(inbox.items).to_contain_text("news while it is filled in")
    form.locator("summary").click()
    form.locator("[value='start:report_activation_failure']").check()
    form.locator("[name=part0]").fill("no such words")
    form.locator("[name=answer]").fill("Ask what they see")
    assert violations(inbox.page) == []
    picture(inbox.page, "correcting")
    form.locator("button.primary").click()
    expect(form).to_contain_text("These words are not in the message")
    expect(form.locator("[name=intent]")).to_have_value("report_activation_failure")
    form.locator("button.primary").click()
    expect(message).to_contain_text("it is in the queue now")
    item = corrections.next_correction(desk.desk.store.engine)
    assert item is not None
    assert (item.text, item.reported_by, item.proposal) == (
        "I cannot activate it",
        "Aroha",
        "report_activation_failure",
    )
    assert (item.proposed_commands, item.wanted_answer) == (("start:report_activation_failure",), "Ask what they see")
    # the answer leads to the same message, and the form can be put away
    answer = inbox.items.locator(".message.assistant").first
    answer.hover()
    answer.get_by_role("button", name="Correct …").click()
    expect(answer.locator("form.report")).to_contain_text("I cannot activate it")
    answer.get_by_role("button", name="Close").click()
    expect(answer.locator("form.report")).to_have_count(0)
    expect(answer.get_by_role("button", name="Correct …")).to_be_attached()
