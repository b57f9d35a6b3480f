"""Talking with the assistant through the widget in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser_desk import BrowserDesk, photo
from tests.support.widget_page import PHONE, PICTURE_READ, Widget


def test_a_message_is_answered_and_shown_as_sent(page: Page) -> None:
    widget = Widget(page).open()
    expect(widget.theirs.first).to_contain_text("Kia ora")
    widget.say("Hello there")
    widget.answered("echo Hello there")
    expect(widget.mine).to_have_text(["Hello there"])
    expect(widget.waiting).to_have_count(0)
    expect(page.locator("esim-aftercare .message.traveller time")).to_have_text(re.compile(r"\d{1,2}:\d\d"))


def test_starters_and_choices_are_taken_once_and_then_gone(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.choices.filter(has_text="won't activate").click()
    widget.answered("What do you see?")
    expect(widget.choices).to_have_text(["Cannot install", "No signal", "Bars but no internet"])
    widget.choices.filter(has_text="No signal").dblclick()
    widget.answered("You chose /signal")
    expect(widget.choices).to_have_count(0)
    expect(widget.mine).to_have_text(["My eSIM won't activate", "No signal"])
    assert desk.engine.asked.count("/signal") == 1


def test_plans_are_cards_and_a_qr_code_is_a_picture_that_can_be_enlarged(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("Which plan is there?")
    cards = page.locator("esim-aftercare .cards li")
    expect(widget.theirs.last).to_have_text("These fit best:")
    expect(cards).to_have_count(2)
    expect(cards.first.locator(".price")).to_have_text("NZ$44.90")
    expect(cards.first.locator(".why")).to_have_text("works in both countries")
    widget.choices.filter(has_text="Tell me more").click()
    widget.answered("You chose /take")
    expect(cards.first.get_by_role("button")).to_have_count(0)
    widget.say("Show my QR code")
    picture = page.locator("esim-aftercare .picture img")
    expect(picture).to_be_visible()
    expect(picture).to_be_in_viewport(ratio=0.99)  # it loads after the message was scrolled to
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    picture.click()
    expect(page.locator("esim-aftercare dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("esim-aftercare dialog")).to_have_count(0)
    expect(widget.panel).to_be_visible()


def test_only_web_addresses_become_links_and_markup_stays_text(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("<img src=x onerror=window.hacked=1> link")
    answer = widget.answered("<b>this</b>")
    expect(answer.locator("a")).to_have_count(1)
    expect(answer.locator("a")).to_have_attribute("href", "https://shop.example/help?a=1")
    expect(answer.locator("a")).to_have_attribute("rel", re.compile("noopener"))
    expect(widget.mine.last).to_contain_text("<img src=x")
    assert page.evaluate("window.hacked") is None


def test_phone_numbers_can_be_called(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("Which number?")
    numbers = widget.answered("Call +64").locator("a")
    expect(numbers).to_have_text(["+64 9 123 4567", "0800 123 456", "111"])
    assert numbers.evaluate_all("links => links.map(link => link.href)") == [
        "tel:+6491234567",
        "tel:0800123456",
        "tel:111",
    ]


def test_a_picture_takes_no_buttons_away_and_a_reminder_repeats_none(
    page: Page, desk: BrowserDesk, tmp_path: Path
) -> None:
    widget = Widget(page).open()
    widget.say("My eSIM won't activate")
    expect(widget.choices).to_have_count(3)
    page.locator("esim-aftercare input[type=file]").set_input_files(photo(tmp_path / "screen.png"))
    widget.send_button.click()
    widget.answered("I read: Unable to Complete Cellular Plan Change", PICTURE_READ)
    expect(widget.choices.filter(has_text="No signal")).to_be_visible()
    widget.say("My eSIM won't activate")
    choices = [{"title": title, "payload": "/x"} for title in ("No signal", "Cannot install", "Something else")]
    expect(widget.mine).to_have_count(2)
    expect(widget.choices.filter(has_text="No signal")).to_have_count(1)
    desk.store(desk.conversations()[-1], "Did it work?", choices=choices)
    widget.answered("Did it work?")
    visible = page.locator("esim-aftercare .choices:not([hidden]) button:visible")
    expect(visible).to_have_text(["Bars but no internet", "No signal", "Cannot install", "Something else"])


def test_ending_a_chat_that_waits_for_a_person_is_asked_about(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("I want to talk to a person")
    expect(widget.state).to_have_text("In line for a person")
    for answer, state in (("Go on", "In line for a person"), ("End", "Chat ended. Write to go on.")):
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="End this chat").click()
        expect(page.locator("esim-aftercare dialog")).to_contain_text("still open")
        page.get_by_role("button", name=answer, exact=True).click()
        expect(page.locator("esim-aftercare dialog")).to_have_count(0)
        expect(widget.state).to_have_text(state)


def test_the_back_key_closes_a_chat_that_fills_the_screen(traveller: Callable[..., BrowserContext]) -> None:
    page = traveller(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto("/shop?before")
    page.goto("/shop")
    page.evaluate("history.replaceState({ router: 1 }, '')")
    widget = Widget(page).open()
    page.go_back()
    expect(widget.panel).to_be_hidden()
    assert page.url.endswith("/shop")
    assert page.evaluate("history.state") == {"router": 1}
    widget.open()
    page.get_by_role("button", name="Close the chat").click()
    expect(widget.panel).to_be_hidden()
    page.wait_for_function("!history.state.esimAftercare")
    page.go_back()  # nothing of the chat is left in the history
    page.wait_for_url("**/shop?before")


def test_wheel_and_finger_on_the_chat_do_not_move_the_page(page: Page) -> None:
    widget = Widget(page).open()
    for part in (page.locator("esim-aftercare h2"), widget.send_button, widget.log):
        part.hover(force=True)
        page.mouse.wheel(0, 400)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("scrollY") == 0
    moved = page.locator("esim-aftercare h2").evaluate(
        "title => title.dispatchEvent(new Event('touchmove', { bubbles: true, composed: true, cancelable: true }))"
    )
    assert not moved


def test_a_traveller_who_reads_above_is_told_of_news_and_not_pulled_down(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    for number in range(8):
        widget.say(f"line {number}")
    widget.answered("echo line 7")
    widget.log.hover()
    page.mouse.wheel(0, -600)
    expect(widget.mine.last).not_to_be_in_viewport()
    desk.store(desk.conversations()[-1], "news")
    jump = page.get_by_role("button", name="New messages")
    expect(jump).to_be_visible()
    expect(widget.theirs.last).not_to_be_in_viewport()
    jump.click()
    expect(widget.theirs.last).to_be_in_viewport()
    expect(jump).to_be_hidden()


def top_of(widget: Widget, text: str) -> float:
    """How many pixels below the top of the messages' room this answer begins."""
    answer, room = widget.answered(text).bounding_box(), widget.log.bounding_box()
    assert answer is not None
    assert room is not None
    return answer["y"] - room["y"]


def test_a_long_answer_is_shown_from_its_start_and_says_that_there_is_more(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    widget.say("tell me everything")
    widget.answered("And this is the last word.")
    more = page.get_by_role("button", name="More below")
    expect(more).to_be_visible()
    assert 0 <= top_of(widget, "Line 1 of") < 40
    page.evaluate("esimAftercare.setLanguage('zh-CN')")  # drawn anew
    page.evaluate("esimAftercare.setLanguage('en')")
    assert 0 <= top_of(widget, "Line 1 of") < 40
    more.click()
    expect(widget.theirs.last).to_be_in_viewport(ratio=1)
    expect(widget.choices.last).to_be_in_viewport(ratio=1)
    expect(more).to_be_hidden()
    widget.say("tell me everything")
    expect(widget.theirs.filter(has_text="the last word")).to_have_count(2)
    expect(more).to_be_visible()
    widget.log.hover()
    page.mouse.wheel(0, 200)
    expect(more).to_be_visible()
    page.mouse.wheel(0, 3000)
    expect(more).to_be_hidden()
    widget.say("short")
    widget.answered("echo short")
    expect(widget.theirs.last).to_be_in_viewport(ratio=1)


def test_what_was_read_holds_no_later_message_back(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    talk, at = desk.conversations()[-1], datetime.now(UTC)
    for number in range(5):
        text = f"Part {number} of what Aroha writes." + " Some more words about the order." * 8
        desk.store(talk, text, sender="agent", agent="Aroha", at=at + timedelta(minutes=1 + number))
        said = page.locator("esim-aftercare .message.agent .bubble").nth(number)
        expect(said).to_be_in_viewport(ratio=1)


def test_a_long_answer_that_came_while_the_chat_was_closed_is_read_from_its_start(
    page: Page, desk: BrowserDesk
) -> None:
    widget = Widget(page).open()
    desk.engine.thinks = True
    try:
        widget.say("tell me everything")
        expect(widget.waiting).to_have_count(0)
        page.keyboard.press("Escape")
        expect(widget.panel).to_be_hidden()
    finally:
        desk.engine.thinks = False
    expect(widget.badge).to_have_text("2")
    widget.open()
    assert 0 <= top_of(widget, "Line 1 of") < 40
    expect(page.get_by_role("button", name="More below")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    widget.open()  # what was seen is not new
    expect(widget.theirs.last).to_be_in_viewport(ratio=1)


def test_on_touch_the_keyboard_closes_for_a_long_answer_only(traveller: Callable[..., BrowserContext]) -> None:
    page = traveller(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    expect(widget.text).to_be_focused()
    widget.say("tell me everything")
    widget.answered("And this is the last word.")
    expect(widget.text).not_to_be_focused()
    assert 0 <= top_of(widget, "Line 1 of") < 40


def test_markup_and_foreign_addresses_from_the_desk_do_nothing(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    conversation = desk.conversations()[-1]
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    bad = "<img src=x onerror=window.hacked=1>"
    card = {"title": bad, "lines": [bad], "price": bad, "reason": bad, "payload": "/x", "action": bad}
    choices = [{"title": bad, "payload": "/x"}]
    desk.store(conversation, bad, sender="agent", agent=bad, choices=choices, cards=[card])
    expect(page.locator("esim-aftercare .message.agent .who")).to_have_text(bad)
    expect(widget.choices).to_have_text([bad, bad])
    for image in ("https://elsewhere.example/x.png", "javascript:window.hacked=1", "/api/chat/conversation", bad):
        desk.store(conversation, "see", image=image)
    desk.typing(conversation, agent=bad)
    expect(widget.typing).to_contain_text(bad)
    expect(page.locator("esim-aftercare .message img")).to_have_count(0)
    assert loaded == []
    assert page.evaluate("window.hacked") is None


def test_enter_of_an_input_method_sends_nothing_and_shift_enter_makes_a_line(page: Page) -> None:
    widget = Widget(page).open()
    widget.text.focus()
    for keys in ({"isComposing": True, "keyCode": 13}, {"isComposing": False, "keyCode": 229}):
        widget.text.fill("没有信")
        widget.text.evaluate(
            "(text, keys) => text.dispatchEvent(new KeyboardEvent('keydown', "
            "{key: 'Enter', bubbles: true, cancelable: true, composed: true, ...keys}))",
            keys,
        )
        expect(widget.text).to_have_value("没有信")
    session = page.context.new_cdp_session(page)
    widget.text.fill("")
    session.send("Input.imeSetComposition", {"text": "xin hao", "selectionStart": 7, "selectionEnd": 7})
    # Enter picks the word in the input method's list; the browser hands it on with the code of a key in use
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229})
    expect(widget.mine).to_have_count(0)
    session.send("Input.insertText", {"text": "信号"})
    expect(widget.text).to_have_value("信号")
    expect(widget.mine).to_have_count(0)
    widget.text.press("Shift+Enter")
    widget.text.press_sequentially("第二行")
    widget.text.press("Enter")
    expect(widget.mine).to_have_text(["信号\n第二行"])


def test_typing_is_shown_while_the_assistant_thinks_and_a_delay_is_told(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    desk.engine.thinks = True
    try:
        widget.say("Think about it")
        expect(widget.typing).to_be_visible()
        expect(widget.typing).to_contain_text("Assistant is writing")
        expect(widget.notice).to_contain_text("a moment slow")
    finally:
        desk.engine.thinks = False
    widget.answered("echo Think about it")
    expect(widget.typing).to_be_hidden()
    expect(widget.notice).to_be_hidden()


def test_a_picture_is_previewed_sent_and_kept_out_of_other_sites(page: Page, tmp_path: Path) -> None:
    widget = Widget(page).open()
    page.locator("esim-aftercare input[type=file]").set_input_files(photo(tmp_path / "screen.png"))
    expect(page.locator("esim-aftercare .attached img")).to_be_visible()
    widget.send_button.click()
    widget.answered("I read: Unable to Complete Cellular Plan Change", PICTURE_READ)
    sent = page.locator("esim-aftercare .message.traveller img")
    expect(sent).to_have_count(1)
    assert sent.get_attribute("src").startswith(f"{page.url.split('/shop')[0]}/media/")
    page.locator("esim-aftercare input[type=file]").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"words"}
    )
    unreadable = "This file is not a picture we can open. JPEG, PNG, WebP or GIF please; a screenshot is fine too."
    expect(widget.notice).to_have_text(unreadable)
    for name, kind in (("photo.heic", "image/heic"), ("broken.png", "image/png")):
        page.locator("esim-aftercare input[type=file]").set_input_files(photo(tmp_path / "good.png"))
        expect(widget.notice).to_be_hidden()
        page.locator("esim-aftercare input[type=file]").set_input_files(
            {"name": name, "mimeType": kind, "buffer": b"\0\0\0\x18ftypheic not drawn here"}
        )
        expect(widget.notice).to_have_text(unreadable)


def test_a_pasted_large_picture_is_made_smaller_first(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.text.evaluate(
        """async (text) => {
          const canvas = new OffscreenCanvas(2500, 300);
          const paint = canvas.getContext("2d");
          const noise = paint.createImageData(2500, 300);
          for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
          paint.putImageData(noise, 0, 0);
          const blob = await canvas.convertToBlob({ type: "image/png" });
          const data = new DataTransfer();
          data.items.add(new File([blob], "shot.png", { type: "image/png" }));
          text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    preview = page.locator("esim-aftercare .attached img")
    expect(preview).to_be_visible()
    assert preview.evaluate("image => image.naturalWidth") == 2000
    widget.send_button.click()
    widget.answered("the picture is saved", PICTURE_READ)


def test_too_long_a_message_cannot_be_sent(page: Page) -> None:
    widget = Widget(page).open()
    widget.text.fill("x" * 1001)
    expect(page.locator("esim-aftercare .count")).to_have_text("1001 of 1000 characters")
    expect(widget.send_button).to_be_disabled()
    widget.text.press("Enter")
    expect(widget.mine).to_have_count(0)
    widget.text.fill("😀" * 1000)
    expect(widget.send_button).to_be_enabled()


def test_a_person_takes_over_with_name_and_typing_and_ends_the_conversation(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("I want to talk to a person")
    expect(widget.state).to_have_text("In line for a person")
    expect(widget.choices).to_have_text(["I no longer need a person"])
    widget.say("My eSIM won't activate")  # meanwhile the assistant goes on, its choices work, the line stays
    widget.choices.filter(has_text="No signal").click()
    widget.answered("You chose /signal")
    page.reload()
    widget.answered("You chose /signal")
    expect(widget.state).to_have_text("In line for a person")
    expect(widget.choices).to_have_text(["I no longer need a person"])
    conversation = desk.conversations()[-1]
    desk.claim(conversation)
    expect(widget.state).to_have_text("Aroha is with you")
    expect(widget.choices).to_have_count(0)
    desk.typing(conversation, agent="Aroha")
    expect(widget.typing).to_contain_text("Aroha is writing")
    desk.reply(conversation, "Kia ora, I see your order.")
    answer = page.locator("esim-aftercare .message.agent")
    expect(answer).to_contain_text("Aroha")
    expect(answer).to_contain_text("I see your order")
    expect(widget.typing).to_be_hidden()
    seen: list[str] = []
    stop = desk.desk.hub.subscribe_live(lambda _key, live: seen.append(live.sender))
    with page.expect_response("**/api/chat/typing"):
        widget.text.press_sequentially("Thank")
    stop()
    assert seen == ["traveller"]
    desk.hang_up(conversation)
    expect(widget.state).to_contain_text("ended")
    rating = page.get_by_role("group", name="How was this chat?")
    rating.get_by_role("button", name="2 of 5").click()
    rating.get_by_role("button", name="4 of 5").click()
    rating.get_by_role("textbox").fill("Aroha was kind")
    rating.get_by_role("button", name="Send").click()
    expect(rating).to_contain_text("Thank you")
    assert desk.ratings() == [(4, "Aroha was kind")]
    page.reload()
    expect(rating.get_by_role("button", name="4 of 5")).to_have_attribute("aria-pressed", "true")
    expect(rating.get_by_role("button", name="5 of 5")).to_have_attribute("aria-pressed", "false")
    expect(rating.get_by_role("textbox")).to_have_count(0)
    widget.say("One more thing")
    widget.answered("echo One more thing")
    expect(rating).to_have_count(0)


def test_the_traveller_says_goodbye_or_ends_the_chat_and_is_asked_once(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("goodbye")
    widget.answered("Have a good trip!")
    rating = page.get_by_role("group", name="How was this chat?")
    expect(rating).to_have_count(1)
    page.route("**/api/chat/rating", lambda route: route.abort())
    rating.get_by_role("button", name="5 of 5").click()
    expect(rating).to_contain_text("No connection")
    page.unroute("**/api/chat/rating")
    rating.get_by_role("button", name="5 of 5").click()
    expect(rating).not_to_contain_text("No connection")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="End this chat").click()
    expect(widget.state).to_contain_text("ended")
    expect(rating).to_have_count(1)
    expect(rating.get_by_role("button", name="5 of 5")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("button", name="End this chat")).to_have_count(0)


def test_the_chat_can_be_saved_and_deleted(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("Remember this")
    widget.answered("echo Remember this")
    conversation = desk.conversations()[-1]
    page.get_by_role("button", name="More").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this chat").click()
    assert "Remember this" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete this chat").click()
    page.get_by_role("button", name="Keep it").click()
    expect(widget.mine).to_have_count(1)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete this chat").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(widget.mine).to_have_count(0)
    expect(widget.choices.first).to_be_visible()
    assert conversation not in desk.conversations()
    widget.say("A new start")
    widget.answered("echo A new start")


def test_times_are_those_of_the_traveller(traveller: Callable[..., BrowserContext]) -> None:
    page = traveller(timezone_id="Asia/Shanghai", locale="zh-CN").new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    widget.say("你好")
    widget.answered("echo 你好")
    time = page.locator("esim-aftercare time").first
    shown = time.evaluate("node => [node.dateTime, node.textContent]")
    hour = page.evaluate("at => new Date(Date.parse(at) + 8 * 3600e3).getUTCHours()", shown[0])
    assert int(shown[1].split(":")[0]) == hour
