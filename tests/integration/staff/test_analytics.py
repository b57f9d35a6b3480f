"""The figures: counted right, narrowed down, safe to open in a spreadsheet, on both kinds of database."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.base.responses import all_responses
from aftercare.conversations.conversation import TokenUse
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store import Store
from aftercare.conversations.tables import rating
from aftercare.orders.diagnoses import Ended, record
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.seed import seed
from aftercare.orders.tables import Payout, Purchase, RefundRequest, Ticket, Verification
from aftercare.staff.analytics.conversations import counted_conversations
from aftercare.staff.analytics.export import TABLES, as_csv, rows
from aftercare.staff.analytics.facts import ASKS, SOLVED
from aftercare.staff.analytics.figures import report
from aftercare.staff.analytics.report import (
    CauseFigures,
    DayFigures,
    FeedbackFigures,
    IntentFigures,
    Selection,
    StepFigures,
)
from aftercare.staff.refresh import refresh
from aftercare.web.context import DESK
from tests.support.desk import RunningDesk
from tests.support.staff_client import StaffClient

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # 22:00 in Auckland
AUCKLAND = ZoneInfo("Pacific/Auckland")
DAY = date(2026, 3, 2)
USE = TokenUse(1, 60)
Line = tuple[str, str, float, str]  # text, intent, confidence, name of the answer


@pytest.fixture
def orders_with_demo(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/seeded.db"
    migrate_orders(url)
    seed(url, demo=True)
    engine = open_engine(url)
    yield engine
    engine.dispose()


def talk(store: Store, *lines: Line, locale: str = "en-NZ", at: datetime = NOW, channel: str = "web") -> str:
    key = store.open_conversation(channel, locale, at).id
    for number, (text, intent, confidence, answer) in enumerate(lines):
        when = at + timedelta(minutes=number)
        seq = store.accept(key, USE, TravellerMessage(str(number), text), when).seq
        turn = {"intent": intent, "confidence": confidence, "ranking": [{"name": intent, "confidence": confidence}]}
        state = "waiting" if answer == "utter_handoff_open" else None
        store.finish_turn(
            key, seq, [NewMessage(text="…", name=answer)], when, reading=TurnReading.from_json(turn), state=state
        )
    return key


def fill(store: Store, orders: Engine) -> None:
    """Three English conversations on the web, a Chinese one on Telegram a day later."""
    talk(store, ("hi", "greet", 0.9, "utter_greet"), ("which apn", "ask_apn", 0.7, "utter_apn"))
    talk(store, ("asdf", "out_of_scope", 0.5, "utter_not_understood"))
    key = talk(
        store,
        ("no data", "report_no_data", 0.8, "step.roaming_on"),
        ("still not", "deny", 0.9, "step.apn"),
        ("=cmd|' /C calc'!A0", "human_handoff", 0.9, "utter_handoff_open"),
    )
    store.claim(key, "1", "Aroha", NOW + timedelta(minutes=4), expected=None)
    store.reply(key, "1", "Kia ora", NOW + timedelta(minutes=12), client_id="reply")
    store.close(key, "1", NOW + timedelta(minutes=62))
    later = talk(
        store,
        ("退款", "request_refund", 0.6, "utter_x"),
        locale="zh-CN",
        at=NOW + timedelta(days=1),
        channel="telegram",
    )
    with store.engine.begin() as connection:
        connection.execute(sa.insert(rating).values(conversation_id=later, chapter=1, score=4, comment="", at=NOW))
    with Session(orders) as session, session.begin():
        session.execute(sa.delete(Payout))
        session.execute(sa.delete(RefundRequest))
        purchase = session.execute(sa.select(Purchase).where(Purchase.number == "NZ10000003")).scalar_one()
        proof = {"purchase_id": purchase.id, "how": "email", "verified_at": NOW, "until": NOW}
        session.add(Verification(conversation_id=later, **proof))
        session.add(
            Ticket(
                conversation_id=key,
                reason="handoff",
                language="en",
                summary={},
                state="open",
                created_at=NOW,
                read_by=NOW,
            )
        )
        asked = {
            "purchase_id": purchase.id,
            "amount_minor": 1,
            "currency": "NZD",
            "reasons": [],
            "conversation_id": later,
        }
        session.add(RefundRequest(kind="refund", state="approved", decision="approved", requested_at=NOW, **asked))


def rate(store: Store, key: str, number: int, about: str, helpful: bool, language: str = "en") -> None:
    """Choose the button beside an answer, as `actions/feedback.py` stores it."""
    when = NOW + timedelta(hours=1, minutes=number)
    seq = store.accept(key, USE, TravellerMessage(f"rated {number}", "👍"), when).seq
    turn = {"language": language, "intent": "rate_answer", "confidence": 1.0}
    turn["slots"] = {"feedback": {"about": about, "helpful": helpful}}
    store.finish_turn(
        key, seq, [NewMessage(text="…", name="utter_glad_it_helped")], when, reading=TurnReading.from_json(turn)
    )


def look(store: Store, orders: Engine) -> None:
    while refresh(store.engine, orders, AUCKLAND, datetime.now(UTC)):
        pass


def test_causes_of_faults(store: Store, orders_with_demo: Engine) -> None:
    case = Ended("c1", DAY, "solved", "no_data", (("no_data", "vpn"),), "iphone", "Spark", "NZ", 3)
    with Session(orders_with_demo) as session, session.begin():
        record(session, case)
        record(session, replace(case, case="c2"))
        record(session, replace(case, case="c3", outcome="open", causes=()))
        record(session, replace(case, case="c4", day=DAY - timedelta(days=9)))
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND)
    assert found.causes == [
        CauseFigures("solved", "vpn", "iphone", "Spark", "NZ", 2),
        CauseFigures("open", "", "iphone", "Spark", "NZ", 1),
    ]
    assert rows(found, "causes")[1] == ("solved", "vpn", "iphone", "Spark", "NZ", 2)


def test_a_step_said_to_work_counts_once_it_was_tested(store: Store, orders_with_demo: Engine) -> None:
    for last in ("utter_solved", "step.data_line"):
        talk(
            store,
            ("no signal", "report_no_service", 0.9, "step.airplane"),
            ("works", "affirm", 0.9, "question.test"),
            ("…", "affirm", 0.9, last),
        )
    look(store, orders_with_demo)
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND)
    assert StepFigures("airplane", 1, 1, 0) in found.steps


def test_figures(store: Store, orders_with_demo: Engine) -> None:
    fill(store, orders_with_demo)
    look(store, orders_with_demo)
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY + timedelta(days=1)), AUCKLAND)
    first, second = found.days
    assert (first.conversations, first.contained, first.person, first.unanswered) == (3, 1, 1, 1)
    assert (second.conversations, second.contained, second.messages) == (1, 1, 1)
    assert (first.messages, first.mean_confidence) == (6, pytest.approx(4.7 / 6))
    assert found.total.containment == 0.5
    assert found.reasons == [("report_no_data", 1)]
    assert (found.first_reply.count, found.first_reply.median) == (1, 600)
    assert (found.resolution.count, found.resolution.median) == (1, 3600)
    assert {each.name: each.messages for each in found.intents}["ask_apn"] == 1
    assert found.steps == [StepFigures("apn", 0, 0, 1), StepFigures("roaming_on", 0, 1, 0)]
    assert [each.success for each in found.steps] == [None, 0]
    groups = {(each.by, each.name): (each.conversations, each.contained, each.person) for each in found.groups}
    assert groups["language", "en"] == (3, 1, 1)
    assert groups["channel", "telegram"] == (1, 1, 0)
    assert sum(number for (by, _), (number, *_) in groups.items() if by == "provider") == 4
    assert found.ratings == [(5, 0), (4, 1), (3, 0), (2, 0), (1, 0)]
    assert found.mean_rating == 4
    assert found.refunds == [("refund", "approved", "approved", 1)]


def counted(store: Store, orders: Engine, **choice: Any) -> DayFigures:
    look(store, orders)
    return report(store.engine, orders, Selection(DAY, DAY + timedelta(days=5), **choice), AUCKLAND).total


def test_what_needs_staff_is_not_contained(store: Store, orders_with_demo: Engine) -> None:
    ticketed = talk(store, ("a new code please", "ask_delete_reinstall", 0.9, "utter_reissue"))
    decided = talk(store, ("refund", "request_refund", 0.9, "utter_refund_review"))
    with Session(orders_with_demo) as session, session.begin():
        session.execute(sa.delete(Payout))
        session.execute(sa.delete(RefundRequest))
        opened = {"language": "en", "summary": {}, "state": "closed", "created_at": NOW, "read_by": NOW}
        session.add(Ticket(conversation_id=ticketed, reason="reissue", **opened))
        purchase = session.execute(sa.select(Purchase).where(Purchase.number == "NZ10000003")).scalar_one()
        asked = {"purchase_id": purchase.id, "amount_minor": 1, "currency": "NZD", "reasons": [], "requested_at": NOW}
        session.add(
            RefundRequest(
                kind="refund", state="approved", decision="review", conversation_id=decided, decided_by="Lea", **asked
            )
        )
    talk(store, ("book me a hotel", "out_of_scope", 0.9, "utter_out_of_scope"), ("ok thanks", "thank", 0.9, "utter_x"))
    talk(store, ("hi", "greet", 0.9, "utter_greet"), ("thanks", "thank", 0.9, "utter_x"))
    talk(store, ("which apn", "ask_apn", 0.9, "utter_apn"), ("bye", "goodbye", 0.9, "utter_x"))
    found = counted(store, orders_with_demo)
    assert (found.conversations, found.contained, found.person, found.unanswered) == (4, 1, 2, 1)
    assert (found.deflected, found.resolved, found.abandoned, found.reopened) == (1, 1, 0, 0)  # what staff decided


def test_going_on_with_the_assistant_resolves_nothing(store: Store, orders_with_demo: Engine) -> None:
    key = talk(store, ("a person please", "human_handoff", 0.9, "utter_handoff_open"))
    seq = store.accept(key, USE, TravellerMessage("back", "no longer needed"), NOW + timedelta(minutes=1)).seq
    store.finish_turn(key, seq, [NewMessage(text="…", name="utter_x")], NOW + timedelta(minutes=1), state="assistant")
    look(store, orders_with_demo)
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND)
    assert found.resolution.count == 0
    assert (found.total.person, found.total.resolved, found.total.abandoned) == (1, 0, 1)


def test_solved_left_and_taken_up_again(store: Store, orders_with_demo: Engine) -> None:
    solved = ("no data", "report_no_data", 0.9, "step.roaming_on"), ("works now", "affirm", 0.9, "utter_solved")
    talk(store, *solved, ("thank you", "thank", 0.9, "utter_thanks"))
    talk(store, *solved, ("gone again", "report_no_data", 0.9, "step.apn"))
    talk(store, ("slow", "report_slow_data", 0.9, "step.restart"))
    talk(store, *solved, ("a person all the same", "human_handoff", 0.9, "utter_handoff_open"))  # waits
    helped = talk(store, ("apn", "ask_apn", 0.9, "utter_apn"))
    rate(store, helped, 1, "article.apn", helpful=True)
    for hours, number in ((71, 1), (73, 2)):  # a person closed it, and the traveller writes again
        key = talk(store, ("a person please", "human_handoff", 0.9, "utter_handoff_open"))
        store.claim(key, "1", "Aroha", NOW, expected=None)
        store.reply(key, "1", "Done", NOW, client_id=f"reply {number}")
        store.close(key, "1", NOW)
        store.accept(key, USE, TravellerMessage(f"again {number}", "still not"), NOW + timedelta(hours=hours))
    found = counted(store, orders_with_demo)
    assert (found.conversations, found.contained, found.person) == (7, 4, 3)
    assert (found.resolved, found.deflected) == (3, 2)
    assert (found.abandoned, found.reopened) == (2, 3)
    for figure, number in (("resolved", 3), ("reopened", 3), ("contained", 4), ("conversations", 7)):
        selection = Selection(DAY, DAY + timedelta(days=5))
        assert len(counted_conversations(store.engine, selection, "figure", figure)) == number
    assert [each.said for each in counted_conversations(store.engine, selection, "step", "roaming_on:worked")] == [
        "no data"
    ] * 3
    assert [each.conversation_id for each in counted_conversations(store.engine, selection, "intent", "ask_apn")] == [
        helped
    ]
    assert len(counted_conversations(store.engine, selection, "reason", "asked")) == 2


def test_who_leaves_at_a_question_is_not_deflected_and_an_offer_is_no_deed(
    store: Store, orders_with_demo: Engine
) -> None:
    refund = ("my money back", "request_refund", 0.9, "utter_order_number_wanted")
    offered = ("NZ10000003 emma@example.com", "inform", 0.9, "utter_refund_approved")
    talk(store, refund)
    talk(store, refund, offered)
    talk(store, refund, offered, ("yes", "affirm", 0.9, "utter_refund_requested"))
    talk(store, refund, offered, ("yes", "affirm", 0.9, "utter_refund_requested"), ("thanks", "thank", 0.9, "utter_x"))
    found = counted(store, orders_with_demo)
    assert (found.conversations, found.contained, found.abandoned) == (4, 4, 2)
    assert (found.deflected, found.resolved) == (2, 2)


def test_the_answers_that_ask_or_end_a_matter_exist() -> None:
    assert (ASKS | SOLVED) - set(all_responses()["en"].responses) == set()


async def test_each_figure_leads_to_its_conversations(desk: RunningDesk, as_role: Callable[..., StaffClient]) -> None:
    migrate_orders(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, demo=True)
    parts = desk.app[DESK]
    fill(parts.store, parts.orders)
    look(parts.store, parts.orders)
    viewer = as_role("viewer")
    page = await (await viewer.get("/desk/analytics?from=2026-03-02&to=2026-03-03&language=en")).text()
    links = {html.unescape(each) for each in re.findall(r'href="(/desk/analytics/conversations[^"]*)"', page)}
    assert any("figure=deflected" in each and "language=en" in each for each in links)
    for each in links:
        answer = await viewer.get(each)
        assert answer.status == 200, each
    shown = await (await viewer.get(next(each for each in links if "figure=person" in each))).text()
    inside = re.findall(r'href="(/desk/inbox/c/[^"]*)"', shown)
    assert len(inside) == 1
    assert (await viewer.get(html.unescape(inside[0]))).status == 200
    assert (await viewer.get("/desk/analytics/conversations?figure=nonsense&rating=x&page=-1")).status == 200


def test_what_travellers_say_of_answers(store: Store, orders_with_demo: Engine) -> None:
    first = talk(store, ("apn", "ask_apn", 0.9, "utter_apn"))
    rate(store, first, 1, "article.apn", helpful=False)
    rate(store, first, 2, "article.apn", helpful=True)  # the last word counts
    rate(store, first, 3, "utter_roaming", helpful=False)
    second = talk(store, ("apn", "ask_apn", 0.9, "utter_apn"), locale="zh-CN", channel="telegram")
    rate(store, second, 4, "article.apn", helpful=False, language="zh")
    third = talk(store, ("apn", "ask_apn", 0.9, "utter_apn"))
    rate(store, third, 5, "article.apn", helpful=True)
    look(store, orders_with_demo)
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND)
    assert found.helpful == [
        FeedbackFigures("article.apn", "en", 2, 0),
        FeedbackFigures("article.apn", "zh", 0, 1),
        FeedbackFigures("utter_roaming", "en", 0, 1),
    ]
    assert found.helpful_share == 0.5
    assert ("article.apn", "zh", 0, 1, 0.0) in rows(found, "helpful")
    on_telegram = report(store.engine, orders_with_demo, Selection(DAY, DAY, channel="telegram"), AUCKLAND)
    assert on_telegram.helpful == [FeedbackFigures("article.apn", "zh", 0, 1)]
    store.delete(third)
    assert report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND).helpful[0].helpful == 1


def test_what_has_changed_since_the_days_before(store: Store, orders_with_demo: Engine) -> None:
    talk(store, ("which apn", "ask_apn", 0.9, "utter_apn"), at=NOW - timedelta(days=1))
    talk(store, ("the apn is what", "ask_apn", 0.6, "utter_apn"), ("cover", "ask_coverage", 0.8, "utter_coverage"))
    look(store, orders_with_demo)
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND)
    apn, coverage = found.intents
    assert (apn.name, apn.drift) == ("ask_apn", pytest.approx(-0.3))
    assert (coverage.name, coverage.drift) == ("ask_coverage", None)
    assert (found.before.conversations, found.before.mean_confidence) == (1, 0.9)


def test_figures_are_narrowed_down(store: Store, orders_with_demo: Engine) -> None:
    fill(store, orders_with_demo)
    look(store, orders_with_demo)

    def of(**choice: str) -> Any:
        return report(store.engine, orders_with_demo, Selection(DAY, DAY + timedelta(days=1), **choice), AUCKLAND)

    assert of(language="zh").total.conversations == 1
    assert of(channel="telegram").intents == [IntentFigures("request_refund", 1, 0.6, None)]
    assert of(channel="telegram").steps == []
    with Session(orders_with_demo) as session:
        bought = session.execute(sa.select(Purchase).where(Purchase.number == "NZ10000003")).scalar_one()
        provider = bought.plan.provider_id
    assert of(provider=provider).total.conversations == 1
    assert of(provider=provider).total.messages == 1
    assert len(of(provider=provider).refunds) == 1
    assert of(provider="nobody").refunds == []
    assert of(language="zh").refunds == [("refund", "approved", "approved", 1)]
    assert of(language="en").refunds == []
    assert of(channel="telegram", provider=provider).refunds == of().refunds
    assert report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND).total.conversations == 3


def test_what_went_on_is_counted_again_and_what_was_erased_no_more(store: Store, orders_with_demo: Engine) -> None:
    key = talk(store, ("hi", "greet", 0.9, "utter_greet"))
    look(store, orders_with_demo)
    seq = store.accept(key, USE, TravellerMessage("next", "apn?"), NOW).seq
    turn = {"intent": "ask_apn", "confidence": 0.5, "ranking": []}
    store.finish_turn(
        key, seq, [NewMessage(text="…", name="utter_not_understood")], NOW, reading=TurnReading.from_json(turn)
    )
    assert refresh(store.engine, orders_with_demo, AUCKLAND, NOW) == 1
    assert refresh(store.engine, orders_with_demo, AUCKLAND, NOW) == 0
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND)
    assert (found.total.conversations, found.total.unanswered, found.total.messages) == (1, 1, 2)
    with store.engine.begin() as connection:
        later = datetime.now(UTC)
        connection.execute(sa.insert(rating).values(conversation_id=key, chapter=1, score=1, comment="", at=later))
    assert refresh(store.engine, orders_with_demo, AUCKLAND, later + timedelta(seconds=1)) == 1
    assert report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND).mean_rating == 1
    store.delete(key)
    assert report(store.engine, orders_with_demo, Selection(DAY, DAY), AUCKLAND).total.conversations == 0


def test_csv_is_complete_and_runs_nothing(store: Store, orders_with_demo: Engine) -> None:
    fill(store, orders_with_demo)
    rate(store, talk(store, ("hi", "greet", 0.9, "utter_greet")), 1, "article.apn", helpful=True)
    with Session(orders_with_demo) as session, session.begin():
        record(session, Ended("c1", DAY, "solved", "no_data", (("no_data", "vpn"),), "iphone", "Spark", "NZ", 3))
    look(store, orders_with_demo)
    found = report(store.engine, orders_with_demo, Selection(DAY, DAY + timedelta(days=1)), AUCKLAND)
    for table in TABLES:
        lines = list(csv.reader(io.StringIO(as_csv(rows(found, table)).lstrip("\ufeff"))))
        assert len(lines) > 1, table
        assert {len(line) for line in lines} == {len(lines[0])}
    text = as_csv([("=1+1", "+1", "-1", "@a", "\tx", " =1", "＝1", "a=b", -3, 0.5)])
    (cells,) = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    assert cells == ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "' =1", "'＝1", "a=b", "-3", "0.5"]


async def test_the_page_in_both_languages_and_its_files(desk: RunningDesk, as_role: Callable[..., StaffClient]) -> None:
    migrate_orders(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, demo=True)
    parts = desk.app[DESK]
    fill(parts.store, parts.orders)
    look(parts.store, parts.orders)
    with Session(parts.orders) as session, session.begin():
        refund = session.execute(sa.select(RefundRequest).where(RefundRequest.requested_at == NOW)).scalars().one()
        plan = session.get_one(Purchase, refund.purchase_id).plan_id
        swap = {
            "kind": "exchange",
            "target_plan_id": plan,
            "state": "paid",
            "decision": "partial",
            "requested_at": NOW,
            "reasons": [],
        }
        session.add(RefundRequest(purchase_id=refund.purchase_id, amount_minor=1, currency="NZD", **swap))
    query = "from=2026-03-02&to=2026-03-03"
    page = await (await as_role("viewer").get(f"/desk/analytics?{query}")).text()
    assert "50.0 %" in page
    assert "No person was asked for, wrote, decided a request or has a ticket" in page
    assert "analytics/csv" not in page  # a viewer takes nothing away
    chinese = await (await as_role("lead", name="Li", language="zh").get(f"/desk/analytics?{query}&language=zh")).text()
    assert "助手独立处理" in chinese
    assert "我要退款" in chinese
    # what is counted has the names that staff know it by
    assert "商家: 奇异漫游" in chinese
    assert "渠道: Telegram" in chinese
    assert "Exchange</th><td>Done</td><td>Part of the price counts" in page
    steps = page[page.index('id="steps"') : page.index('id="causes"')]
    assert "roaming" in steps
    assert ">roaming_on<" not in steps
    answer = await as_role("lead").get(f"/desk/analytics/csv?{query}&table=reasons")
    assert "report_no_data,1" in await answer.text()
    assert (await as_role("viewer").get("/desk/analytics/csv")).status == 403
    assert (await as_role("lead").get("/desk/analytics/csv?table=secrets")).status == 400
    assert (await as_role("viewer").get("/desk/analytics?from=yesterday&to=2026-13-01&provider=%27--")).status == 200
