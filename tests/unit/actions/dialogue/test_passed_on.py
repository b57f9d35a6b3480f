"""Details that were asked for with a promise go to a person with the message that tells them."""

from __future__ import annotations

from rasa_sdk.events import BotUttered, UserUttered
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import passed_on
from actions.turn import Event
from aftercare.orders import tickets
from tests.support.turns import CONVERSATION, next_action, said, slots, turn

PROMISE = "A person corrects it: tell me your name, the day and the amount, and I pass it on now."
FIRST = "my address at the checkout was wrong"
DETAILS = "Ana Silva, paid 35 dollars on 1 December"


def promised(*, meaning: str = "utter_article", text: str = PROMISE) -> list[Event]:
    return [dict(UserUttered(FIRST)), dict(BotUttered(text, {}, {"meaning": meaning}))]


def on_ticket(orders: Engine) -> list[str]:
    with Session(orders, future=True) as session:
        found = tickets.open_tickets(session, CONVERSATION)
        return [text for each in found for text in each.summary.get("told", ())]


def test_the_ticket_has_what_was_told_and_the_form_is_left(orders: Engine) -> None:
    here = turn(text=DETAILS, before=promised(), form="order_form")
    events = passed_on.answer(here)
    assert events is not None
    assert said(here) == ["utter_passed_on"]
    assert DETAILS in here.dispatcher.messages[0]["details"]
    assert on_ticket(orders) == [FIRST, DETAILS]
    assert next_action(events) == "action_listen"
    assert slots(events)["requested_slot"] is None


def test_a_reminder_two_messages_later_takes_it_up(orders: Engine) -> None:
    between = [*promised(), dict(UserUttered("and how long is that")), dict(BotUttered("Soon.", {}, {"meaning": "x"}))]
    here = turn(text="you said you pass it on", before=between)
    assert passed_on.answer(here) is not None
    assert on_ticket(orders) == [FIRST, "and how long is that", "you said you pass it on"]


def test_nothing_is_passed_on_without_a_promise_or_twice(orders: Engine) -> None:
    assert passed_on.answer(turn(text=DETAILS)) is None
    kept = promised(meaning="utter_passed_on", text="Passed on: ticket T000001.")
    assert passed_on.answer(turn(text=DETAILS, before=kept)) is None
    assert passed_on.answer(turn(text="is there a discount?", before=promised())) is None
    assert on_ticket(orders) == []
