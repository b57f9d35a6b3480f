"""Which unit of the articles is told, in the words that fit the order, and what comes after "not helpful"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions import feedback
from actions.dialogue import knowledge
from actions.dialogue.knowledge import ASKED, BEFORE_A_FAULT, BEFORE_A_MATTER, BOTH, PART, SURE
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.article_units import APN, ASKS, COMPLAINT, ROAMING, SHARE, SPEED, TODAY, UNITS
from tests.support.order_rows import NOW, add_order, add_plan, days
from tests.support.turns import CONVERSATION, EMAIL, did, prove, said, slots, turn

NUMBER = "NZ10000003"
LESS = 0.01


def body(of: Turn) -> str:
    (message,) = of.dispatcher.messages
    assert message["response"] == "utter_article"
    return str(message["body"])


@pytest.mark.parametrize(
    ("labels", "units", "least", "found"),
    [
        (["ask"], f"{SHARE}@{ASKED}", None, SHARE),  # of a question an answer is expected
        (["ask_how"], f"{SHARE}@{ASKED}", None, SHARE),
        (["ask"], f"{SHARE}@{ASKED - LESS}", None, None),
        (["inform"], f"{SHARE}@{SURE}", None, SHARE),
        (["inform"], f"{SHARE}@{SURE - LESS}", None, None),
        (["ask"], f"{SHARE}@0.5", 0.6, None),
        (["inform"], f"{SHARE}@0.5", 0.4, SHARE),
        (["inform"], f"{SHARE}@{SURE - 0.1} {APN}@0.3", None, None),
        (["inform"], f"{SHARE}@{SURE - 0.1} hotspot.speed@0.22", None, SHARE),  # the subject is right
        (["inform"], f"{SHARE}@{SURE - 0.1} hotspot.speed@0.1 hotspot.battery@0.08", None, None),
        (["ask"], "", None, None),
        (["ask"], "gone.unit@0.9", None, None),  # of an older model
    ],
)
def test_a_unit_needs_its_probability(labels: list[str], units: str, least: float | None, found: str | None) -> None:
    best = knowledge.best(turn(*labels, units=units), least)
    assert (best.id if best else None) == found


def test_a_unit_is_told_with_its_steps_and_kept_in_focus() -> None:
    here = turn("ask", units=f"{APN}@0.8 {SHARE}@0.1", focus={"plan": "nz-5"}, misunderstandings=2)
    events = knowledge.answer(here)
    assert body(here) == "It stands in the mail.\n- Settings > APN"
    assert events == [
        SlotSet("focus", {"plan": "nz-5", "unit": APN, "about": UNITS[APN].asked[0], "next": [SHARE]}),
        SlotSet("offer", None),
        SlotSet("misunderstandings", 0),
    ]
    (message,) = here.dispatcher.messages
    assert [button["payload"].partition("{")[0] for button in message["buttons"]] == ["/rate_answer", "/rate_answer"]


def test_nothing_is_told_without_a_unit() -> None:
    here = turn("ask", units=f"{SHARE}@0.1")
    assert knowledge.answer(here) is None
    assert here.dispatcher.messages == []


@pytest.mark.parametrize(
    ("parts", "answers"),
    [
        (f"{SHARE}@{PART} {ROAMING}@{PART}", ["Most plans can be shared.", "Roaming costs nothing."]),
        (f"{SHARE}@{PART} {APN}@{PART}", ["Most plans can be shared.", "It stands in the mail."]),  # without its steps
        (f"{SHARE}@{PART} {ROAMING}@{PART - LESS}", ["It stands in the mail.", "- Settings > APN"]),
        (f"{SHARE}@{PART} {SHARE}@{PART}", ["It stands in the mail.", "- Settings > APN"]),
        ("", ["It stands in the mail.", "- Settings > APN"]),
    ],
)
def test_each_of_several_questions_is_answered_when_units_answer_all(parts: str, answers: list[str]) -> None:
    here = turn("ask", units=f"{APN}@0.5 {SHARE}@0.1 {ROAMING}@0.1", parts=parts)
    events = knowledge.answer(here) or []
    assert body(here).split("\n") == answers
    assert slots(events)["focus"]["unit"] == (SHARE if answers[0].startswith("Most") else APN)


def test_a_part_that_an_action_answers_follows_the_others() -> None:
    here = turn("ask", units=f"{SHARE}@0.5", parts=f"{TODAY}@{PART} {SHARE}@{PART}")
    events = knowledge.answer(here) or []
    assert body(here) == "Most plans can be shared."
    assert events[-1] == FollowupAction("action_promotions")
    assert slots(events)["focus"]["unit"] == SHARE


def test_two_parts_are_answered_where_a_third_is_not() -> None:
    parts = f"{SHARE}@{PART} {APN}@{PART - LESS} {ROAMING}@{PART}"
    here = turn("ask", units=f"{APN}@0.5", parts=parts)
    knowledge.answer(here)
    assert body(here).split("\n") == ["Most plans can be shared.", "Roaming costs nothing."]


def test_two_questions_of_one_article_that_are_both_likely_are_answered() -> None:
    here = turn("ask", units=f"{SHARE}@{BOTH} {SPEED}@{BOTH}")
    knowledge.answer(here)
    assert body(here) == f"{UNITS[SHARE].answer}\n{UNITS[SPEED].answer}"


def test_what_an_action_answers_is_left_to_it() -> None:
    here = turn("ask", units=f"{TODAY}@0.9")
    assert knowledge.answer(here) == [FollowupAction("action_promotions")]
    assert here.dispatcher.messages == []


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (f"{SPEED}@{ASKED}", SPEED),
        (f"{ROAMING}@{ASKED}", ROAMING),
        (f"hotspot.gone@0.5 {ROAMING}@{ASKED}", ROAMING),
    ],
)
def test_what_was_just_told_is_not_told_again_where_another_comes_near(second: str, told: str) -> None:
    here = turn("ask", units=f"{SHARE}@0.6 {second}", focus={"unit": SHARE})
    events = knowledge.answer(here) or []
    assert body(here) == UNITS[told].answer
    assert slots(events)["focus"]["unit"] == told


@pytest.mark.parametrize("second", [f"{SPEED}@{ASKED - LESS}", "hotspot.gone@0.5"])
def test_where_nothing_new_can_be_told_a_person_is_offered(second: str) -> None:
    here = turn("ask", units=f"{SHARE}@0.6 {second}", focus={"unit": SHARE})
    events = knowledge.answer(here) or []
    assert said(here) == ["utter_told_all"]
    assert slots(events) == {"offer": "human_handoff"}


@pytest.mark.parametrize(
    ("chances", "particular"),
    [
        ((), False),
        ((knowledge.TOGETHER,), True),
        ((knowledge.TOGETHER - LESS,), False),
        ((knowledge.FAINT, knowledge.TOGETHER - knowledge.FAINT), True),  # one of several neighbours
        ((knowledge.FAINT - LESS, knowledge.FAINT - LESS, knowledge.FAINT - LESS), False),
    ],
)
def test_something_particular_is_asked_when_units_together_are_likely(
    chances: tuple[float, ...], particular: bool
) -> None:
    units = " ".join(f"{name}@{chance}" for name, chance in zip((SHARE, SPEED, APN), chances, strict=False))
    found = knowledge.particular(turn("ask", units=units, confidence=knowledge.SUREST))
    assert found == (UNITS[SHARE] if particular else None)
    unsure = turn("ask", units=f"{SHARE}@{knowledge.LIKELY}", confidence=knowledge.SUREST - LESS)
    assert knowledge.particular(unsure) == UNITS[SHARE]  # the subject is less sure


def test_an_answer_that_passes_on_offers_a_person() -> None:
    here = turn("ask", units=f"{COMPLAINT}@0.9")
    assert slots(knowledge.answer(here) or [])["offer"] == "human_handoff"
    assert here.dispatcher.messages[0]["buttons"][0]["payload"] == "/human_handoff"
    beside_a_form = turn("ask", units=f"{COMPLAINT}@0.9", form="order_form", situation="order_number")
    assert slots(knowledge.answer(beside_a_form) or [])["offer"] is None


def test_not_helpful_tells_what_came_next() -> None:
    here = turn("ask", units=f"{SHARE}@0.8 {ROAMING}@0.1 {APN}@0.06")
    kept = slots(knowledge.answer(here) or [])["focus"]
    no = turn("decline", focus=kept)
    events = feedback.take(no, f"article.{SHARE}", helpful=False)
    assert said(no) == ["utter_not_helpful_article"]
    assert "Roaming costs nothing." in no.dispatcher.messages[0]["article"]
    assert slots(events)["focus"] == {"unit": ROAMING, "about": UNITS[ROAMING].asked[0], "next": [APN]}


def test_a_unit_that_has_hardly_anything_to_do_with_it_does_not_come_next() -> None:
    here = turn("ask", units=f"{SHARE}@0.8 {ROAMING}@{knowledge.NEXT - LESS}")
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


def request(chance: float, intent: str, *labels: str, **entities: str) -> Turn:
    return turn(f"start:{intent}", *labels, units=f"{SHARE}@{chance}", intent=intent, confidence=0.9, entities=entities)


@pytest.mark.parametrize(
    ("here", "tells"),
    [
        (request(BEFORE_A_MATTER, "resend_qr", "ask"), True),
        (request(BEFORE_A_MATTER - LESS, "resend_qr", "ask"), False),
        (request(BEFORE_A_FAULT, "resend_qr"), True),  # a plain request is carried out, not explained
        (request(BEFORE_A_FAULT - LESS, "resend_qr"), False),
        (request(BEFORE_A_FAULT, "report_no_data"), False),  # a bare fault: the order's facts come first
        (request(BEFORE_A_FAULT, "report_no_data", "ask"), True),
        (request(BEFORE_A_FAULT, "report_no_data", device="apple-iphone-15"), True),
        (request(BEFORE_A_FAULT - LESS, "report_no_data", "ask"), False),
        (turn("inform", units=f"{SHARE}@0.9", form="order_form", requested_slot="email"), False),
        (turn("inform", units=f"{SHARE}@0.9", since=[did("action_hotspot")]), False),
    ],
)
def test_what_needs_no_order_is_told_before_it_is_asked_for(here: Turn, tells: bool) -> None:
    knowledge.tell_first(here)
    assert said(here) == (["utter_article"] if tells else [])
