"""A refusal that is argued with: the point is answered from the order, each once, and never by the refusal again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import about_refund
from actions.refunds.argued import argued
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.order_rows import NOW, add_order, add_plan, add_provider
from tests.support.turns import CONVERSATION, EMAIL, said, slots, told, turn

NUMBER = "NZ10000005"
USED: dict[str, Any] = {"profile_state": "enabled", "data_used_mb": 2400, "first_use_at": NOW - timedelta(days=2)}


def refused(orders: Engine, esim: dict[str, Any] | None = None, bought: int = 2, **policy: Any) -> None:
    """The order proven here, which the seller's terms give nothing back for."""
    with Session(orders, future=True) as session, session.begin():
        add_provider(session, "kiwi", **policy)
        add_plan(session)
        add_order(session, NUMBER, esim=esim, bought_at=NOW - timedelta(days=bought))
        assert ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW).status == "verified"


def against(units: str, *labels: str, **more: Any) -> Turn:
    asked = {"situation": "told", "asked": "refund_decision", "order_verified": True, "goal": "refund"}
    return turn(*(labels or ("object",)), text="but listen", units=units, **{**asked, **more})


@pytest.mark.parametrize(
    ("unit", "response"),
    [
        ("refund-reasons.illness", "utter_refund_argued_reason"),
        ("refund-reasons.too-slow-refund", "utter_refund_argued_fault"),
        ("refund-decision.partial-refund", "utter_refund_argued_share"),
        ("refund-decision.rules-differ", "utter_refund_argued_terms"),
    ],
)
def test_each_point_has_its_own_answer(orders: Engine, unit: str, response: str) -> None:
    refused(orders, USED)
    here = against(f"{unit}@0.6")
    events = about_refund.answer(here)
    assert said(here) == [response]
    assert slots(events or [])["offer"] == "human_handoff"  # a yes asks for a person


def test_the_share_is_told_with_the_figures_of_the_order(orders: Engine) -> None:
    refused(orders, USED)
    here = against("refund-decision.partial-refund@0.6")
    argued(here)
    (message,) = here.dispatcher.messages
    assert (message["used"], message["limit"], message["left"]) == ("2.3 GB", "500 MB", "2.5 GB")
    assert "NZ$15.08" in message["swap"]  # 2600 of 5000 MB of NZ$29.00


def test_an_unused_order_that_is_too_old_is_still_usable(orders: Engine) -> None:
    refused(orders, bought=20)
    here = against("refund-decision.installed-not-used@0.5")
    assert argued(here) is not None
    assert said(here) == ["utter_refund_argued_unused"]


def test_a_point_is_answered_once(orders: Engine) -> None:
    refused(orders, USED)
    before = [told("utter_refund_argued_reason")]
    assert argued(against("refund-reasons.illness@0.6", before=before)) is None


def test_nothing_is_argued_about_money_that_comes_back(orders: Engine) -> None:
    refused(orders)
    assert argued(against("refund-reasons.illness@0.6")) is None


def test_a_seller_that_pays_shares_is_not_said_to_pay_none(orders: Engine) -> None:
    refused(orders, USED, bought=20, partial_refund=True)
    assert argued(against("refund-decision.partial-refund@0.6")) is None


def test_a_bare_why_is_told_the_rule(orders: Engine) -> None:
    refused(orders, bought=20)
    here = against("refund-decision.rules-differ@0.6", "ask_why")
    here.tracker.latest_message["text"] = "为什么不能退"
    assert argued(here) is None


@pytest.mark.parametrize(("sure", "response"), [(0.99, ["utter_refund_argued_fault"]), (0.4, [])])
def test_an_objection_that_reports_a_fault_is_answered_as_one(orders: Engine, sure: float, response: list[str]) -> None:
    refused(orders, USED)
    here = against("refund-status.why-so-long@0.1", intent="report_slow_data", confidence=sure)
    argued(here)
    assert said(here) == response
