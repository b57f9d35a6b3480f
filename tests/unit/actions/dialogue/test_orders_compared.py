"""Orders of one traveller told apart and set beside each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from actions.dialogue.orders_compared import compare_orders, named_order
from tests.support.order_rows import NOW
from tests.support.turns import about, did, next_action, prove, slots, told, turn

EARLY, LATE = "NZ10000001", "NZ10000002"
IN_USE = {"profile_state": "enabled", "expires_at": NOW + timedelta(days=6)}
QUESTION = "which one did I buy earlier"


@pytest.fixture
def two(orders: Engine) -> Engine:
    prove(orders, LATE, bought_at=NOW - timedelta(days=1), amount_minor=1000)
    prove(orders, EARLY, bought_at=NOW - timedelta(days=9), amount_minor=2000, esim=IN_USE)
    return orders


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("text", "response", "first", "meant"),
    [
        (QUESTION, "bought", EARLY, EARLY),
        ("哪一单是先买的", "bought", EARLY, EARLY),
        ("which is the newer one", "bought", EARLY, LATE),
        ("which one was cheaper", "price", LATE, LATE),
        ("哪个比较便宜", "price", LATE, LATE),
        ("哪張先到期", "ends", EARLY, EARLY),
        ("which of them is installed", "state", LATE, EARLY),
    ],
)
def test_by_what_a_question_names(orders: Engine, text: str, response: str, first: str, meant: str) -> None:
    here = turn("ask", text=text)
    events = compare_orders(here) or []
    (message,) = here.dispatcher.messages
    assert message["response"] == f"utter_orders_by_{response}"
    assert first in message["body"].split("\n")[0]
    assert (slots(events), about(orders)) == ({"order_number": None}, meant)


def test_the_last_question_again_about_the_other_order(orders: Engine) -> None:
    prove(orders, LATE, EARLY)
    before = [did("action_data_usage"), told("utter_usage_left")]
    events = compare_orders(turn("switch_order", "ask", before=before)) or []
    assert (slots(events), next_action(events)) == ({"order_number": None}, "action_data_usage")
    assert about(orders) == LATE


def test_nothing_to_compare(orders: Engine) -> None:
    prove(orders, EARLY)
    assert compare_orders(turn("refer", "ask")) is None
    prove(orders, LATE)
    assert compare_orders(turn("ask")) is None
    assert compare_orders(turn("ask", text=QUESTION, situation="plan_list")) is None  # a plan is meant
    assert compare_orders(turn("refer", "ask", since=[did("action_other_order")])) is None
    assert compare_orders(turn("refer", "ask", text="does that one work in Australia?")) is None  # the one at hand
    assert compare_orders(turn("refer", "ask", text=QUESTION)) is not None


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("text", "number"),
    [("the older order", EARLY), ("贵的那单", EARLY), ("the cheaper one", LATE), ("the other one", None)],
)
def test_the_order_that_is_meant(text: str, number: str | None) -> None:
    assert named_order(turn(text=text), [LATE, EARLY]) == number


@pytest.mark.usefixtures("two")
def test_one_order_is_not_told_apart() -> None:
    assert named_order(turn(text="the older order"), [EARLY]) is None
