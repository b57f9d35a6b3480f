"""Why, how, and "I don't understand" are about what was asked or told last, unless the message has its own question."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import explaining
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.article_units import APN
from tests.support.order_rows import NOW, add_order, days
from tests.support.turns import CONVERSATION, EMAIL, did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"
STEP = {"current": "step.roaming", "playbook": "no_data", "done": ["step.roaming"]}


def at_step(*labels: str, **more: Any) -> Turn:
    return turn(
        *labels,
        **{
            "situation": "step",
            "asked": "roaming",
            "form": "diagnosis_form",
            "diagnosis": STEP,
            "symptom": "no_data",
            "device": "apple-iphone-15",
            "requested_slot": "step_outcome",
            **more,
        },
    )


# why


def test_why_the_number_is_asked_for() -> None:
    for situation in ("order_number", "email"):
        here = turn("ask_why", situation=situation, form="order_form")
        assert explaining.answer(here) == []
        assert said(here) == ["utter_why_order"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_why_a_step(language: str) -> None:
    here = at_step("ask_why", language=language)
    assert explaining.answer(here) == []
    assert said(here) == ["why.step.roaming"]
    assert here.dispatcher.messages[0]["buttons"] == []


def test_what_is_disputed_at_a_step_is_the_record() -> None:
    here = at_step("object")
    assert explaining.answer(here) == []
    assert said(here) == ["utter_record_may_lag"]
    both = at_step("object", "ask_why")
    explaining.answer(both)
    assert said(both) == ["why.step.roaming"]


def test_why_a_refund_was_declined_offers_a_person(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER, bought_at=NOW - days(20))
        ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW)
    here = turn("ask_why", situation="told", asked="refund_decision", goal="refund", order_verified=True)
    events = explaining.answer(here) or []
    assert said(here) == ["utter_refund_why_declined", "utter_refund_why_objection"]
    assert "7" in here.dispatcher.messages[0]["rules"]  # the days of the window
    assert slots(events) == {"offer": "human_handoff"}
    unfair = turn("object", situation="told", asked="refund_decision", goal="refund", order_verified=True)
    explaining.answer(unfair)
    assert said(unfair) == ["utter_refund_law"]  # the rule was told with the decision: a protest hears something new
    again = turn("object", before=[told("utter_refund_law")], situation="told", asked="refund_decision", goal="refund")
    assert next_action(explaining.answer(again) or []) == "action_handoff"


def test_why_the_refund_that_waits_for_a_yes(orders: Engine) -> None:
    prove(orders, NUMBER)
    draft = {"kind": "refund", "ready": True, "number": NUMBER}
    here = turn("ask_why", situation="refund_confirm", form="refund_form", goal="refund", refund_draft=draft)
    assert explaining.answer(here) == []
    assert said(here) == ["utter_refund_why_full"]


@pytest.mark.parametrize(
    ("kind", "situation", "response"),
    [
        ("exchange", "exchange_confirm", "utter_exchange_why"),
        ("withdraw", "withdraw_confirm", "utter_withdraw_why"),
    ],
)
def test_why_what_waits_for_a_yes_is_no_refund(orders: Engine, kind: str, situation: str, response: str) -> None:
    prove(orders, NUMBER)
    draft = {"kind": kind, "ready": True, "number": NUMBER, "plan": "kiwi-nz-10", "request": 1}
    here = turn("ask_why", situation=situation, form="refund_form", goal=kind, refund_draft=draft)
    assert explaining.answer(here) == []
    assert said(here) == [response]


def test_why_of_nothing_in_particular_is_left_to_the_articles() -> None:
    assert explaining.answer(turn("ask_why")) is None
    assert explaining.answer(turn("object", situation="told", asked="article")) is None
    assert explaining.answer(turn("ask_why", situation="refund_confirm", goal="refund")) is None  # no order is proven


@pytest.mark.parametrize("asked", ["usage", "status", "validity"])
def test_what_the_record_says_may_be_late(asked: str) -> None:
    here = turn("object", situation="told", asked=asked)
    assert slots(explaining.answer(here) or []) == {"offer": "recover_usage_records"}
    assert said(here) == ["utter_record_may_lag"]


def finding(*labels: str, **more: Any) -> Turn:
    diagnosis = {"current": "finding.deleted"}
    return turn(*labels, situation="finding", asked="deleted", diagnosis=diagnosis, order_verified=True, **more)


def test_a_finding_that_is_disputed_is_checked_on_the_phone(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = finding("object", order_number=NUMBER)
    assert slots(explaining.answer(here) or []) == {"offer": "human_handoff"}
    assert said(here) == ["utter_record_check"]
    assert here.dispatcher.messages[0]["iccid_end"]


def test_what_is_seen_instead_goes_to_the_diagnosis(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = finding("object", "observe:installed", order_number=NUMBER)
    assert next_action(explaining.answer(here) or []) == "diagnosis_form"
    assert said(here) == []


# a question of its own


@pytest.mark.parametrize(
    ("labels", "own"),
    [
        (["ask"], True),
        (["ask_why@0.5", "ask@0.8"], True),
        (["ask_why@0.8", "ask@0.5"], False),
        (["rephrase@0.4", "ask@0.5"], True),
        (["rephrase", "ask@0.8"], False),
        (["rephrase", "ask@0.4"], False),
        (["step:failed"], True),
    ],
)
def test_a_question_of_its_own_is_left_to_the_others(labels: list[str], own: bool) -> None:
    assert (explaining.answer(at_step(*labels)) is None) == own


def test_how_to_do_what_an_article_tells_is_a_question_of_its_own_outside_a_form() -> None:
    before = [did("action_price_plans")]
    assert explaining.answer(turn("ask_how", units=f"{APN}@0.6", before=before)) is None
    assert next_action(explaining.answer(turn("ask_how", units=f"{APN}@0.4", before=before)) or []) is not None
    assert explaining.answer(at_step("ask_how", units=f"{APN}@0.6")) is not None


def test_a_subject_that_the_words_name_clearly_is_a_question_of_its_own() -> None:
    assert explaining.answer(at_step("rephrase", intent="ask_apn", confidence=0.95)) is None
    assert explaining.answer(at_step("rephrase", intent="ask_apn", confidence=0.85)) is not None
    assert explaining.answer(at_step("ask_how", intent="ask_apn", confidence=0.95)) is not None


# other words


@pytest.mark.parametrize("label", ["rephrase", "ask_how", "dont_know", "repeat"])
def test_a_step_is_explained_with_its_choices_and_counted(label: str) -> None:
    first, second = at_step(label), at_step(label, misunderstandings=1)
    assert slots(explaining.answer(first) or []) == {"misunderstandings": 1}
    assert slots(explaining.answer(second) or []) == {"misunderstandings": 2}
    assert said(first) == said(second) == ["explain.step.roaming"]
    words = [here.dispatcher.messages[0]["text"] for here in (first, second)]
    assert words[0] != words[1]
    assert any("step_outcome" in button["payload"] for button in first.dispatcher.messages[0]["buttons"])


def test_not_knowing_the_number_is_helped_with() -> None:
    here = turn("dont_know", situation="order_number", form="order_form", misunderstandings=1)
    assert slots(explaining.answer(here) or []) == {"misunderstandings": 2}
    assert said(here) == ["utter_order_help"]


def test_a_confirmation_is_explained_by_its_reasons(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("rephrase", situation="refund_confirm", form="refund_form", goal="refund")
    assert explaining.answer(here) == []
    assert said(here) == ["utter_refund_why_full"]


# once more


def test_the_last_answer_is_told_again() -> None:
    computed = turn("repeat", before=[did("action_refund_status"), did("action_greet")])
    assert next_action(explaining.answer(computed) or []) == "action_refund_status"
    article = turn("repeat", before=[did("action_answer_question")], focus={"unit": APN})
    assert explaining.answer(article) == []
    assert said(article) == ["utter_article"]
    assert article.dispatcher.messages[0]["body"].startswith("It stands in the mail.")


def test_nothing_is_told_again_when_nothing_was_told() -> None:
    assert explaining.tell_again(turn("repeat")) is None
    assert explaining.tell_again(turn("repeat", before=[did("action_cancel")])) is None
    assert explaining.tell_again(turn("repeat", before=[did("action_answer_question")])) is None
    gone = turn("repeat", before=[did("action_answer_question")], focus={"unit": "gone.unit"})
    assert explaining.tell_again(gone) is None


def test_why_of_a_fault_is_no_question_about_the_order() -> None:
    here = turn("ask_why", situation="order_number", form="order_form", intent="report_slow_data", confidence=0.6)
    assert slots(explaining.answer(here) or []) == {"goal": "diagnose", "symptom": "slow"}
    assert said(here) == []


def test_which_mail_it_is_then_what_can_be_done_without() -> None:
    first = turn("dont_know", situation="email", form="order_form")
    explaining.answer(first)
    assert said(first) == ["utter_email_help"]
    again = turn("dont_know", situation="email", form="order_form", before=[told("utter_email_help")], goal="diagnose")
    assert next_action(explaining.answer(again) or []) == "diagnosis_form"


def test_what_is_not_known_is_explained_by_an_article_of_its_own() -> None:
    last = [did("action_answer_question")]
    here = turn(
        "dont_know", situation="told", asked="article", units="finding-your-order.which-email@0.37", before=last
    )
    assert explaining.answer(here) is None
