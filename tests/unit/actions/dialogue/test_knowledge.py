"""Which unit of the articles is told, in the words that fit the order, and what comes after "not helpful"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rasa_sdk.events import SlotSet
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions import feedback
from actions.dialogue import knowledge
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.article_units import APN, ASKS, ROAMING, SHARE, SPEED, UNITS
from tests.support.order_rows import NOW, add_order, add_plan, days
from tests.support.turns import CONVERSATION, EMAIL, did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"


def body(of: Turn) -> str:
    (message,) = of.dispatcher.messages
    assert message["response"] == "utter_article"
    return str(message["body"])


@pytest.mark.parametrize(
    ("labels", "units", "least", "found"),
    [
        (["ask"], f"{SHARE}@0.2", None, SHARE),  # of a question an answer is expected
        (["ask_how"], f"{SHARE}@0.2", None, SHARE),
        (["ask"], f"{SHARE}@0.19", None, None),
        (["inform"], f"{SHARE}@0.7", None, SHARE),
        (["inform"], f"{SHARE}@0.69", None, None),
        (["ask"], f"{SHARE}@0.5", 0.6, None),
        (["inform"], f"{SHARE}@0.5", 0.4, SHARE),
        (["inform"], f"{SHARE}@0.6 {APN}@0.3", None, None),
        (["inform"], f"{SHARE}@0.6 hotspot.speed@0.2", None, SHARE),  # the subject is right
        (["inform"], f"{SHARE}@0.6 hotspot.speed@0.1 hotspot.battery@0.08", None, None),
        (["ask"], "", None, None),
        (["ask"], "gone.unit@0.9", None, None),  # of an older model
    ],
)
def test_a_unit_needs_its_probability(labels: list[str], units: str, least: float | None, found: str | None) -> None:
    best = knowledge.best(turn(*labels, units=units), least)
    assert (best.id if best else None) == found


@pytest.mark.usefixtures("orders")
def test_a_unit_is_told_with_its_steps_and_kept_in_focus() -> None:
    here = turn("ask", units=f"{APN}@0.8 {SHARE}@0.1", focus={"plan": "nz-5"}, misunderstandings=2)
    events = knowledge.answer(here)
    assert body(here) == "It stands in the mail.\n- Settings > APN"
    assert events == [
        SlotSet("focus", {"plan": "nz-5", "unit": APN, "next": [SHARE]}),
        SlotSet("offer", None),
        SlotSet("misunderstandings", 0),
    ]
    (message,) = here.dispatcher.messages
    assert [button["payload"].partition("{")[0] for button in message["buttons"]] == ["/rate_answer", "/rate_answer"]


@pytest.mark.usefixtures("orders")
def test_nothing_is_told_without_a_unit() -> None:
    here = turn("ask", units=f"{SHARE}@0.1")
    assert knowledge.answer(here) is None
    assert here.dispatcher.messages == []


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("units", "answers"),
    [
        (f"{SHARE}@0.5 {ROAMING}@0.4", ["Most plans can be shared.", "Roaming costs nothing."]),
        (f"{SHARE}@0.5 {ROAMING}@0.3", ["Most plans can be shared."]),
        (f"{SHARE}@0.5 {APN}@0.4", ["Most plans can be shared."]),  # steps stand alone
        (f"{SHARE}@0.25 {ROAMING}@0.19", ["Most plans can be shared."]),
    ],
)
def test_a_second_part_of_a_question_is_answered_as_well(units: str, answers: list[str]) -> None:
    here = turn("ask", units=units, text="can I share it, and what does roaming cost")
    knowledge.answer(here)
    assert body(here).split("\n") == answers


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("can I share it and what does roaming cost", 2),
        ("share it? roaming?", 2),
        ("能共享吗，漫游要钱吗", 2),
        ("can I share it", 1),
        ("能共享吗", 1),
    ],
)
def test_of_one_question_the_second_unit_is_no_second_part(text: str, parts: int) -> None:
    here = turn("ask", units=f"{SHARE}@0.5 {ROAMING}@0.4", text=text)
    knowledge.answer(here)
    assert len(body(here).split("\n")) == parts


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("second", "told"),
    [
        (f"{SPEED}@0.36", SPEED),
        (f"{SPEED}@0.34", SHARE),
        (f"{ROAMING}@0.5", SHARE),  # of another subject
        ("hotspot.gone@0.5", SHARE),
    ],
)
def test_what_was_just_told_is_not_told_again_when_another_of_its_subject_comes_near(second: str, told: str) -> None:
    here = turn("ask", units=f"{SHARE}@0.6 {second}", focus={"unit": SHARE})
    events = knowledge.answer(here) or []
    assert body(here) == UNITS[told].answer
    assert slots(events)["focus"]["unit"] == told


@pytest.mark.parametrize(
    ("chance", "intent", "confidence", "fits"),
    [
        (0.2, "ask_hotspot", 0.4, True),  # nobody knows the subject
        (0.2, "ask_hotspot", 0.6, False),
        (0.3, "ask_hotspot", 0.6, True),
        (0.5, "ask_hotspot", 0.96, True),  # the unit is of the subject
        (0.45, "ask_hotspot", 0.96, False),
        (0.6, "ask_apn", 0.96, False),  # it is of another
        (0.7, "ask_apn", 0.96, True),
        (0.9, "ask_dual_sim", 0.96, False),  # mostly asked in general
        (0.97, "ask_dual_sim", 0.96, True),
    ],
)
def test_a_unit_rather_than_the_general_answer(chance: float, intent: str, confidence: float, fits: bool) -> None:
    here = turn("ask", units=f"{SHARE}@{chance}", intent=intent, confidence=confidence)
    assert knowledge.fits(here, UNITS[SHARE], ["ask_dual_sim"]) is fits


@pytest.mark.usefixtures("orders")
def test_not_helpful_tells_what_came_next() -> None:
    here = turn("ask", units=f"{SHARE}@0.8 {ROAMING}@0.1 {APN}@0.06")
    kept = slots(knowledge.answer(here) or [])["focus"]
    no = turn("decline", focus=kept)
    events = feedback.take(no, f"article.{SHARE}", helpful=False)
    assert said(no) == ["utter_not_helpful_article"]
    assert "Roaming costs nothing." in no.dispatcher.messages[0]["article"]
    assert slots(events)["focus"] == {"unit": ROAMING, "next": [APN]}


@pytest.mark.usefixtures("orders")
def test_a_unit_that_has_hardly_anything_to_do_with_it_does_not_come_next() -> None:
    here = turn("ask", units=f"{SHARE}@0.8 {ROAMING}@0.04")
    assert slots(knowledge.answer(here) or [])["focus"]["next"] == []


# by the order


def test_the_general_answer_without_an_order(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER)  # not proven in this conversation
    here = turn("ask", units=f"{SHARE}@0.8", order_number=NUMBER, order_verified=True)
    knowledge.answer(here)
    assert body(here) == "Most plans can be shared."


def test_the_answer_for_the_order_that_is_proven(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("ask", units=f"{SHARE}@0.8")
    knowledge.answer(here)
    assert body(here) == "Yes, New Zealand 5 GB can be shared."


def test_the_first_variant_whose_conditions_hold_is_told_with_its_figures(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "no-hotspot", hotspot=False, name_zh="无热点 5 GB")
        used = {"profile_state": "enabled", "installed_at": NOW - days(1), "first_use_at": NOW - days(1)}
        add_order(session, NUMBER, plan_id="no-hotspot", esim={**used, "data_used_mb": 2952})
        ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW)
    here = turn("ask", units=f"{SHARE}@0.8", language="zh")
    knowledge.answer(here)
    assert body(here) == "无热点 5 GB cannot, and 2 GB are left."


def test_no_variant_that_does_not_hold(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "no-hotspot", hotspot=False)
        add_order(session, NUMBER, plan_id="no-hotspot")  # never used
        ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW)
    here = turn("ask", units=f"{SHARE}@0.8")
    knowledge.answer(here)
    assert body(here) == "Most plans can be shared."


def test_an_order_that_is_known_is_not_asked_for(orders: Engine) -> None:
    unknown = turn("ask", units=f"{ASKS}@0.8")
    knowledge.answer(unknown)
    assert body(unknown) == "That depends on the plan. Give me your order number and I tell you exactly."
    prove(orders, NUMBER)
    known = turn("ask", units=f"{ASKS}@0.8")
    knowledge.answer(known)
    assert body(known) == "That depends on the plan."


@pytest.mark.parametrize(
    ("esim", "later", "state"),
    [
        ({}, 0, "not_installed"),
        ({"profile_state": "installed"}, 0, "installed"),
        ({"profile_state": "disabled"}, 0, "installed"),
        ({"profile_state": "enabled", "first_use_at": NOW - days(1)}, 0, "in_use"),
        ({"profile_state": "deleted", "first_use_at": NOW - days(1)}, 0, "deleted"),
        ({"profile_state": "enabled", "first_use_at": NOW - days(1), "expires_at": NOW + days(1)}, 2, "ended"),
    ],
)
def test_the_state_of_an_order(orders: Engine, esim: dict[str, object], later: float, state: str) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER, esim=esim)
        ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW + timedelta(days=later))
    here = turn("ask")
    here.now = NOW + timedelta(days=later)
    with here.orders() as session:
        facts = here.verified_facts(session)
    assert facts is not None
    view = knowledge.view_of(here, facts)
    assert view.state == state
    assert (view.starts, view.hotspot, view.calls, view.unlimited) == ("first_use", True, False, False)
    assert (view.plan, view.days, view.countries) == ("New Zealand 5 GB", "15", "New Zealand")


# before an order is asked for


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("here", "tells"),
    [
        (turn("start:resend_qr", "ask", units=f"{SHARE}@0.3", intent="resend_qr", confidence=0.9), True),
        (turn("start:resend_qr", "ask", units=f"{SHARE}@0.29", intent="resend_qr", confidence=0.9), False),
        (turn("start:resend_qr", units=f"{SHARE}@0.7", intent="resend_qr", confidence=0.9), True),
        (turn("start:resend_qr", units=f"{SHARE}@0.69", intent="resend_qr", confidence=0.9), False),
        (turn("start:report_no_data", units=f"{SHARE}@0.55", intent="report_no_data", confidence=0.9), True),
        (turn("start:report_no_data", units=f"{SHARE}@0.5", intent="report_no_data", confidence=0.9), False),
        (turn("inform", units=f"{SHARE}@0.9", form="order_form", requested_slot="email"), False),
        (turn("inform", units=f"{SHARE}@0.9", since=[did("action_hotspot")]), False),
    ],
)
def test_what_needs_no_order_is_told_before_it_is_asked_for(here: Turn, tells: bool) -> None:
    knowledge.tell_first(here)
    assert said(here) == (["utter_article"] if tells else [])


# two orders of one conversation


def test_which_was_bought_earlier(orders: Engine) -> None:
    prove(orders, "NZ10000002", bought_at=NOW - days(1))
    prove(orders, NUMBER, bought_at=NOW - days(9))
    here = turn("refer", "ask", text="which one did I buy earlier")
    events = knowledge.compare_orders(here)
    (message,) = here.dispatcher.messages
    assert message["response"] == "utter_orders_by_date"
    first, second = message["body"].split("\n")
    assert (NUMBER in first, "NZ10000002" in second) == (True, True)
    assert events == [SlotSet("order_number", NUMBER)]


def test_the_last_question_again_about_the_other_order(orders: Engine) -> None:
    prove(orders, "NZ10000002", NUMBER)
    before = [did("action_data_usage"), told("utter_usage_left")]
    here = turn("switch_order", "ask", before=before, order_number=NUMBER)
    events = knowledge.compare_orders(here) or []
    assert (slots(events), next_action(events)) == ({"order_number": "NZ10000002"}, "action_data_usage")


def test_nothing_to_compare(orders: Engine) -> None:
    prove(orders, NUMBER)
    assert knowledge.compare_orders(turn("refer", "ask")) is None
    prove(orders, "NZ10000002")
    assert knowledge.compare_orders(turn("ask")) is None
    assert knowledge.compare_orders(turn("refer", "ask", since=[did("action_other_order")])) is None
    assert knowledge.compare_orders(turn("refer", "ask")) is not None
