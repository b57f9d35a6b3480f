"""Takes the pictures in docs/images of the staff's desk: `take_desk_pictures.py URL [FOLDER]`.

URL is a stack of this checkout's settings, with conversations in it; the figures are those of a desk of their own,
filled with made-up conversations.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.settings import ROOT, Settings, settings
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.seed import seed
from aftercare.run.migrations.schema import migrate
from tests.support.chromium import FLAGS
from tests.support.inbox_page import InboxPage
from tests.support.running_stack import free_port
from tests.support.staff_client import hire

SIZE = {"width": 1440, "height": 900}
PERIOD = "from=2026-09-01&to=2026-10-31"  # of the made-up conversations


@contextmanager
def page_of(
    browser: Browser, url: str, engine: Engine, role: str, name: str, language: str = "en", scheme: str = "light"
) -> Iterator[Page]:
    """A page of a colleague who is signed in."""
    colleague = hire(engine, settings(), role, name, language)
    context = browser.new_context(viewport=SIZE, base_url=url, color_scheme=scheme, locale="en-NZ")
    context.add_cookies([colleague.browser_cookie(url)])
    yield context.new_page()
    context.close()


def take_inbox(page: Page, path: Path) -> None:
    """The conversation that waits longest, taken over, with how its first message was read."""
    inbox = InboxPage(page).open("?tab=unassigned")
    identity = inbox.lines.first.get_attribute("id") or ""
    inbox.choose(identity.removeprefix("line-")).claim()
    page.locator("#items details summary").first.click()
    page.locator("#items").evaluate("items => { items.scrollTop = 0 }")
    page.wait_for_timeout(500)
    page.screenshot(path=path)


def take_figures(browser: Browser, folder: Path) -> None:
    """The figures of a few hundred made-up conversations, in both languages."""
    sys.path.append(str(ROOT / "bench"))
    from desk_queries import running_desk
    from million.filling import fill

    with tempfile.TemporaryDirectory(prefix="aftercare-figures-") as temporary:
        urls = [f"sqlite:///{temporary}/{name}.db" for name in ("desk", "orders")]
        desk, orders = (open_engine(url, timeout=600) for url in urls)
        migrate(desk)
        migrate_orders(urls[1])
        seed(urls[1], demo=False)
        fill(desk, orders, 600, 9000)
        port = free_port()
        with running_desk(*urls, port):
            for name, language in (("Mere", "en"), ("Lin", "zh")):
                with page_of(browser, f"http://127.0.0.1:{port}", desk, "lead", name, language) as page:
                    page.set_viewport_size({"width": 1280, "height": 1500})
                    page.goto(f"/desk/analytics?{PERIOD}")
                    page.locator("canvas").first.wait_for()
                    page.screenshot(path=folder / f"desk-figures-{language}.png")


def main(url: str, folder: Path) -> None:
    """Take every picture."""
    engine = open_engine(Settings().desk_database_url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with page_of(browser, url, engine, "agent", "Aroha") as page:
            take_inbox(page, folder / "desk-inbox-en.png")
        with page_of(browser, url, engine, "agent", "Wang", "zh", "dark") as page:
            take_inbox(page, folder / "desk-inbox-zh-dark.png")
        with page_of(browser, url, engine, "admin", "Hine") as page:
            page.goto("/desk/people")
            page.screenshot(path=folder / "desk-people-en.png")
        take_figures(browser, folder)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images"))
