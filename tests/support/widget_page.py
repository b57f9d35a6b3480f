"""What the tests do with the widget, in words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from aftercare.screenshots.reader import ReaderLimits

# For the answer to a picture, in milliseconds: what the desk gives the reader to start and to read it, and the answer.
PICTURE_READ = 1000 * (ReaderLimits.start_seconds + ReaderLimits.picture_seconds + 30)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 320, "height": 640}


class Widget:
    """The widget on a page. Locators reach into its shadow root."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator("esim-aftercare .launcher")
        self.panel = page.locator("esim-aftercare .panel")
        self.log = page.locator("esim-aftercare .log")
        self.text = page.locator("esim-aftercare form textarea")
        self.send_button = page.locator("esim-aftercare .send")
        self.bubbles = page.locator("esim-aftercare .message .bubble")
        self.mine = page.locator("esim-aftercare .message.traveller .bubble")
        self.theirs = page.locator("esim-aftercare .message.assistant .bubble")
        self.choices = page.locator("esim-aftercare .choices:not([hidden]) button")
        self.notice = page.locator("esim-aftercare .notice")
        self.badge = page.locator("esim-aftercare .badge")
        self.state = page.locator("esim-aftercare .state")
        self.typing = page.locator("esim-aftercare .typing")
        self.waiting = page.locator("esim-aftercare .message.sending, esim-aftercare .message.failed")

    def open(self) -> Widget:
        """Open by the launcher."""
        self.launcher.click()
        expect(self.panel).to_be_visible()
        return self

    def say(self, text: str) -> None:
        """Type and press Enter."""
        self.text.fill(text)
        self.text.press("Enter")

    def answered(self, text: str, timeout: float | None = None) -> Locator:
        """Wait for an answer with this text, `timeout` milliseconds or as long as `expect` does."""
        found = self.theirs.filter(has_text=text).last
        expect(found).to_be_visible(timeout=timeout)
        return found
