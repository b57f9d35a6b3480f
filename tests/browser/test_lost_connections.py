"""Nothing is lost: without a network, over reloads, with the desk or the engine away, and in two tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser_desk import BrowserDesk
from tests.support.widget_page import Widget


def test_what_is_written_offline_is_sent_once_and_in_order_when_the_network_is_back(
    page: Page, desk: BrowserDesk
) -> None:
    widget = Widget(page).open()
    widget.say("first")
    widget.answered("echo first")
    page.context.set_offline(True)
    expect(widget.notice).to_contain_text("No connection")
    for text in ("second", "third", "fourth"):
        widget.say(text)
    expect(widget.waiting).to_have_count(3)
    expect(widget.waiting.last).to_contain_text("Waiting for a connection")
    page.context.set_offline(False)
    widget.answered("echo fourth")
    expect(widget.waiting).to_have_count(0)
    expect(widget.notice).to_be_hidden()
    words = [text for sender, text in desk.messages(desk.conversations()[-1]) if sender == "traveller"]
    assert words == ["first", "second", "third", "fourth"]
    expect(widget.mine).to_have_text(words)


def test_the_outbox_survives_a_reload_without_an_answer(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    page.route("**/api/chat/messages", lambda route: route.abort())
    widget.say("kept over the reload")
    expect(widget.waiting).to_have_count(1)
    page.reload()
    expect(widget.panel).to_be_visible()
    expect(widget.waiting).to_have_count(1)
    page.unroute("**/api/chat/messages")
    widget.answered("echo kept over the reload")
    expect(widget.mine).to_have_text(["kept over the reload"])


def test_a_lost_acknowledgement_does_not_double_the_message(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    posts = []

    def lose(route):  # the desk has it, the browser never hears so
        posts.append(route.fetch().status)
        if len(posts) < 3:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/chat/messages", lose)
    widget.say("once only")
    widget.answered("echo once only")
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.endsWith(':outbox'))")
    page.unroute("**/api/chat/messages")
    assert posts == [202, 202, 202]
    expect(widget.mine).to_have_text(["hello", "once only"])
    assert desk.engine.asked.count("once only") == 1


def test_history_is_back_after_a_reload_in_the_same_conversation(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("before the reload")
    widget.answered("echo before")
    count = len(desk.conversations())
    page.reload()
    expect(widget.mine).to_have_text(["before the reload"])
    widget.answered("echo before the reload")
    widget.say("after the reload")
    widget.answered("echo after the reload")
    assert len(desk.conversations()) == count


def test_a_draft_survives_a_reload(page: Page) -> None:
    widget = Widget(page).open()
    widget.text.fill("half a sent")
    page.reload()
    expect(widget.text).to_have_value("half a sent")


def test_a_refused_message_can_be_sent_again_by_a_tap_or_removed(page: Page) -> None:
    widget = Widget(page).open()
    refusal = {"error": {"code": "text_too_long", "message": "Please send it in parts."}}
    page.route("**/api/chat/messages", lambda route: route.fulfill(status=422, json=refusal))
    widget.say("tap me")
    widget.say("remove me")
    failed = page.locator("esim-aftercare .message.failed")
    expect(failed).to_have_count(2)
    expect(failed.first).to_contain_text("Please send it in parts.")
    failed.last.get_by_role("button", name="Remove").click()
    page.unroute("**/api/chat/messages")
    failed.get_by_role("button", name="Tap to try again").click()
    widget.answered("echo tap me")
    expect(widget.mine).to_have_text(["tap me"])


def test_too_many_messages_wait_as_long_as_the_desk_asks(page: Page) -> None:
    widget = Widget(page).open()
    refused = []

    def refuse_once(route):
        if refused:
            route.continue_()
        else:
            refused.append(1)
            headers = {"Retry-After": "2", "Access-Control-Expose-Headers": "Retry-After"}
            route.fulfill(status=429, json={"error": {"code": "too_many", "message": "slow"}}, headers=headers)

    page.route("**/api/chat/messages", refuse_once)
    widget.say("patience")
    widget.answered("echo patience")
    assert refused
    page.unroute("**/api/chat/messages")


def test_two_tabs_stay_in_step_over_one_stream(traveller: Callable[..., BrowserContext], desk: BrowserDesk) -> None:
    context = traveller()
    streams: list[Page] = []
    context.on("request", lambda sent: streams.append(sent.frame.page) if "/api/chat/events" in sent.url else None)
    one, two = context.new_page(), context.new_page()
    one.goto("/shop")
    first = Widget(one).open()
    two.goto("/shop")
    second = Widget(two)  # open, because the other tab is
    first.say("from one")
    second.answered("echo from one")
    second.say("from two")
    first.answered("echo from two")
    expect(first.mine).to_have_text(["from one", "from two"])
    expect(second.mine).to_have_text(["from one", "from two"])
    assert desk.open_streams() == 1
    holder = streams[-1]
    other = second if holder == one else first
    holder.close()
    other.say("from the one left")
    other.answered("echo from the one left")
    assert streams[-1] != holder


def test_what_one_tab_reads_or_deletes_is_so_in_the_other(
    traveller: Callable[..., BrowserContext], desk: BrowserDesk
) -> None:
    context = traveller()
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto("/shop")
    mine, other = Widget(first).open(), Widget(second)
    mine.say("read me in both")
    mine.answered("echo read me in both")
    first.keyboard.press("Escape")
    desk.store(desk.conversations()[-1], "news for both tabs")
    for widget in (mine, other):
        expect(widget.badge).to_have_text("1")
    other.open()
    other.answered("news for both tabs")
    expect(mine.badge).to_be_hidden()
    assert not first.title().startswith("(")
    second.get_by_role("button", name="More", exact=True).click()
    second.get_by_role("button", name="Delete this chat").click()
    second.get_by_role("button", name="Delete", exact=True).click()
    for widget in (mine, other):
        expect(widget.mine).to_have_count(0)
    mine.open().say("a new start from the first tab")
    for widget in (mine, other):
        widget.answered("echo a new start from the first tab")


def test_a_frozen_tab_does_not_keep_the_others_from_the_stream(traveller: Callable[..., BrowserContext]) -> None:
    context = traveller()
    frozen, page = context.new_page(), context.new_page()
    frozen.goto("/healthz")
    frozen.evaluate(
        """(origin) => {
          for (const what of ["stream", "outbox"])
            navigator.locks.request(`esim-aftercare:${origin}:guest:${what}`, () => new Promise(() => {}));
        }""",
        frozen.url.removesuffix("/healthz"),
    )
    page.goto("/shop")
    widget = Widget(page).open()
    widget.say("is anybody there")
    widget.answered("echo is anybody there")


def test_a_slow_network_keeps_the_order(page: Page) -> None:
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    limits = {"offline": False, "latency": 400, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
    slow.send("Network.emulateNetworkConditions", limits)
    page.reload()
    widget = Widget(page).open()
    for number in range(4):
        widget.say(f"slowly {number}")
    widget.answered("echo slowly 3")
    expect(widget.mine).to_have_text([f"slowly {number}" for number in range(4)])
    expect(widget.theirs.filter(has_text="echo")).to_have_text([f"echo slowly {number}" for number in range(4)])


def test_without_locks_each_tab_works_for_itself(traveller: Callable[..., BrowserContext]) -> None:
    context = traveller()
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })")
    one, two = context.new_page(), context.new_page()
    one.goto("/shop")
    first = Widget(one).open()
    first.say("from one")
    first.answered("echo from one")
    two.goto("/shop")
    second = Widget(two)
    second.answered("echo from one")
    second.say("from two")
    first.answered("echo from two")
    expect(second.mine).to_have_text(["from one", "from two"])


def test_an_unknown_token_starts_a_new_conversation(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("old life")
    widget.answered("echo old life")
    page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((name) => name.endsWith(":session"));
          const session = JSON.parse(localStorage[key]);
          localStorage[key] = JSON.stringify({ ...session, token: session.token.slice(0, -6) + "AAAAAA" });
        }"""
    )
    page.reload()
    expect(widget.panel).to_be_visible()
    widget.say("new life")
    widget.answered("echo new life")
    expect(widget.mine).to_have_text(["new life"])


def test_where_storage_is_forbidden_the_chat_still_works(traveller: Callable[..., BrowserContext]) -> None:
    page = traveller().new_page()
    page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page.goto("/shop", wait_until="domcontentloaded")
    widget = Widget(page).open()
    widget.say("no storage")
    widget.answered("echo no storage")


@pytest.fixture
def own_desk(make_desk: Callable[..., BrowserDesk]) -> BrowserDesk:
    """A desk this test may stop."""
    return make_desk()


@pytest.fixture
def own_page(browser: Browser, own_desk: BrowserDesk) -> Iterator[Page]:
    """The shop of that desk."""
    context = browser.new_context(locale="en-NZ", base_url=own_desk.url)
    opened = context.new_page()
    opened.goto("/shop")
    yield opened
    context.close()


def test_the_desk_goes_away_and_comes_back(own_page: Page, own_desk: BrowserDesk) -> None:
    widget = Widget(own_page).open()
    widget.say("one")
    widget.answered("echo one")
    own_desk.stop()
    expect(widget.notice).to_contain_text("No connection")
    widget.say("two")
    expect(widget.waiting).to_have_count(1)
    own_desk.start()
    widget.answered("echo two")
    expect(widget.mine).to_have_text(["one", "two"])
    expect(widget.theirs.filter(has_text="echo")).to_have_text(["echo one", "echo two"])
    expect(widget.notice).to_be_hidden()


def test_the_engine_goes_away_in_the_middle_and_the_message_is_answered_once(
    own_page: Page, own_desk: BrowserDesk
) -> None:
    widget = Widget(own_page).open()
    own_desk.engine.thinks = True
    widget.say("are you there")
    expect(widget.waiting).to_have_count(0)
    own_desk.run(own_desk.engine.stop())
    own_desk.engine.thinks = False
    expect(widget.notice).to_contain_text("a moment slow")
    own_desk.run(own_desk.engine.start())
    widget.answered("echo are you there")
    expect(widget.theirs.filter(has_text="echo")).to_have_count(1)
    expect(widget.notice).to_be_hidden()


def test_a_long_history_is_back_as_a_whole_and_is_no_news(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("hello")
    widget.answered("echo hello")
    talk = desk.conversations()[-1]
    desk.claim(talk)
    for number in range(60):
        desk.reply(talk, f"line {number}")
    expect(widget.bubbles.last).to_contain_text("line 59")
    page.add_init_script(
        """window.heard = [];
        addEventListener("esim-aftercare:ready", () => {
          const hear = (detail) => heard.push(detail.text ?? detail);
          for (const name of ["message", "state"]) esimAftercare.on(name, hear);
        });"""
    )
    page.reload()
    expect(widget.bubbles.last).to_contain_text("line 59")
    expect(widget.bubbles.filter(has_text="line ")).to_have_count(60)
    expect(widget.state).to_contain_text("Aroha")
    assert page.evaluate("heard") == ["agent"]  # what was said before is no news
    expect(widget.log).to_have_attribute("aria-live", "polite")  # from now on, what comes is news
    desk.reply(talk, "and one more")
    expect(widget.bubbles.last).to_contain_text("and one more")
    assert page.evaluate("heard") == ["agent", "and one more"]
