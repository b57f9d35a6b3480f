"""Taking back, coming back, and words that ask for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue.resume import ActionAcknowledge, ActionResume
from actions.dialogue.undo import ActionUndo
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request, withdraw
from tests.support.order_rows import NOW, add_order
from tests.support.turns import CONVERSATION, did, leaves_form, next_action, prove, said, slots, turn

NUMBER = "NZ10000003"


def request(orders: Engine, conversation: str = CONVERSATION) -> None:
    with Session(orders, future=True) as session, session.begin():
        decision = decide(*facts_for(session, NUMBER, NOW, fault_reported=False), "refund")
        open_request(session, NUMBER, "refund", decision, conversation, NOW)


# undo


@pytest.mark.parametrize("form", [None, "diagnosis_form"])
@pytest.mark.parametrize("conversation", [CONVERSATION, "another"])
def test_an_open_request_is_offered_for_withdrawal(orders: Engine, form: str | None, conversation: str) -> None:
    prove(orders, NUMBER)
    request(orders, conversation)
    here = turn("undo", form=form, order_number=NUMBER)
    events = ActionUndo().handle(here)
    assert said(here) == []
    assert {"goal": "withdraw", "refund_draft": None}.items() <= slots(events).items()
    assert (leaves_form(events), next_action(events)) == (form is not None, "refund_form")


def test_a_request_of_this_conversation_is_found_after_the_proof_has_ended(orders: Engine) -> None:
    """The form asks for the proof again; nothing is told here."""
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER)
    request(orders)
    here = turn("undo")
    assert next_action(ActionUndo().handle(here)) == "refund_form"
    assert said(here) == []


def test_what_was_withdrawn_is_not_taken_back_again(orders: Engine) -> None:
    prove(orders, NUMBER)
    request(orders)
    with Session(orders, future=True) as session, session.begin():
        assert withdraw(session, NUMBER, NOW)
    here = turn("undo", order_number=NUMBER)
    assert next_action(ActionUndo().handle(here)) == "action_listen"
    assert said(here) == ["utter_nothing_to_undo"]


def test_nothing_to_take_back() -> None:
    here = turn("undo")
    assert (next_action(ActionUndo().handle(here)), said(here)) == ("action_listen", ["utter_nothing_to_undo"])
    waiting = turn("undo", form="diagnosis_form")
    assert (ActionUndo().handle(waiting), said(waiting)) == ([], ["utter_nothing_to_undo"])


# resume


@pytest.mark.parametrize(
    ("known", "action"),
    [
        ({"diagnosis": {"current": "step.roaming"}, "goal": "refund", "order_verified": True}, "diagnosis_form"),
        ({"diagnosis": {"current": "solved"}, "goal": "refund", "order_verified": True}, "refund_form"),
        ({"goal": "withdraw", "order_verified": True}, "refund_form"),
        ({"goal": "diagnose", "order_verified": True}, "diagnosis_form"),
        ({"goal": "diagnose"}, "order_form"),
        ({"goal": "order_status", "before": [did("action_order_status")]}, "action_order_status"),
        ({"goal": "refund", "before": [did("action_coverage")]}, "action_coverage"),  # the proof has ended
    ],
)
def test_what_was_under_way_goes_on(known: dict[str, Any], action: str) -> None:
    here = turn("resume", **known)
    assert next_action(ActionResume().handle(here)) == action
    assert said(here) == []


def test_coming_back_to_nothing() -> None:
    here = turn("resume")
    assert next_action(ActionResume().handle(here)) == "action_listen"
    assert said(here) == ["utter_resume_nothing"]


# words that ask for nothing


@pytest.mark.parametrize(
    ("label", "alone", "in_form"),
    [
        ("pause", "utter_pause", "utter_pause"),
        ("goodbye", "utter_goodbye", "utter_goodbye"),
        ("thank", "utter_thank", "utter_take_your_time"),
        ("challenge", "utter_bot_challenge", "utter_bot_challenge"),
        ("greet", "utter_greet", "utter_greet_again"),
        ("chat", "utter_out_of_scope", "utter_out_of_scope"),
        ("acknowledge", "utter_acknowledged", "utter_acknowledged"),
    ],
)
def test_one_line_and_what_waits_keeps_waiting(label: str, alone: str, in_form: str) -> None:
    outside = turn(label)
    ActionAcknowledge().handle(outside)
    waiting = turn(label, form="order_form", requested_slot="email")
    events = ActionAcknowledge().handle(waiting)
    assert (said(outside), said(waiting)) == ([alone], [in_form])
    small_talk = label in ("challenge", "chat")  # after which what waits is asked again
    waits = ({}, None) if small_talk else ({"requested_slot": "email"}, "action_listen")
    assert (slots(events), next_action(events)) == waits
    assert not leaves_form(events)
