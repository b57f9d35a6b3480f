"""An exchange that costs something is paid by a link where there are links; what is asked of it says so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import about_refund
from actions.refunds import exchange_payment
from actions.refunds.form import ValidateRefundForm
from actions.refunds.status import ActionRefundStatus
from actions.turn import Turn
from aftercare.orders import tickets, top_ups
from aftercare.orders.tables import RefundRequest, Ticket, TopUpOffer
from tests.support.order_rows import NOW, add_plan
from tests.support.turns import CONVERSATION, prove, said, turn

NUMBER = "NZ10000003"


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_payment, "can_pay", lambda: True)


@pytest.fixture
def larger(orders: Engine) -> Engine:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", price_minor=3900)
        add_plan(session, "kiwi-nz-2", name_en="New Zealand 2 GB", name_zh="新西兰 2 GB", price_minor=2900)
    prove(orders, NUMBER)
    return orders


def confirmed(plan: str = "kiwi-nz-10") -> Turn:
    here = turn(
        "confirm",
        form="refund_form",
        situation="exchange_confirm",
        requested_slot="refund_confirmed",
        goal="exchange",
        order_number=NUMBER,
        refund_draft={"kind": "exchange", "number": NUMBER, "ready": True, "plan": plan},
    )
    ValidateRefundForm().handle(here)
    return here


def of_staff(orders: Engine) -> list[str]:
    with Session(orders, future=True) as session:
        return list(session.scalars(sa.select(Ticket.reason)))


def test_the_difference_is_paid_by_a_link_and_nobody_exchanges_before(larger: Engine, links: None) -> None:
    here = confirmed()
    assert said(here) == ["utter_exchange_pay"]
    message = here.dispatcher.messages[0]
    with Session(larger, future=True) as session:
        offered = session.scalars(sa.select(TopUpOffer)).one()
        assert (offered.amount_minor, offered.currency, offered.plan_id) == (1000, "NZD", "kiwi-nz-10")
        assert message["link"].endswith(f"/pay/{offered.token}")
    assert message["amount"] == "NZ$10.00"
    assert of_staff(larger) == []


@pytest.mark.parametrize(
    "text", ["how do I pay it?", "差价怎么付", "when do I get the new code", "新的二维码什么时候发"]
)
def test_asked_of_it_the_same_link_is_given_again(larger: Engine, links: None, text: str) -> None:
    first = confirmed().dispatcher.messages[0]["link"]
    here = turn("ask", text=text, situation="done", asked="exchange", order_verified=True)
    assert about_refund.answer(here) == []
    assert said(here) == ["utter_exchange_pay_open"]
    assert here.dispatcher.messages[0]["link"] == first
    assert of_staff(larger) == []


def test_its_state_is_that_it_waits_for_the_payment(larger: Engine, links: None) -> None:
    confirmed()
    here = turn("ask", text="where is my exchange", order_verified=True)
    ActionRefundStatus().handle(here)
    assert said(here) == ["utter_exchange_pay_open"]


def test_what_is_paid_is_told_as_paid(larger: Engine, links: None) -> None:
    confirmed()
    with Session(larger, future=True) as session, session.begin():
        token = session.scalars(sa.select(TopUpOffer.token)).one()
        assert top_ups.paid(session, token, 1000, "nzd", "pi_1", NOW)
        assert not top_ups.paid(session, token, 1000, "nzd", "pi_1", NOW)
    here = turn("ask", text="差价怎么付", situation="done", asked="exchange", order_verified=True)
    assert about_refund.answer(here) == []
    assert said(here) == ["utter_exchange_paid"]


def test_what_costs_nothing_goes_to_staff_at_once(larger: Engine, links: None) -> None:
    assert said(confirmed("kiwi-nz-2")) == ["utter_exchange_requested"]
    assert of_staff(larger) == ["exchange"]


def test_without_payment_links_staff_see_what_is_to_pay(larger: Engine) -> None:
    assert said(confirmed()) == ["utter_exchange_requested"]
    with Session(larger, future=True) as session:
        assert session.scalars(sa.select(Ticket)).one().summary["difference"] == "NZ$10.00 to pay"


def test_before_the_yes_it_is_said_that_the_link_comes(larger: Engine, links: None) -> None:
    draft = {"kind": "exchange", "number": NUMBER, "ready": True, "plan": "kiwi-nz-10"}
    here = turn(
        "ask", text="when do I get the new code", situation="exchange_confirm", form="refund_form", order_verified=True,
        refund_draft=draft,
    )  # fmt: skip
    assert about_refund.answer(here) == []
    assert said(here) == ["utter_exchange_when_paid"]


def test_staff_see_that_an_exchange_was_taken_back(larger: Engine) -> None:
    confirmed()
    with Session(larger, future=True) as session:
        request = session.scalars(sa.select(RefundRequest.id)).one()
    here = turn(
        "confirm", form="refund_form", situation="withdraw_confirm", requested_slot="refund_confirmed",
        goal="withdraw", order_number=NUMBER,
        refund_draft={"kind": "withdraw", "number": NUMBER, "request": request, "ready": True},
    )  # fmt: skip
    ValidateRefundForm().handle(here)
    assert said(here) == ["utter_withdrawn"]
    with Session(larger, future=True) as session:
        (ticket,) = tickets.open_tickets(session, CONVERSATION)
        assert ticket.summary["withdrawn"] is True
