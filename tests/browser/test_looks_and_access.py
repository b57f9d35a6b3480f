"""For everybody: keyboard, screen readers, small screens, dark, contrast, motion, direction, paper, three languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.accessibility import violations
from tests.support.widget_page import DESKTOP, PHONE, Widget


def a_whole_conversation(widget: Widget, chinese: bool) -> None:
    """Choices, cards, a picture and a system line."""
    for text in (
        ("有什么套餐？", "请再发一次二维码", "我的 eSIM 激活不了")
        if chinese
        else ("Which plan is there?", "Show my QR code", "My eSIM won't activate")
    ):
        widget.say(text)
        expect(widget.waiting).to_have_count(0)
    expect(widget.choices).to_have_count(3)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(("locale", "scheme"), [("en-NZ", "light"), ("zh-CN", "dark")])
def test_axe_finds_nothing(
    traveller: Callable[..., BrowserContext], viewport: dict[str, int], locale: str, scheme: str
) -> None:
    page = traveller(viewport=viewport, locale=locale, color_scheme=scheme, reduced_motion="reduce").new_page()
    page.goto("/shop")
    expect(page.locator(".plans li").first).to_be_visible()
    assert violations(page) == []
    widget = Widget(page).open()
    a_whole_conversation(widget, locale == "zh-CN")
    assert violations(page) == []
    widget.say("再见" if locale == "zh-CN" else "goodbye")
    page.locator("esim-aftercare .stars button").nth(3).click()
    expect(page.locator("esim-aftercare .rating textarea")).to_be_visible()
    assert violations(page) == []
    page.route("**/api/chat/messages", lambda route: route.fulfill(status=422, json={"error": {"message": "No."}}))
    widget.say("refused")
    expect(page.locator("esim-aftercare .message.failed")).to_be_visible()
    page.locator("esim-aftercare .head .round").first.click()
    assert violations(page) == []
    page.locator("esim-aftercare .menu button").last.click()
    expect(page.locator("esim-aftercare dialog")).to_be_visible()
    assert violations(page) == []


def test_everything_is_reached_by_keyboard_and_tab_stays_in_the_dialog(page: Page) -> None:
    widget = Widget(page)
    widget.launcher.focus()
    page.keyboard.press("Enter")
    expect(widget.text).to_be_focused()
    widget.say("keyboard only")
    widget.answered("echo keyboard only")
    inside = []
    for _ in range(12):
        page.keyboard.press("Tab")
        inside.append(page.evaluate("document.activeElement.shadowRoot?.activeElement?.className ?? 'outside'"))
    assert "outside" not in inside
    assert any("log" in name for name in inside)
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.localName") == "esim-aftercare"
    page.locator("esim-aftercare .head .round").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Sound for new messages")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("esim-aftercare .menu")).to_be_hidden()
    expect(widget.panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(widget.launcher).to_be_focused()


READ_OUT = """() => {
  window.heard = [];
  const live = (node) => node.nodeType === 1
    && (node.getAttribute("aria-live") ?? (node.role === "status" ? "polite" : ""));
  const isRead = (node) => { while (node && !live(node)) node = node.parentNode; return node && live(node) !== "off"; };
  new MutationObserver((changes) => {
    for (const { addedNodes, target } of changes) for (const node of addedNodes)
      if (node.textContent && isRead(node.nodeType === 1 ? node : target)) heard.push(node.textContent);
  }).observe(document.querySelector("esim-aftercare").shadowRoot, { childList: true, subtree: true });
}"""


def test_each_message_and_state_is_read_out_once(page: Page, desk: Any) -> None:
    widget = Widget(page).open()
    page.evaluate(READ_OUT)
    widget.say("hello reader")
    widget.answered("echo hello reader")
    conversation = desk.conversations()[-1]
    desk.claim(conversation)
    expect(widget.state).to_have_text("Aroha is with you")
    for _ in range(2):
        desk.typing(conversation, agent="Aroha")
    desk.reply(conversation, "I can see it")
    expect(page.locator("esim-aftercare .message.agent")).to_be_visible()
    heard = page.evaluate("heard")
    for text in ("You: hello reader", "echo hello reader", "Aroha is with you", "Aroha is writing", "I can see it"):
        assert sum(text in each for each in heard) <= 1, (text, heard)
    for text in ("You: hello reader", "echo hello reader", "I can see it"):
        assert any(text in each for each in heard), (text, heard)
    assert sum("Aroha" in each and "writing" not in each for each in heard) == 2, heard  # she came, she wrote


def test_what_can_be_answered_with_follows_the_text_field(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("My eSIM won't activate")
    expect(widget.choices).to_have_count(3)
    expect(widget.text).to_be_focused()
    page.keyboard.press("Tab")
    expect(widget.choices.first).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Language")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(widget.choices.last).to_be_focused()
    page.keyboard.press("Enter")
    widget.answered("You chose /data")


def test_a_picture_says_what_it_is(page: Page) -> None:
    widget = Widget(page).open()
    widget.say("Show my QR code")
    expect(page.get_by_role("img", name="QR code that installs your eSIM")).to_be_visible()
    expect(page.get_by_role("button", name="QR code that installs your eSIM: Enlarge the picture")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_stars_can_be_seen_before_they_are_given(traveller: Callable[..., BrowserContext], scheme: str) -> None:
    page = traveller(color_scheme=scheme).new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    widget.say("goodbye")
    star = page.locator("esim-aftercare .stars button").first
    expect(star).to_have_text("☆")
    shades = star.evaluate(
        """star => {
          const paint = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const panel = getComputedStyle(star.getRootNode().querySelector(".panel")).backgroundColor;
          const { color, opacity } = getComputedStyle(star);
          return [panel, color].map((shade, drawn) => {
            paint.globalAlpha = drawn ? Number(opacity) : 1;
            paint.fillStyle = shade;
            paint.fillRect(0, 0, 1, 1);
            return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
          });
        }"""
    )

    def luminance(rgb: list[int]) -> float:
        red, green, blue = (v / 3294.6 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in rgb)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted(luminance(shade) for shade in shades)
    assert (high + 0.05) / (low + 0.05) >= 3
    star.click()
    expect(star).to_have_text("★")


def test_roles_and_names(page: Page) -> None:
    widget = Widget(page)
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    expect(widget.launcher).to_have_accessible_name("Open the chat")
    widget.open()
    expect(page.get_by_role("dialog", name="eSIM help")).to_be_visible()
    expect(page.get_by_role("log", name="Messages")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("textbox", name="Write a message")).to_be_visible()
    expect(page.get_by_role("combobox", name="Language")).to_be_visible()


def test_keys_typed_in_the_chat_are_not_shortcuts_of_the_page(page: Page) -> None:
    page.evaluate("window.keys = []; addEventListener('keydown', (event) => keys.push(event.key))")
    widget = Widget(page).open()
    widget.text.press_sequentially("/s")
    assert page.evaluate("keys") == []


@pytest.mark.parametrize("locale", ["en-NZ", "zh-TW"])
def test_a_phone_of_320_pixels_shows_everything_without_sideways_scrolling(
    traveller: Callable[..., BrowserContext], locale: str
) -> None:
    page = traveller(viewport=PHONE, locale=locale, has_touch=True, is_mobile=True).new_page()
    page.goto("/shop")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    widget = Widget(page).open()
    a_whole_conversation(widget, locale == "zh-TW")
    box = widget.panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 320, "height": 640}
    assert widget.log.evaluate("log => log.scrollWidth <= log.clientWidth")
    for part in (widget.text, widget.send_button, page.locator("esim-aftercare .head .round").last):
        inside = part.bounding_box()
        assert inside is not None
        assert inside["x"] >= 0
        assert inside["x"] + inside["width"] <= 320
    assert widget.panel.get_attribute("aria-modal") == "true"
    assert float(widget.text.evaluate("text => parseFloat(getComputedStyle(text).fontSize)")) >= 16


def test_an_on_screen_keyboard_leaves_the_text_field_visible(traveller: Callable[..., BrowserContext]) -> None:
    page = traveller(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    a_whole_conversation(widget, chinese=False)
    page.set_viewport_size({"width": 320, "height": 330})
    expect(widget.text).to_be_in_viewport(ratio=1)
    expect(widget.choices.last).to_be_in_viewport()


def test_the_interface_follows_the_traveller_until_they_choose(page: Page) -> None:
    widget = Widget(page).open()
    title = page.locator("esim-aftercare h2")
    widget.say("我的手機沒有訊號")
    expect(title).to_have_text("eSIM 售後")
    expect(page.locator("esim-aftercare .root")).to_have_attribute("lang", "zh-Hant")
    widget.say("我的手机没有信号")
    expect(title).to_have_text("eSIM 售后")
    widget.say("NZ10000001")
    widget.say("OK")
    expect(title).to_have_text("eSIM 售后")
    widget.say("Please answer in English now")
    expect(title).to_have_text("eSIM help")
    with page.expect_request("**/api/chat/language") as told:
        page.get_by_role("combobox").select_option("zh-Hant")
    assert told.value.post_data_json == {"locale": "zh-Hant"}
    widget.say("And this is English again")
    expect(title).to_have_text("eSIM 售後")
    page.reload()
    expect(title).to_have_text("eSIM 售後")
    page.context.set_offline(True)
    page.get_by_role("combobox").select_option("en")
    with page.expect_response("**/api/chat/language") as told:
        page.context.set_offline(False)
    assert told.value.request.post_data_json == {"locale": "en"}


@pytest.mark.parametrize(
    ("locale", "title"),
    [("zh-CN", "eSIM 售后"), ("zh-TW", "eSIM 售後"), ("fr-FR", "Aide eSIM"), ("it-IT", "eSIM help")],
)
def test_the_browsers_language_comes_first(traveller: Callable[..., BrowserContext], locale: str, title: str) -> None:
    page = traveller(locale=locale).new_page()
    page.goto("/shop")
    Widget(page).open()
    expect(page.locator("esim-aftercare h2")).to_have_text(title)


def test_the_shop_is_traditional_for_who_reads_it(traveller: Callable[..., BrowserContext]) -> None:
    shown = {}
    for locale in ("zh-TW", "zh-CN"):
        page = traveller(locale=locale).new_page()
        page.goto("/shop")
        expect(page.locator(".plans li").first).to_be_visible()
        shown[locale] = page.locator("body").inner_text()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hant" if locale == "zh-TW" else "zh-Hans")
        # else a browser draws it with the letters and the commas of the other script
        parts = page.locator("main [lang|=zh]").evaluate_all("each => [...new Set(each.map((one) => one.lang))]")
        assert parts == ["zh-Hant" if locale == "zh-TW" else "zh-Hans"]
    assert "方案" in shown["zh-TW"]
    assert "套餐" in shown["zh-CN"]
    assert not set("这们没为说时对发给让请网讯话机设热龙“”") & set(shown["zh-TW"])


def test_who_writes_japanese_gets_a_japanese_frame_and_no_chinese(page: Page) -> None:
    widget = Widget(page).open()
    title = page.locator("esim-aftercare h2")
    widget.say("機内モードを切っても圏外のままです")
    expect(title).to_have_text("eSIM サポート")
    expect(page.locator("esim-aftercare .root")).to_have_attribute("lang", "ja")
    widget.say("OK")
    widget.answered("echo OK")
    expect(title).to_have_text("eSIM サポート")
    widget.say("Guten Tag, ich habe kein Netz")
    expect(title).to_have_text("eSIM-Hilfe")
    # in every tab and on every page, until another chat begins
    page.reload()
    expect(title).to_have_text("eSIM-Hilfe")
    beside = page.context.new_page()
    beside.goto("/shop")
    expect(beside.locator("esim-aftercare h2")).to_have_text("eSIM-Hilfe")


def test_dark_light_and_forced_colours_differ(traveller: Callable[..., BrowserContext]) -> None:
    shades = {}
    for name, options in (("light", {"color_scheme": "light"}), ("dark", {"color_scheme": "dark"})):
        page = traveller(**options).new_page()
        page.goto("/shop")
        shades[name] = Widget(page).open().panel.evaluate("panel => getComputedStyle(panel).backgroundColor")
    assert shades["light"] != shades["dark"]
    page = traveller(forced_colors="active").new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    assert widget.theirs.first.evaluate("bubble => getComputedStyle(bubble).borderTopStyle") == "solid"


def test_nothing_moves_for_those_who_want_no_motion(traveller: Callable[..., BrowserContext]) -> None:
    page = traveller(reduced_motion="reduce").new_page()
    page.goto("/shop")
    widget = Widget(page).open()
    assert widget.panel.evaluate("panel => getComputedStyle(panel).animationName") == "none"


def test_on_a_right_to_left_page_the_interface_keeps_its_direction_and_messages_find_theirs(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    widget = Widget(page).open()
    widget.say("مرحبا كيف الحال")
    widget.answered("echo")
    assert widget.log.evaluate("log => log.scrollWidth <= log.clientWidth")
    direction = "element => getComputedStyle(element).direction"
    assert [widget.mine.evaluate(direction), widget.log.evaluate(direction)] == ["rtl", "ltr"]
    mine, theirs = widget.mine.bounding_box(), widget.theirs.last.bounding_box()
    assert mine is not None
    assert theirs is not None
    assert mine["x"] > theirs["x"]


def test_the_printed_chat_has_all_messages_and_no_buttons(page: Page) -> None:
    widget = Widget(page).open()
    for number in range(12):
        widget.say(f"line {number}")
    widget.answered("echo line 11")
    page.emulate_media(media="print")
    expect(widget.launcher).to_be_hidden()
    expect(widget.text).to_be_hidden()
    assert widget.log.evaluate("log => log.scrollHeight <= log.clientHeight + 1")
    page.emulate_media(media="screen")


def test_the_menu_prints_the_whole_chat_without_the_page_around_it(page: Page, desk: Any) -> None:
    widget = Widget(page).open()
    widget.say("the first line")
    widget.answered("echo the first line")
    for number in range(160):
        desk.store(desk.conversations()[-1], f"line {number}")
    widget.answered("line 159")
    page.evaluate("esimAftercare.setLanguage('en')")  # drawn anew, the latest only
    expect(page.get_by_role("button", name="Earlier messages")).to_be_visible()
    page.evaluate("window.print = () => { window.printed = true }")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Print this chat").click()
    assert page.evaluate("printed")
    page.emulate_media(media="print")
    expect(page.locator("main")).to_be_hidden()
    expect(widget.mine.filter(has_text="the first line")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator("main")).to_be_visible()
    expect(widget.mine).to_have_count(0)


def test_unread_answers_are_counted_on_the_button_and_in_the_title(page: Page, desk: Any) -> None:
    widget = Widget(page).open()
    desk.engine.thinks = True
    try:
        widget.say("answer me later")
        expect(widget.waiting).to_have_count(0)
        page.keyboard.press("Escape")
        expect(widget.panel).to_be_hidden()
    finally:
        desk.engine.thinks = False
    expect(widget.badge).to_have_text("1")
    assert page.title().startswith("(1) ")
    expect(widget.launcher).to_have_accessible_name("Open the chat (unread messages: 1)")
    widget.open()
    expect(widget.badge).to_be_hidden()
    assert not page.title().startswith("(")


def test_sound_is_off_until_asked_for(page: Page) -> None:
    page.evaluate(
        "() => { window.tones = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { tones += 1; start.call(this, at); } }"
    )
    widget = Widget(page).open()
    widget.say("quiet")
    widget.answered("echo quiet")
    assert page.evaluate("tones") == 0
    page.get_by_role("button", name="More").click()
    sound = page.get_by_role("checkbox", name="Sound for new messages")
    expect(sound).not_to_be_checked()
    sound.click()
    expect(sound).to_be_checked()
    assert page.evaluate("tones") == 1
