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
from tests.support.turns import CONVERSATION, EMAIL, did, next_action, prove, said, slots, turn

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


@pytest.mark.usefixtures("orders")
def test_why_the_number_is_asked_for() -> None:
    for situation in ("order_number", "email"):
        here = turn("ask_why", situation=situation, form="order_form")
        assert explaining.answer(here) == []
        assert said(here) == ["utter_why_order"]


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_why_a_step(language: str) -> None:
    here = at_step("ask_why", language=language)
    assert explaining.answer(here) == []
    assert said(here) == ["why.step.roaming"]
    assert here.dispatcher.messages[0]["buttons"] == []


@pytest.mark.usefixtures("orders")
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
    assert said(unfair)[0] == "utter_refund_why_declined"


def test_why_the_refund_that_waits_for_a_yes(orders: Engine) -> None:
    prove(orders, NUMBER)
    draft = {"kind": "refund", "ready": True, "number": NUMBER}
    here = turn("ask_why", situation="refund_confirm", form="refund_form", goal="refund", refund_draft=draft)
    assert explaining.answer(here) == []
    assert said(here) == ["utter_refund_why_full"]


@pytest.mark.usefixtures("orders")
def test_why_of_nothing_in_particular_is_left_to_the_articles() -> None:
    assert explaining.answer(turn("ask_why")) is None
    assert explaining.answer(turn("object", situation="told", asked="article")) is None
    assert explaining.answer(turn("ask_why", situation="refund_confirm", goal="refund")) is None  # no order is proven


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("asked", ["usage", "status", "validity"])
def test_what_the_record_says_may_be_late(asked: str) -> None:
    here = turn("object", situation="told", asked=asked)
    assert explaining.answer(here) == []
    assert said(here) == ["utter_record_may_lag"]


# a question of its own


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("labels", "own"),
    [
        (["ask"], True),
        (["ask_why@0.5", "ask@0.8"], True),
        (["ask_why@0.8", "ask@0.5"], False),
        (["rephrase", "ask@0.5"], True),
        (["rephrase", "ask@0.4"], False),
        (["step:failed"], True),
    ],
)
def test_a_question_of_its_own_is_left_to_the_others(labels: list[str], own: bool) -> None:
    assert (explaining.answer(at_step(*labels)) is None) == own


@pytest.mark.usefixtures("orders")
def test_how_to_do_what_an_article_tells_is_a_question_of_its_own_outside_a_form() -> None:
    before = [did("action_price_plans")]
    assert explaining.answer(turn("ask_how", units=f"{APN}@0.6", before=before)) is None
    assert next_action(explaining.answer(turn("ask_how", units=f"{APN}@0.4", before=before)) or []) is not None
    assert explaining.answer(at_step("ask_how", units=f"{APN}@0.6")) is not None


@pytest.mark.usefixtures("orders")
def test_a_subject_that_the_words_name_clearly_is_a_question_of_its_own() -> None:
    assert explaining.answer(at_step("rephrase", intent="ask_apn", confidence=0.95)) is None
    assert explaining.answer(at_step("rephrase", intent="ask_apn", confidence=0.85)) is not None
    assert explaining.answer(at_step("ask_how", intent="ask_apn", confidence=0.95)) is not None


# other words


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("label", ["rephrase", "ask_how", "dont_know", "repeat"])
def test_a_step_is_explained_with_its_choices_and_counted(label: str) -> None:
    first, second = at_step(label), at_step(label, misunderstandings=1)
    assert slots(explaining.answer(first) or []) == {"misunderstandings": 1}
    assert slots(explaining.answer(second) or []) == {"misunderstandings": 2}
    assert said(first) == said(second) == ["explain.step.roaming"]
    words = [here.dispatcher.messages[0]["text"] for here in (first, second)]
    assert words[0] != words[1]
    assert any("step_outcome" in button["payload"] for button in first.dispatcher.messages[0]["buttons"])


@pytest.mark.usefixtures("orders")
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


@pytest.mark.usefixtures("orders")
def test_the_last_answer_is_told_again() -> None:
    computed = turn("repeat", before=[did("action_refund_status"), did("action_greet")])
    assert next_action(explaining.answer(computed) or []) == "action_refund_status"
    article = turn("repeat", before=[did("action_answer_question")], focus={"unit": APN})
    assert explaining.answer(article) == []
    assert said(article) == ["utter_article"]
    assert article.dispatcher.messages[0]["body"].startswith("It stands in the mail.")


@pytest.mark.usefixtures("orders")
def test_nothing_is_told_again_when_nothing_was_told() -> None:
    assert explaining.tell_again(turn("repeat")) is None
    assert explaining.tell_again(turn("repeat", before=[did("action_cancel")])) is None
    assert explaining.tell_again(turn("repeat", before=[did("action_answer_question")])) is None
    gone = turn("repeat", before=[did("action_answer_question")], focus={"unit": "gone.unit"})
    assert explaining.tell_again(gone) is None
