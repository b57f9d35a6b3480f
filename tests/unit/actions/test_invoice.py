"""What is to stand on an invoice goes with its ticket."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.orders.payment import ActionInvoice
from aftercare.orders.tickets import open_tickets
from tests.support.turns import CONVERSATION, did, prove, said, turn

NUMBER = "NZ10000003"
SHOWN = [did("action_invoice")]


def ticket(orders: Engine) -> dict[str, Any]:
    with Session(orders, future=True) as session:
        (found,) = open_tickets(session, CONVERSATION)
        return dict(found.summary)


def asked(text: str, **more: Any) -> list[str]:
    here = turn("start:ask_invoice", text=text, goal="invoice", **more)
    ActionInvoice().handle(here)
    return said(here)


@pytest.mark.parametrize(
    "details", [["company is Fern Travel Ltd", "GST 99-123-456"], ["抬头是蕨叶旅行", "税号 91310000"]]
)
def test_name_and_tax_number_are_kept_with_the_ticket(orders: Engine, details: list[str]) -> None:
    prove(orders, NUMBER)
    for text in details:
        assert asked(text, before=SHOWN) == ["utter_invoice_company_noted"]
    assert ticket(orders) == {"order": NUMBER, "company": True, "company_details": details}


def test_the_invoice_of_another_order_is_shown_whatever_was_shown_before(orders: Engine) -> None:
    prove(orders, NUMBER)
    wished = asked("and that one's invoice, to Fern Travel Ltd", before=SHOWN, intent="ask_invoice")
    assert wished == ["utter_invoice", "utter_invoice_company_noted"]


def test_told_with_the_wish_they_are_not_asked_for(orders: Engine) -> None:
    prove(orders, NUMBER)
    assert asked("an invoice to Fern Travel Ltd please") == ["utter_invoice", "utter_invoice_company_noted"]
    assert ticket(orders)["company_details"] == ["an invoice to Fern Travel Ltd please"]


def test_a_company_without_its_name_is_asked_for_it(orders: Engine) -> None:
    prove(orders, NUMBER)
    assert asked("an invoice for my business") == ["utter_invoice", "utter_invoice_company"]
    assert "company_details" not in ticket(orders)


def test_what_is_asked_of_an_invoice_written_by_hand_is_noted_and_shows_no_other_pdf(orders: Engine) -> None:
    prove(orders, NUMBER)
    asked("an invoice to Fern Travel Ltd please")
    since = "when is the company one ready, my boss needs it on Thursday"
    here = turn("ask", text=since, goal="invoice", before=SHOWN, intent="ask_support_hours")
    ActionInvoice().handle(here)
    assert said(here) == ["utter_ticket_open"]
    assert ticket(orders)["said_since"] == [since]
