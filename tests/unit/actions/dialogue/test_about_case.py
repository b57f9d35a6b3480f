"""The numbers of this conversation's cases, told when they are asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import about_case
from actions.turn import Turn
from aftercare.orders import tickets
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import Ticket
from tests.support.order_rows import NOW
from tests.support.turns import CONVERSATION, prove, said, turn

NUMBER = "NZ10000003"


def opened(orders: Engine, reason: str = "reissue", conversation: str = CONVERSATION) -> int:
    with Session(orders, future=True) as session, session.begin():
        return tickets.open_ticket(session, conversation, reason, "en", {}, NOW)[0].id


def asked(text: str, **more: object) -> Turn:
    here = turn("ask", text=text, **more)  # type: ignore[arg-type]
    about_case.answer(here)
    return here


@pytest.mark.parametrize("text", ["remind me of the ticket number", "工单号再说一遍", "T{:06d}, is that it?"])
def test_the_ticket_of_this_conversation_with_its_state(orders: Engine, text: str) -> None:
    opened(orders, conversation="another")
    own = opened(orders)
    here = asked(text.format(own))
    assert said(here) == ["utter_ticket_open"]
    assert here.dispatcher.messages[0]["ticket"] == f"T{own:06d}"


@pytest.mark.parametrize(
    ("state", "response"), [("claimed", "utter_ticket_claimed"), ("closed", "utter_ticket_closed")]
)
def test_a_ticket_that_staff_have_taken_or_closed(orders: Engine, state: str, response: str) -> None:
    opened(orders)
    with Session(orders, future=True) as session, session.begin():
        tickets.set_state(session, CONVERSATION, state)
    assert said(asked("my ticket number?")) == [response]


def test_a_ticket_that_should_have_been_read_says_so(orders: Engine) -> None:
    opened(orders)
    here = turn("ask", text="my ticket number?")
    late = Turn(here.tracker, here.dispatcher, NOW + timedelta(days=9))
    about_case.answer(late)
    assert said(late) == ["utter_ticket_late"]


def test_of_several_the_one_that_is_named(orders: Engine) -> None:
    first, second = opened(orders), opened(orders, "invoice")
    assert len(said(asked("both ticket numbers?"))) == 2
    here = asked(f"is T{first:06d} still open")
    assert [message["ticket"] for message in here.dispatcher.messages] == [f"T{first:06d}"] != [f"T{second:06d}"]


@pytest.mark.usefixtures("orders")
def test_without_a_ticket_none_is_made_up() -> None:
    assert said(asked("what is my ticket number?")) == ["utter_ticket_none"]
    assert about_case.answer(turn("ask", text="where is my order number")) is None


def test_a_ticket_of_another_chat_is_told_to_whom_its_order_belongs(orders: Engine) -> None:
    assert said(asked("what became of T000001")) == ["utter_ticket_other_chat"]
    prove(orders, NUMBER)
    with Session(orders, future=True) as session, session.begin():
        other = tickets.open_ticket(session, "another", "reissue", "en", {}, NOW, NUMBER)[0].id
    assert said(asked(f"what became of T{other:06d}")) == ["utter_ticket_open"]
    assert said(asked("what became of T000999")) == ["utter_ticket_not_found"]


def test_an_addition_is_noted_for_staff(orders: Engine) -> None:
    own = opened(orders)
    assert said(asked(f"please add to T{own:06d} that it is for the tablet")) == ["utter_ticket_added"]
    with Session(orders, future=True) as session:
        noted = session.get_one(Ticket, own).summary["said_since"]
    assert noted == [f"please add to T{own:06d} that it is for the tablet"]


@pytest.mark.parametrize("text", ["which request number do I have", "退款申请号是多少"])
def test_the_number_of_the_request_as_it_was_confirmed(orders: Engine, text: str) -> None:
    prove(orders, NUMBER)
    assert about_case.answer(turn("ask", text=text)) is None
    with Session(orders, future=True) as session, session.begin():
        loaded = facts_for(session, NUMBER, NOW)
        assert loaded is not None
        made = open_request(session, NUMBER, "refund", decide(*loaded, "refund"), CONVERSATION, NOW)[0].id
    here = asked(text)
    assert said(here) == ["utter_refund_status_number"]
    assert (here.dispatcher.messages[0]["number"], here.dispatcher.messages[0]["request"]) == (NUMBER, made)
