"""What is said right after a request was told of: an article and the date, the withdrawal, yes or no, or its state."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import BotUttered
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.clarify import ActionTwoMatters
from actions.dialogue import about_refund
from actions.refunds.about_request import about_request, request_open, whether_usable
from actions.refunds.status import ActionRefundStatus
from actions.turn import Turn
from aftercare.orders.refunds.decide import Kind, decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request, withdraw
from tests.support.order_rows import NOW, days
from tests.support.turns import CONVERSATION, next_action, prove, said, slots, turn

NUMBER = "NZ10000003"


def request(orders: Engine, kind: Kind = "refund") -> None:
    prove(orders, NUMBER)
    with Session(orders, future=True) as session, session.begin():
        loaded = facts_for(session, NUMBER, NOW)
        assert loaded is not None
        open_request(session, NUMBER, kind, decide(*loaded, kind), CONVERSATION, NOW)


def asked(*labels: str, **more: Any) -> Turn:
    return turn(
        *(labels or ("ask",)), **{"situation": "told", "asked": "refund_status", "goal": "refund_status", **more}
    )


@pytest.mark.parametrize("article", ["refund-money.which-card", "refund-money.fee", "refund-money.bank-has-not-got-it"])
def test_an_article_about_the_money_goes_first_and_the_date_after_it(orders: Engine, article: str) -> None:
    request(orders)
    here = asked(units=f"{article}@0.6")
    about_request(here)
    assert said(here) == ["utter_article", "utter_refund_status_date"]
    assert (here.dispatcher.messages[1]["number"], here.dispatcher.messages[1]["amount"]) == (NUMBER, "NZ$29.00")


@pytest.mark.parametrize("units", ["refund-requests.status@0.8", "refund-money.how-long@0.8", "hotspot.share@0.8", ""])
def test_what_the_state_answers_is_answered_by_it(orders: Engine, units: str) -> None:
    request(orders)
    assert next_action(about_request(asked(units=units))) == "action_refund_status"


def test_a_date_that_has_passed_is_chased_rather_than_told(orders: Engine) -> None:
    request(orders)
    with Session(orders, future=True) as session, session.begin():
        latest_request(session, NUMBER).arrives_by = NOW - days(1)
    here = asked(units="refund-money.bank-has-not-got-it@0.9")
    about_request(here)
    assert said(here) == ["utter_article", "utter_refund_status_overdue"]


@pytest.mark.parametrize("text", ["and if nothing is there by that day, who helps me", "到那天还没到账我问谁"])
def test_money_that_may_not_come_in_time_is_traced_by_a_colleague(orders: Engine, text: str) -> None:
    request(orders)
    elsewhere = {"text": text, "asked": "article", "units": "plan-start-and-validity.starts-when@0.8"}
    assert next_action(about_refund.answer(asked(order_verified=True, **elsewhere)) or []) == "action_refund_status"
    here = asked(text=text)
    ActionRefundStatus().handle(here)
    assert said(here) == ["utter_refund_status_if_late"]
    with Session(orders, future=True) as session, session.begin():
        latest_request(session, NUMBER).arrives_by = NOW - days(1)
    late = asked(text=text)
    ActionRefundStatus().handle(late)
    assert said(late) == ["utter_refund_status", "utter_refund_status_overdue"]


@pytest.mark.parametrize(
    "text",
    ["then please don't refund it", "forget the refund", "take it back please", "那别退了", "还是不退了", "先别退款"],
)
def test_a_request_that_is_to_be_dropped_is_offered_for_withdrawal(orders: Engine, text: str) -> None:
    request(orders)
    assert next_action(about_request(asked(text=text, units="refund-money.which-card@0.6"))) == "action_undo"


@pytest.mark.parametrize("text", ["can't it go quicker?", "能快一点吗"])
def test_sooner_is_not_promised(orders: Engine, text: str) -> None:
    request(orders)
    assert next_action(about_request(asked(text=text, units="refund-money.which-card@0.6"))) == "action_refund_status"


def state_of_message(text: str) -> dict[str, Any]:
    return dict(BotUttered(text, {}, {"meaning": "utter_refund_status"}))


def status(before: list[dict[str, Any]]) -> Turn:
    here = asked(before=before, order_number=NUMBER)
    ActionRefundStatus().handle(here)
    return here


def test_the_state_is_never_told_twice_running(orders: Engine) -> None:
    request(orders)
    assert said(status([])) == ["utter_refund_status"]
    assert said(status([state_of_message(f"Refund of {NUMBER}")])) == ["utter_refund_status_next"]
    assert said(status([state_of_message("Refund of NZ10000009")])) == ["utter_refund_status"]  # of another order


# whether the eSIM may still be used


def usable(**more: Any) -> list[str]:
    here = turn("ask", text="is it still usable?", **more)
    whether_usable(here)
    return said(here)


def test_usable_by_the_order_and_its_request(orders: Engine) -> None:
    request(orders)
    draft = {"kind": "withdraw", "number": NUMBER, "request": 1, "ready": True}
    assert usable() == ["utter_usable_but_requested"]
    assert usable(refund_draft=draft) == ["utter_usable_once_withdrawn"]
    with Session(orders, future=True) as session, session.begin():
        assert withdraw(session, NUMBER, NOW, CONVERSATION)
    assert usable() == ["utter_usable_yes"]


@pytest.mark.parametrize(
    ("changes", "response"),
    [
        ({"esim": {"profile_state": "deleted"}}, "utter_usable_no"),
        ({"status": "refunded"}, "utter_usable_no"),
        (
            {"esim": {"profile_state": "enabled", "first_use_at": NOW - days(40), "expires_at": NOW - days(1)}},
            "utter_usable_ended",
        ),
    ],
)
def test_not_usable_any_more(orders: Engine, changes: dict[str, Any], response: str) -> None:
    prove(orders, NUMBER, **changes)
    assert usable() == [response]


def test_of_no_order_nothing_is_said() -> None:
    assert whether_usable(turn("ask")) is None
    assert not request_open(turn("ask"))


def test_what_the_request_stands_in_the_way_of_offers_its_withdrawal(orders: Engine) -> None:
    request(orders)
    here = turn("ask")
    assert slots(whether_usable(here) or [])["offer"] == "withdraw_request"
    assert request_open(turn("ask"))


def test_a_request_that_is_dropped_with_a_reason_is_one_matter(orders: Engine) -> None:
    request(orders)
    here = turn(text="那别退了，我还要接着用", second_matter=["withdraw_request", "check_data_usage"])
    assert next_action(ActionTwoMatters().handle(here)) == "action_undo"
    assert said(here) == []
