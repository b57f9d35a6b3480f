"""Every action: anger is met with one short apology, what two matters left is offered, a failure is admitted."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import sqlalchemy as sa
from rasa_sdk.events import SlotSet
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from actions.base import WAITS_FOR_ORDERS, AftercareAction, NotNow
from actions.turn import Event, Turn
from aftercare.orders.tables import Ticket
from tests.support.turns import did, next_action, said, slots, turn


class Answers(AftercareAction):
    action_name = "action_answers"
    apologises = True

    def handle(self, turn: Turn) -> list[Event]:
        turn.say("utter_text", body="42")
        return []


class Silent(Answers):
    apologises = False


class Fails(AftercareAction):
    action_name = "action_fails"

    def handle(self, turn: Turn) -> list[Event]:
        turn.say("utter_text", body="half an answer")
        raise RuntimeError("emma@example.com")


async def run(action: AftercareAction, here: Turn) -> tuple[list[str], list[Event]]:
    events = await action.run(here.dispatcher, here.tracker, {})
    return said(here), events


async def test_anger_is_met_with_one_apology_before_the_answer() -> None:
    assert (await run(Answers(), turn("complain", "start:request_refund")))[0] == ["utter_sorry", "utter_text"]


@pytest.mark.parametrize(
    ("action", "here"),
    [
        (Answers(), turn("start:request_refund")),
        (Silent(), turn("complain")),
        (Answers(), turn("complain", since=[did("action_complain")])),  # an earlier action of this turn did it
        (Answers(), turn("complain", form="order_form", requested_slot="email")),  # and not at every answer to a form
        (Answers(), turn("complain", text="/affirm")),
    ],
)
async def test_and_no_apology_without_anger_twice_or_amid_a_form(action: AftercareAction, here: Turn) -> None:
    assert (await run(action, here))[0] == ["utter_text"]


async def test_what_another_action_called_ends_the_turn() -> None:
    called = [did("action_answer_question")]
    amid = {"form": "order_form", "requested_slot": "email"}
    assert next_action((await run(Answers(), turn("ask", since=called)))[1]) == "action_listen"
    assert next_action((await run(Answers(), turn("ask")))[1]) is None
    assert next_action((await run(Answers(), turn("ask", since=called, **amid)))[1]) is None


async def test_a_failure_is_admitted_with_a_ticket_and_without_the_data_of_the_error(
    orders: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    spoken, events = await run(Fails(), turn("ask"))
    assert (spoken, events) == (["utter_apology"], [])
    assert "action=action_fails failed: RuntimeError" in caplog.text
    assert "emma" not in caplog.text
    with Session(orders, future=True) as session:
        assert session.execute(sa.select(Ticket.reason)).scalar_one() == "failure"


async def test_a_form_that_fails_keeps_waiting(orders: Engine) -> None:
    _, events = await run(Fails(), turn("ask", form="order_form", requested_slot="email"))
    (kept,) = events
    assert (kept["name"], kept["value"]) == ("requested_slot", "email")


async def test_without_the_database_the_apology_has_no_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise sa.exc.OperationalError("select", {}, Exception())

    monkeypatch.setattr("actions.turn.orders_engine", away)
    assert (await run(Fails(), turn("ask")))[0] == ["utter_apology_plain"]


async def test_the_second_of_two_matters_is_offered_when_the_first_is_done() -> None:
    matters = ["ask_hotspot", "ask_apn"]
    here = turn(intent="ask_hotspot", second_matter=matters)
    spoken, events = await run(Answers(), here)
    assert spoken == ["utter_text", "utter_next_matter"]
    assert here.dispatcher.messages[1]["buttons"][0]["payload"] == "/ask_apn"
    assert slots(events) == {"second_matter": None, "offer": "ask_apn"}
    waiting = turn(intent="ask_hotspot", second_matter=matters, form="order_form", requested_slot="email")
    assert (await run(Answers(), waiting))[0] == ["utter_text"]


async def test_a_matter_that_led_on_to_another_goal_is_not_offered_again() -> None:
    since_then = [did("action_two_matters"), SlotSet("goal", "payment"), SlotSet("goal", "refund")]
    here = turn(before=since_then, goal="refund", second_matter=["payment_issue", "report_no_service"])
    spoken, events = await run(Answers(), here)
    assert spoken == ["utter_text", "utter_next_matter"]
    assert slots(events)["offer"] == "report_no_service"


class OrdersAway(AftercareAction):
    action_name = "action_orders_away"

    def handle(self, turn: Turn) -> list[Event]:
        turn.say("utter_text", body="half an answer")
        raise OperationalError("SELECT", {"email": "emma@example.com"}, Exception("database is locked"))


async def test_while_the_order_database_is_away_the_turn_waits_then_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(NotNow):
        await run(OrdersAway(), turn("ask", metadata={"waited": 3.0}))
    spoken, events = await run(OrdersAway(), turn("ask", metadata={"waited": WAITS_FOR_ORDERS + 1}))
    assert (spoken, events) == (["utter_apology_plain"], [])
    assert (await run(OrdersAway(), turn("ask")))[0] == ["utter_apology_plain"], "nobody repeats it without a desk"
    assert "emma" not in caplog.text


async def test_what_was_given_while_the_order_database_was_away_is_not_asked_for_again() -> None:
    given = {"order_number": "NZ10000003", "email": "emma@example.com"}
    here = turn("ask", form="order_form", requested_slot="order_number", entities=given, metadata={"waited": 60.0})
    spoken, events = await run(OrdersAway(), here)
    assert spoken == ["utter_apology_plain"]
    assert slots(events) == {**given, "requested_slot": "order_number"}
