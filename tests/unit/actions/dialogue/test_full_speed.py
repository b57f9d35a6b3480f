"""An unlimited plan that is slowed down today: its day in figures, and the time of this order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import full_speed
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.order_rows import NOW, add_order, add_plan, days
from tests.support.turns import CONVERSATION, EMAIL, said, turn

NUMBER = "NZ10000003"
BACK_WHEN = "speed-and-fair-use.full-speed-back-when@0.4"


def slowed(orders: Engine, throttled: bool = True) -> None:
    """An order of an unlimited plan, proven, with the day's full speed used up or not."""
    until = NOW + days(1) if throttled else None
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "kiwi-endless", data_mb=None, fair_use_mb=2048, throttle_kbps=1000)
        esim: dict[str, Any] = {"profile_state": "enabled", "throttled_until": until}
        add_order(session, NUMBER, plan_id="kiwi-endless", esim=esim)
        ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW)


def asked(*labels: str, text: str, **more: Any) -> Turn:
    return turn(*labels, text=text, order_verified=True, order_number=NUMBER, **more)


@pytest.mark.parametrize(("text", "language"), [("I paid for unlimited data", "en"), ("不是说好不限量的吗", "zh")])
def test_unlimited_held_against_the_slow_line_is_explained_by_the_plans_day(
    orders: Engine, text: str, language: str
) -> None:
    slowed(orders)
    here = asked("object", text=text, language=language, situation="finding", asked="throttled")
    assert full_speed.answer(here) == []
    assert said(here) == ["why.finding.throttled"]
    told = here.dispatcher.messages[0]["text"]
    assert "2 GB" in told
    assert "15:00" in told
    assert "NZ time" in told or "新西兰时间" in told


@pytest.mark.parametrize("text", ["is it reset at midnight here or at home", "几点恢复，按新西兰时间吗"])
def test_when_it_is_fast_again_is_the_time_of_this_order(orders: Engine, text: str) -> None:
    slowed(orders)
    here = asked("ask", text=text, units=BACK_WHEN, situation="told", asked="usage")
    assert full_speed.answer(here) == []
    assert "15:00" in here.dispatcher.messages[0]["text"]


def test_what_is_asked_of_plans_or_of_a_line_at_full_speed_is_left_to_the_others(orders: Engine) -> None:
    slowed(orders, throttled=False)
    assert full_speed.answer(asked("ask", text="when is it reset", units=BACK_WHEN)) is None
    assert (
        full_speed.answer(asked("object", text="but it is unlimited", situation="finding", asked="throttled")) is None
    )
    assert full_speed.answer(turn("object", text="but it is unlimited", units=BACK_WHEN)) is None  # no order is proven


def test_a_plan_wished_for_is_not_disputed(orders: Engine) -> None:
    slowed(orders)
    assert full_speed.answer(asked("ask", text="which of them are unlimited", situation="plan_list")) is None
    assert full_speed.answer(asked("ask", text="can I pay for full speed", units=BACK_WHEN)) is None
