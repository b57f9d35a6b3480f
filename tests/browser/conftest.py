"""Chromium and a desk for the browser tests; both are started once per file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from aftercare.base.settings import Settings
from tests.support.browser_desk import BrowserDesk
from tests.support.chromium import FLAGS
from tests.support.inbox_page import InboxPage
from tests.support.requirements import missing
from tests.support.staff_client import hire
from tests.support.widget_page import DESKTOP, Widget

expect.set_options(timeout=30_000)  # a busy machine is no failure
WIDE = {"width": 1440, "height": 900}
STARTED_WITHIN = 120_000  # milliseconds for Chromium to start, on such a machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per file, so that no loop of Playwright's lives on under the asynchronous tests of other folders."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)"
        missing(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=STARTED_WITHIN)
        yield running
        running.close()


@pytest.fixture(scope="module")
def make_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., BrowserDesk]]:
    """Starts desks with databases of their own; keyword arguments are settings. All are stopped at the end."""
    running: list[BrowserDesk] = []

    def make(**settings: Any) -> BrowserDesk:
        folder: Path = tmp_path_factory.mktemp("desk")
        values = {"desk_database_url": f"sqlite:///{folder}/desk.db", "orders_database_url": f"sqlite:///{folder}/o.db"}
        base = {"var_dir": folder, "chat_rate": 1e6, "address_rate": 1e6, "engine_timeout": 5.0}
        running.append(BrowserDesk(Settings().model_copy(update={**base, **values, **settings})))
        return running[-1]

    yield make
    for desk in running:
        desk.close()


@pytest.fixture(scope="module")
def desk(make_desk: Callable[..., BrowserDesk]) -> BrowserDesk:
    """The desk most tests of a file share; each test is a traveller of its own."""
    return make_desk()


@pytest.fixture
def traveller(browser: Browser, desk: BrowserDesk) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser profiles: `traveller(locale="zh-CN", viewport=PHONE, …)`; closed after the test."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        settings = {"locale": "en-NZ", "viewport": DESKTOP, "timezone_id": "Pacific/Auckland", "base_url": desk.url}
        opened.append(browser.new_context(**{**settings, **options}))
        opened[-1].set_default_timeout(60_000)
        return opened[-1]

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(traveller: Callable[..., BrowserContext]) -> Iterator[Page]:
    """The demo shop at desktop size in English; errors of the page fail the test."""
    opened = traveller().new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto("/shop")
    yield opened
    assert problems == []


@pytest.fixture
def staff(browser: Browser, desk: BrowserDesk) -> Iterator[Callable[..., InboxPage]]:
    """Opens the inbox for a colleague: `staff("agent", "Aroha", locale="zh-CN")`."""
    opened: list[BrowserContext] = []

    def make(role: str = "agent", name: str = "Aroha", language: str = "en", **options: Any) -> InboxPage:
        colleague = hire(desk.desk.store.engine, desk.desk.settings, role, name, language)
        context = browser.new_context(**{"viewport": WIDE, "base_url": desk.url, **options})
        context.add_cookies([colleague.browser_cookie(desk.url)])
        context.set_default_timeout(60_000)
        opened.append(context)
        return InboxPage(context.new_page())

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def asking(page: Page, desk: BrowserDesk) -> tuple[Widget, str]:
    """A traveller who has asked for a person."""
    widget = Widget(page).open()
    widget.say("I cannot activate it")
    widget.answered("What do you see?")
    widget.say("a person please")
    widget.answered("Somebody will read this soon.")
    return widget, desk.conversations()[-1]
