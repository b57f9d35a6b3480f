"""What a reading does to the question for order number and e-mail, and what is told only to who proves the order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.order_form import ValidateOrderForm
from actions.turn import Event, Turn
from aftercare.orders import ownership
from tests.support.order_rows import NOW, add_order
from tests.support.turns import CONVERSATION, EMAIL, did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"


def asked(*labels: str, **more: Any) -> tuple[Turn, list[Event]]:
    here = turn(
        *labels,
        **{
            "form": "order_form",
            "situation": "order_number",
            "requested_slot": "order_number",
            "goal": "order_status",
            **more,
        },
    )
    return here, ValidateOrderForm().handle(here)


@pytest.fixture
def order(orders: Engine) -> Engine:
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER)
    return orders


def proven(orders: Engine) -> bool:
    with Session(orders, future=True) as session:
        return NUMBER in ownership.verified_orders(session, CONVERSATION, NOW)


# proof


def test_number_and_mail_of_its_buyer_prove_an_order(order: Engine) -> None:
    here, events = asked("inform", entities={"order_number": NUMBER, "email": EMAIL})
    assert (said(here), proven(order)) == ([], True)
    assert {"order_number": NUMBER, "order_verified": True, "requested_slot": None}.items() <= slots(events).items()


@pytest.mark.parametrize("labels", [["inform"], ["confirm"], ["decline"], ["ask"], ["observe:no_order_mail"]])
def test_the_wrong_mail_proves_nothing_whatever_the_reading(order: Engine, labels: list[str]) -> None:
    here, events = asked(*labels, entities={"order_number": NUMBER, "email": "liam@example.com"})
    assert (said(here), proven(order)) == (["utter_order_mismatch"], False)
    assert slots(events)["requested_slot"] == "order_number"
    assert "order_verified" not in slots(events)


def test_the_mail_is_asked_for_after_the_number(order: Engine) -> None:
    here, events = asked("inform", entities={"order_number": NUMBER})
    assert said(here) == ["utter_email_wanted"]
    assert {"order_number": NUMBER, "requested_slot": "email"}.items() <= slots(events).items()


def test_what_is_proven_already_is_not_asked_for(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("start:check_order_status", form="order_form", goal="order_status")
    events = ValidateOrderForm().handle(here)
    assert (said(here), slots(events)["order_verified"]) == ([], True)


# what is said instead of a number


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("label", ["observe:no_order_mail", "dont_know", "step:cannot_find"])
def test_not_at_hand_is_helped_with_once_and_then_it_goes_on_without(label: str) -> None:
    first, events = asked(label)
    assert said(first) == ["utter_order_help"]
    assert slots(events)["requested_slot"] == "order_number"
    again, events = asked(label, before=[told("utter_order_help")])
    assert said(again) == []
    assert {"order_verified": False, "requested_slot": None, "goal": "order_status"}.items() <= slots(events).items()


@pytest.mark.usefixtures("orders")
def test_a_no_goes_on_without_an_order() -> None:
    here, events = asked("decline", goal="diagnose")
    assert said(here) == []
    assert {"order_verified": False, "requested_slot": None, "goal": "diagnose"}.items() <= slots(events).items()


@pytest.mark.usefixtures("orders")
def test_cancelling_drops_the_matter() -> None:
    here, events = asked("cancel")
    assert (said(here), next_action(events)) == (["utter_cancelled"], "action_listen")
    assert slots(events)["goal"] is None


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(("goal", "kept"), [("diagnose", "diagnose"), ("order_status", None)])
def test_of_another_seller_only_a_fault_is_looked_at(goal: str, kept: str | None) -> None:
    here, events = asked("observe:other_shop", goal=goal)
    assert said(here) == ["utter_order_other_shop"]
    assert (slots(events)["goal"], slots(events)["order_verified"]) == (kept, False)


def test_a_number_that_is_brought_counts_whatever_else_is_said(order: Engine) -> None:
    for label in ("cancel", "decline", "observe:other_shop", "dont_know"):
        here, events = asked(label, entities={"order_number": NUMBER})
        assert said(here) == ["utter_email_wanted"]
        assert slots(events)["order_number"] == NUMBER


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("text", "slot", "response"),
    [
        ("NZ 12345", "order_number", "utter_order_number_invalid"),
        ("emma at gmail", "email", "utter_email_invalid"),
        ("my cat is ill", "order_number", "utter_order_number_wanted"),
    ],
)
def test_what_was_meant_as_one_is_called_unreadable(text: str, slot: str, response: str) -> None:
    here, events = asked(
        "unclear@0.1", text=text, requested_slot=slot, order_number=NUMBER if slot == "email" else None
    )
    assert said(here) == [response]
    assert slots(events)["misunderstandings"] == 1


@pytest.mark.usefixtures("orders")
def test_after_an_answer_it_is_asked_again_in_other_words() -> None:
    here, events = asked("ask", since=[did("action_answer_question")])
    assert said(here) == ["utter_order_number_again"]
    assert slots(events)["requested_slot"] == "order_number"
    assert "misunderstandings" not in slots(events)


@pytest.mark.usefixtures("orders")
def test_the_second_message_that_brings_nothing_is_told_where_to_find_it() -> None:
    here, events = asked("unclear@0.1", misunderstandings=1)
    assert (said(here), slots(events)["misunderstandings"]) == (["utter_order_help"], 2)
