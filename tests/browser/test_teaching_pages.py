"""Annotating with the keyboard alone, the models and the figures, for everybody, in both languages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from aftercare.conversations.conversation import TokenUse
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store import Store
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.staff.refresh import refresh
from aftercare.staff.teaching.tables import annotation, model, model_check
from tests.support.accessibility import sticking_out, violations
from tests.support.browser_desk import BrowserDesk
from tests.support.staff_client import hire

PHONE = {"width": 390, "height": 800}
SMALL = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
# where pictures of the pages go, when somebody wants to look at them
PICTURES = os.environ.get("DESK_PICTURES")
NOW = datetime.now(UTC)
USE = TokenUse(1, 60)


def talk(store: Store, days: int, *lines: tuple[str, str, float, str]) -> None:
    """Typed messages, `days` ago: text, intent, confidence, name of the answer."""
    key = store.open_conversation("web", "en-NZ", NOW - timedelta(days=days)).id
    for number, (text, intent, confidence, answer) in enumerate(lines):
        at = NOW - timedelta(days=days) + timedelta(minutes=number)
        seq = store.accept(key, USE, TravellerMessage(str(number), text), at).seq
        others = [{"name": "ask_invoice", "confidence": 0.2}, {"name": "ask_apn", "confidence": 0.1}]
        ranking = [{"name": intent, "confidence": confidence}, *others]
        found = []
        if (start := text.find("NZ1")) >= 0:
            found = [{"entity": "order_number", "start": start, "end": start + 10, "value": text[start : start + 10]}]
        read = [[f"start:{intent}", 0.62], ["inform", 0.2]] if intent.startswith("re") else [["acknowledge", 0.9]]
        turn = {
            "language": "en", "intent": intent, "confidence": confidence, "ranking": ranking, "entities": found,
            "in_context": {"situation": "told", "asked": "refund_decision", "commands": read, "units": []},
        }  # fmt: skip
        state = "waiting" if answer == "utter_handoff_open" else None
        store.finish_turn(
            key, seq, [NewMessage(text="…", name=answer)], at, reading=TurnReading.from_json(turn), state=state
        )


@pytest.fixture(scope="module")
def filled(make_desk: Callable[..., BrowserDesk]) -> BrowserDesk:
    """A desk with a month behind it."""
    desk = make_desk()
    parts = desk.desk
    migrate_orders(parts.settings.orders_database_url)
    for day in range(28):
        for each in range(2 + day % 5):
            answer = "utter_handoff_open" if each == 2 else "utter_greet" if each else "utter_not_understood"
            step = (f"no data on day {day}", "report_no_data", 0.7 + each / 20, "step.roaming_on")
            talk(
                parts.store,
                day,
                step,
                ("ok works now", "affirm", 0.9, "utter_solved"),
                (f"thanks {day}", "thank", 0.95, answer),
            )
    talk(parts.store, 0, ("money 4 order NZ12345678 still not here", "request_refund", 0.45, "utter_x"))
    talk(parts.store, 0, ("😀 我的华为手机在皇后镇没网了", "report_no_service", 0.4, "utter_x"))
    talk(parts.store, 1, ("你们能不能帮我订酒店", "out_of_scope", 0.9, "utter_out_of_scope"))
    talk(parts.store, 1, ("可以帮我订酒店吗", "out_of_scope", 0.9, "utter_out_of_scope"))
    while refresh(parts.store.engine, parts.orders, ZoneInfo("Pacific/Auckland"), datetime.now(UTC)):
        pass
    result = {
        "accuracy": {"current": {"en": 0.81, "zh": 0.84}, "candidate": {"en": 0.815, "zh": 0.83}, "held_out": 2959},
        "reviewed": {"current": 3, "candidate": 12, "all": 12},
        "messages": 300,
        "changed": [
            {"text": "钱退哪去啦", "language": "zh", "before": ["request_refund", 0.78], "after": ["ask_invoice", 0.9]}
        ],
    }  # fmt: skip
    values = {"made_by": "aroha@desk.example", "started_at": NOW, "finished_at": NOW, "sentences": 12, "fits": []}
    with parts.store.engine.begin() as connection:
        file = "candidates/candidate-20260301-101500.tar.gz"
        made = connection.execute(
            sa.insert(model).values(file=file, state="ready", result=result, base="old.tar.gz", **values)
        ).inserted_primary_key[0]
        passed = [f"happy_path: script {number} [en]" for number in range(677)]
        said = "> 退款到哪了   (ask_invoice 0.61)\n  < utter_invoice: 发票可以在这里下载。"
        wrong = {"name": "repeat: a refund twice [zh]", "said": said, "wanted": "expected ['utter_refund_status']"}
        connection.execute(
            sa.insert(model_check).values(
                model_id=made,
                part="all",
                state="done",
                by="aroha@desk.example",
                started_at=NOW,
                finished_at=NOW,
                beat_at=NOW,
                passed=passed,
                failures=[{**wrong, "before": "passed"}],
            )
        )
    return desk


@pytest.fixture
def open_page(browser: Browser, filled: BrowserDesk) -> Iterator[Callable[..., Page]]:
    """A lead's browser."""
    contexts: list[Any] = []

    def make(language: str = "en", scheme: str = "light", viewport: dict[str, int] = DESKTOP) -> Page:
        who = hire(filled.desk.store.engine, filled.desk.settings, "lead", f"Lead{language}", language)
        context = browser.new_context(
            base_url=filled.url, color_scheme=scheme, viewport=viewport, reduced_motion="reduce"
        )
        context.add_cookies([who.browser_cookie(filled.url)])
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("language", "scheme", "viewport"),
    [("en", "light", DESKTOP), ("zh", "dark", DESKTOP), ("zh", "light", PHONE), ("en", "light", SMALL)],
    ids=["english", "chinese-dark", "chinese-phone", "small-phone"],
)
def test_the_pages_are_for_everybody(
    filled: BrowserDesk, open_page: Callable[..., Page], language: str, scheme: str, viewport: dict[str, int]
) -> None:
    page = open_page(language, scheme, viewport)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    with filled.desk.store.engine.connect() as connection:
        key = connection.execute(sa.select(annotation.c.conversation_id).limit(1)).scalar_one()
        made = connection.execute(sa.select(model.c.id).where(model.c.result.isnot(None))).scalar_one()
    for name, path in {
        "queue": "/desk/teaching?reason=low_confidence",
        "groups": "/desk/teaching/groups",
        "aside": "/desk/teaching/aside",
        "sentences": "/desk/teaching/sentences",
        "script": f"/desk/teaching/conversations/{key}",
        "models": "/desk/models",
        "model": f"/desk/models/{made}",
        "behind": "/desk/analytics/conversations?figure=contained",
        "analytics": "/desk/analytics",
    }.items():
        page.goto(path)
        if name == "analytics":
            expect(page.locator(".uplot")).to_have_count(3)
            page.locator("summary").first.click()
        if name == "model":
            page.locator(".failure summary").click()
            expect(page.locator(".failure pre")).to_be_visible()
        if PICTURES:
            size = "-phone" if viewport is PHONE else ""
            page.screenshot(path=f"{PICTURES}/teach-{language}-{scheme}{size}-{name}.png", full_page=True)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        assert sticking_out(page) == [], name
    assert wrong == []


def test_a_message_is_annotated_without_a_mouse(filled: BrowserDesk, open_page: Callable[..., Page]) -> None:
    page = open_page()

    def stored() -> Any:
        query = sa.select(annotation).where(annotation.c.text.startswith("money 4"))
        with filled.desk.store.engine.connect() as connection:
            return connection.execute(query).one()

    page.goto("/desk/teaching?reason=low_confidence&language=en")
    sentence = page.locator("[data-sentence]")
    expect(sentence).to_be_focused()
    expect(sentence).to_have_value("money 4 order NZ10000001 still not here")
    expect(page.locator("[data-list] li")).to_have_text("NZ10000001 → order_number · Order numberRemove")
    page.keyboard.press("2")
    expect(page.get_by_label("Intent")).to_have_value("ask_invoice")
    page.keyboard.press("i")
    page.keyboard.type("check_refund_status")
    page.keyboard.press("Escape")
    expect(sentence).to_be_focused()
    page.keyboard.press("Control+Home")
    for _ in range(len("money ")):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.locator("[data-entity]").evaluate("select => { select.value = 'plan' }")
    page.keyboard.press("e")
    expect(page.locator("[data-list] li")).to_have_count(2)
    # the matter follows the intent, and the rest is chosen from the list
    begun = page.locator("[name=commands][value='start:check_refund_status']")
    expect(begun).to_be_checked()
    expect(begun).to_be_visible()
    expect(page.locator("[name=commands][value='start:request_refund']")).not_to_be_checked()
    page.keyboard.press("c")
    expect(page.get_by_label("The step helped step:works", exact=True)).to_be_focused()
    while page.evaluate("document.activeElement.value !== 'complain'"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(sentence).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{filled.url}/desk/teaching?reason=low_confidence&language=en")
    row = stored()
    assert (row.state, row.label) == ("accepted", "check_refund_status")
    assert sorted(row.commands) == ["complain", "start:check_refund_status"]
    assert row.spans == [["plan", 6, 7], ["order_number", 14, 24]], json.dumps(row.spans)
    page.keyboard.press("u")
    expect(sentence).to_have_value("money 4 order NZ10000001 still not here")
    assert stored().state == "open"
    page.keyboard.press("s")
    expect(page.get_by_text("Nothing to look at.")).to_be_visible()
    assert stored().state == "skipped"
    page.keyboard.press("u")
    expect(sentence).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("Nothing to look at.")).to_be_visible()
    assert stored().state == "refused"
    page.keyboard.press("u")
    expect(sentence).to_be_visible()


def test_parts_of_a_chinese_message_are_marked_by_keyboard(filled: BrowserDesk, open_page: Callable[..., Page]) -> None:
    page = open_page("zh")
    page.goto("/desk/teaching?reason=low_confidence&language=zh")
    sentence = page.locator("[data-sentence]")
    expect(sentence).to_have_value("😀 我的华为手机在皇后镇没网了")

    def move(key: str, times: int) -> None:
        for _ in range(times):
            page.keyboard.press(key)

    def mark(entity: str, start: int, length: int) -> None:
        """With the keys alone: the caret to `start`, the part selected, the entity typed, back, marked."""
        page.keyboard.press("Control+Home")
        move("ArrowRight", start)
        move("Shift+ArrowRight", length)
        move("Tab", 1)
        while page.evaluate("!document.activeElement.matches('[data-entity]')"):
            page.keyboard.press("Tab")
        page.keyboard.type(entity)
        page.keyboard.press("Escape")
        expect(sentence).to_be_focused()
        page.keyboard.press("e")

    mark("device", 4, 2)
    mark("destination", 9, 3)
    expect(page.locator("[data-list] li")).to_have_count(2)
    expect(page.locator("[data-list] li span")).to_have_text(["华为 → device · 手机", "皇后镇 → destination · 目的地"])
    assert violations(page) == []
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(sentence).to_have_count(0)
    with filled.desk.store.engine.connect() as connection:
        row = connection.execute(sa.select(annotation).where(annotation.c.text.contains("华为"))).one()
    assert (row.state, row.label) == ("accepted", "report_no_service")
    assert row.spans == [["device", 4, 6], ["destination", 9, 12]]
