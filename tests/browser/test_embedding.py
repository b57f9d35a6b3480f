"""On a seller's own page: one tag, hostile styles, strict policies, the API for scripts, sizes and speed."""

from __future__ import annotations

import gzip
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser_desk import BrowserDesk
from tests.support.widget_page import Widget

HOSTILE = """
  * { all: unset !important; display: block !important; font-size: 40px !important; color: red !important; }
  esim-aftercare { display: none !important; position: absolute !important; }
  div, button, p { visibility: hidden !important; }
"""


class HostSite(ThreadingHTTPServer):
    """A seller's own site on another origin: one page with whatever the test puts there."""

    body = ""
    policy = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HostPage)
        self.url = f"http://localhost:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def show(self, page: Page, tag: str, policy: str = "", style: str = "") -> Page:
        """Open the page with the widget's tag in it."""
        self.body = f"<!doctype html><html lang=en><title>Shop</title><style>{style}</style><body><h1>Shop</h1>{tag}"
        self.policy = policy
        page.goto(self.url)
        return page


class HostPage(BaseHTTPRequestHandler):
    """Answers every address with the page."""

    server: HostSite

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.server.policy:
            self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[HostSite]:
    running = HostSite()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def open_desk(make_desk: Callable[..., BrowserDesk], site: HostSite) -> BrowserDesk:
    """A desk that the site may use, with identities."""
    return make_desk(allowed_origins=site.url, identity_secret="s" * 40)


def script(desk: BrowserDesk, attributes: str = "") -> str:
    """The widget's tag."""
    return f'<script type="module" src="{desk.url}/widget.js" {attributes}></script>'


def test_it_works_on_another_site_under_a_strict_policy_and_hostile_styles(
    traveller: Callable[..., BrowserContext], open_desk: BrowserDesk, site: HostSite
) -> None:
    desk = open_desk.url
    policy = (
        f"default-src 'none'; script-src {desk}; connect-src {desk}; img-src data: {desk}; style-src 'unsafe-inline'"
    )
    tag = script(open_desk, 'data-language="zh-Hant" data-color="#ffcc00" data-position="left"')
    page = site.show(traveller().new_page(), tag, policy, HOSTILE)
    widget = Widget(page).open()
    expect(page.locator("esim-aftercare h2")).to_have_text("eSIM 售後")
    widget.say("plan please")
    expect(page.locator("esim-aftercare .cards li")).to_have_count(2)
    look = widget.mine.evaluate("bubble => [getComputedStyle(bubble).fontSize, getComputedStyle(bubble).color]")
    assert look == ["16px", "rgb(0, 0, 0)"]  # black can be read on yellow
    box = widget.launcher.bounding_box()
    assert box is not None
    assert box["x"] < 100
    requests = page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)")
    assert set(requests) == {desk}


def test_a_site_that_is_not_listed_gets_neither_the_widget_nor_the_chat(
    traveller: Callable[..., BrowserContext], desk: BrowserDesk, site: HostSite
) -> None:
    page = traveller().new_page()
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    site.show(page, script(desk))
    page.wait_for_load_state("networkidle")
    assert page.locator("esim-aftercare").count() == 0
    assert page.evaluate("window.esimAftercare") is None
    assert any(f"{site.url} is not listed in ALLOWED_ORIGINS of {desk.url}" in line for line in refused), refused
    assert (
        page.evaluate(
            "url => fetch(url, {method: 'POST'}).then(() => 'read', () => 'refused')", f"{desk.url}/api/chat/sessions"
        )
        == "refused"
    )


def test_the_page_can_steer_the_widget(page: Page) -> None:
    page.wait_for_function("window.esimAftercare")  # its script may still be on the way
    heard = page.evaluate(
        """async () => {
          const heard = [];
          for (const name of ["open", "close", "language", "message", "unread", "state"])
            esimAftercare.on(name, (detail) => heard.push([name, detail?.text ?? detail ?? null]));
          const stop = esimAftercare.on("open", () => heard.push(["never"]));
          stop();
          esimAftercare.on("open", () => { throw new Error("the page's own mistake"); });
          window.onerror = () => true;
          esimAftercare.open("A draft");
          esimAftercare.close();
          esimAftercare.setLanguage("zh-TW");
          return heard;
        }"""
    )
    assert heard == [["open", None], ["close", None], ["language", "zh-Hant"]]
    widget = Widget(page).open()
    expect(widget.text).to_have_value("A draft")


def test_the_chat_is_a_page_of_its_own_that_nothing_closes(page: Page) -> None:
    page.goto("/chat")
    widget = Widget(page)
    widget.say("from the e-mail")
    widget.answered("echo from the e-mail")
    page.keyboard.press("Escape")
    page.evaluate("esimAftercare.close()")
    expect(widget.panel).to_be_visible()
    expect(widget.launcher).to_be_hidden()
    assert widget.panel.bounding_box() == {"x": 260, "y": 0, "width": 760, "height": 800}


REPLACEMENTS = {
    "Turbo puts a new body": "document.documentElement.replaceChild(document.createElement('body'), document.body)",
    "a router empties the body": "document.body.replaceChildren()",
    "a framework draws the whole page": "document.documentElement.replaceChildren(document.createElement('body'))",
    "a framework replaces the document": "document.documentElement.replaceWith(document.createElement('html'))",
}


@pytest.mark.parametrize("replace", REPLACEMENTS.values(), ids=REPLACEMENTS.keys())
def test_the_chat_goes_on_when_the_page_around_it_is_replaced(
    traveller: Callable[..., BrowserContext], open_desk: BrowserDesk, site: HostSite, replace: str
) -> None:
    page = site.show(traveller().new_page(), script(open_desk))
    widget = Widget(page).open()
    widget.say("before the next page")
    widget.answered("echo before the next page")
    widget.text.fill("half a sentence")
    page.evaluate(f"() => {{ {replace}; }}")
    expect(widget.text).to_have_value("half a sentence")
    expect(widget.mine).to_be_in_viewport()
    widget.text.press("Enter")
    widget.answered("echo half a sentence")
    expect(page.locator("esim-aftercare")).to_have_count(1)


def test_a_chat_that_was_removed_comes_back_with_its_tag_and_with_open(
    traveller: Callable[..., BrowserContext], open_desk: BrowserDesk, site: HostSite
) -> None:
    page = site.show(traveller().new_page(), script(open_desk))
    widget = Widget(page).open()
    widget.say("remember me")
    widget.answered("echo remember me")
    # what brings it back after a framework's removal would have run before this timer
    page.evaluate("() => { document.querySelector('esim-aftercare').remove(); return new Promise(setTimeout); }")
    expect(widget.panel).to_have_count(0)
    page.evaluate("esimAftercare.open('a draft')")
    expect(widget.text).to_have_value("a draft")
    expect(widget.mine).to_be_in_viewport()
    page.evaluate("document.querySelector('esim-aftercare').remove()")
    add = """([src, language]) => {
      const tag = Object.assign(document.createElement("script"), { type: "module", src });
      if (language) tag.dataset.language = language;
      document.body.append(tag);
    }"""
    page.evaluate(add, [f"{open_desk.url}/widget.js", ""])
    expect(widget.mine).to_have_text(["remember me"])
    expect(page.locator("esim-aftercare h2")).to_have_text("eSIM help")
    page.evaluate(add, [f"{open_desk.url}/widget.js", "zh-TW"])
    expect(page.locator("esim-aftercare h2")).to_have_text("eSIM 售後")
    expect(widget.mine).to_have_text(["remember me"])


@pytest.mark.parametrize(
    "style",
    ["body { transform: scale(.5) translate(90px, 90px); overflow: hidden }", "html { filter: blur(0); opacity: .99 }"],
    ids=["body", "html"],
)
def test_a_page_that_is_transformed_or_clipped_leaves_the_chat_where_it_is(
    traveller: Callable[..., BrowserContext], open_desk: BrowserDesk, site: HostSite, style: str
) -> None:
    tag = f"<p style='height: 3000px'>long</p>{script(open_desk)}"
    page = site.show(traveller(reduced_motion="reduce").new_page(), tag, style=style)
    page.mouse.wheel(0, 500)
    widget = Widget(page)
    assert widget.launcher.bounding_box() == {"x": 1200, "y": 720, "width": 60, "height": 60}
    widget.open()
    assert widget.panel.bounding_box() == {"x": 870, "y": 28, "width": 390, "height": 680}


def test_the_chat_opens_inside_the_pages_modal_dialog_and_stays_when_that_closes(
    traveller: Callable[..., BrowserContext], open_desk: BrowserDesk, site: HostSite
) -> None:
    tag = f"<dialog><button onclick='esimAftercare.open()'>Need help?</button></dialog>{script(open_desk)}"
    page = site.show(traveller().new_page(), tag)
    widget = Widget(page)
    expect(widget.launcher).to_be_visible()
    page.evaluate("document.querySelector('dialog').showModal()")
    page.get_by_role("button", name="Need help?").click()
    expect(widget.text).to_be_focused()
    widget.say("paying fails")
    widget.answered("echo paying fails")
    page.evaluate("document.querySelector('dialog').close()")
    expect(widget.mine).to_be_in_viewport()
    widget.say("still here")
    widget.answered("echo still here")


@pytest.mark.parametrize("rights", ["allow-scripts", "allow-scripts allow-same-origin"])
def test_the_chat_works_in_a_sandboxed_frame(
    traveller: Callable[..., BrowserContext], make_desk: Callable[..., BrowserDesk], site: HostSite, rights: str
) -> None:
    desk = make_desk(allowed_origins=f"{site.url} null")
    page = site.show(traveller().new_page(), f"""<iframe sandbox="{rights}" width=900 height=700></iframe>""")
    page.evaluate("source => { document.querySelector('iframe').srcdoc = source; }", script(desk))
    frame = page.frame_locator("iframe")
    frame.locator("esim-aftercare .launcher").click()
    frame.locator("esim-aftercare textarea").fill("from a frame")
    frame.locator("esim-aftercare .send").click()
    expect(frame.locator("esim-aftercare .message.assistant .bubble").last).to_have_text("echo from a frame")


def test_a_signed_in_customer_has_a_conversation_of_their_own(
    traveller: Callable[..., BrowserContext], open_desk: BrowserDesk, site: HostSite
) -> None:
    def identity(email: str) -> str:
        claims = {"aud": "esim-aftercare", "email": email, "exp": int(time.time()) + 600}
        return jwt.encode(claims, "s" * 40, algorithm="HS256")

    page = traveller().new_page()
    site.show(page, script(open_desk, f'data-identity="{identity("emma@example.com")}"'))
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if "sessions" in request.url else None)
    widget = Widget(page).open()
    widget.say("I am Emma")
    widget.answered("echo I am Emma")
    assert sent[0]["identity"].count(".") == 2
    page.evaluate("identity => esimAftercare.identify(identity)", identity("tom@example.com"))
    expect(widget.mine).to_have_count(0)
    widget.say("I am Tom")
    widget.answered("echo I am Tom")
    expect(widget.mine).to_have_text(["I am Tom"])
    page.evaluate("identity => esimAftercare.identify(identity)", identity("emma@example.com"))
    expect(widget.mine).to_have_text(["I am Emma"])
    page.evaluate("esimAftercare.identify('not.a.token')")
    widget.say("I am nobody")
    widget.answered("echo I am nobody")


def test_the_widget_is_small_cached_and_checked(desk: BrowserDesk, page: Page) -> None:
    names = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    modules = [name for name in names if "/widget" in name]
    assert len(modules) > 5
    total = 0
    for name in modules:
        request = urllib.request.Request(name, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            body, headers = answer.read(), answer.headers
        total += len(body)
        gzip.decompress(body)
        assert ("immutable" in headers["Cache-Control"]) == (not name.endswith("/widget.js"))
        again = urllib.request.Request(name, headers={"If-None-Match": headers["ETag"]})
        with pytest.raises(urllib.error.HTTPError) as unchanged:
            urllib.request.urlopen(again)
        assert unchanged.value.code == 304
    assert total <= 30 * 1024, total
    assert all(name.startswith(desk.url) or name.startswith("data:") for name in names)


def test_a_thousand_messages_stay_light(page: Page, desk: BrowserDesk) -> None:
    widget = Widget(page).open()
    widget.say("start")
    widget.answered("echo start")
    conversation = desk.conversations()[-1]
    session = page.context.new_cdp_session(page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def more(first: int) -> float:
        for number in range(first, first + 500):
            desk.store(conversation, f"message {number}")
        widget.answered(f"message {first + 499}")
        return heap()

    half = more(0)
    whole = more(500)
    assert (
        page.evaluate("document.querySelector('esim-aftercare').shadowRoot.querySelectorAll('.message').length") < 400
    )
    assert whole - half < 2.0, (half, whole)  # MB
    page.get_by_role("button", name="Earlier messages").click()
    expect(widget.theirs.filter(has_text="message 800")).to_have_count(1)
