"""What the tests do in the staff's inbox, in words."""

from __future__ import annotations

import os

from playwright.sync_api import Page, expect

# where pictures of the pages go, when somebody wants to look at them
PICTURES = os.environ.get("DESK_PICTURES")


class InboxPage:
    """The inbox, open in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines = page.locator(".line")
        self.thread = page.locator(".thread")
        self.items = page.locator("#items")
        self.reply = page.locator("#reply-text")
        self.note = page.locator("#note-text")
        self.context = page.locator("#context")
        self.notices = page.locator("#notices")

    def open(self, query: str = "") -> InboxPage:
        """The list, listening."""
        self.page.goto(f"/desk/inbox{query}")
        self.listening()
        return self

    def listening(self) -> None:
        """Until the page hears of news."""
        expect(self.page.locator("body[data-live]")).to_be_attached()

    def choose(self, conversation_id: str) -> InboxPage:
        """Open a conversation of the list."""
        self.page.locator(f"#line-{conversation_id} a").click()
        expect(self.page.locator(f".thread[data-id='{conversation_id}']")).to_be_visible()
        expect(self.page.locator(f"body[data-live='{conversation_id}']")).to_be_attached()
        return self

    def claim(self) -> InboxPage:
        """Take it over, also from a colleague."""
        claim = self.page.locator("#claim")
        asks = claim.get_attribute("data-ask")
        claim.click()
        if asks:
            self.go_on(asks)
        expect(self.page.locator("#composer[data-mode=mine]")).to_be_attached()
        expect(self.reply).to_be_visible()
        return self

    def go_on(self, question: str) -> None:
        """Say yes to what the page asks."""
        expect(self.page.locator("#sure")).to_contain_text(question)
        self.page.locator("#sure button[value=yes]").click()

    def write(self, text: str) -> None:
        """Reply by Enter; the page shows it when it is stored."""
        self.reply.fill(text)
        self.reply.press("Enter")
        expect(self.items.locator(".message.agent[data-seq]", has_text=text)).to_be_visible()


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page, when somebody wants to look at it."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


def measured(inbox: InboxPage, page: Page) -> list[float]:
    """Milliseconds from an agent's Enter until the traveller's page shows the line, for twenty lines."""
    page.evaluate(
        """() => {
            window.seen = {};
            const log = document.querySelector('esim-aftercare').shadowRoot.querySelector('.log');
            new MutationObserver(() => {
                const found = log.innerText.matchAll(/line number (\\d+)\\./g);
                for (const [, number] of found) window.seen[number] ??= Date.now();
            }).observe(log, {childList: true, subtree: true, characterData: true});
        }"""
    )
    sent = {}
    for number in range(20):
        inbox.reply.fill(f"line number {number}.")
        sent[str(number)] = inbox.page.evaluate("() => Date.now()")
        inbox.reply.press("Enter")
        page.wait_for_function(f"() => window.seen['{number}']")
        expect(inbox.reply).to_have_value("")
    seen = page.evaluate("() => window.seen")
    return sorted(seen[number] - sent[number] for number in sent)
