"""Whether data or days of a plan that is named are enough."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from actions.plans import amount_fit, days_fit
from tests.support.turns import said, turn


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("we stream films 3 hours a day for 5 days, will 6 GB be enough?", "utter_amount_short"),
        ("an hour of youtube a day, 10 days, is 12 GB enough?", "utter_amount_just"),
        ("听歌每天两小时，一共10天，5G够吗", "utter_amount_enough"),
        ("每天刷剧三小时，8天需要多少流量", "utter_amount_needed"),
        ("an hour of netflix a day, how long will 10 GB last?", "utter_amount_lasts"),
    ],
)
def test_the_verdict_on_an_amount(orders: Engine, text: str, response: str) -> None:
    here = turn("ask", text=text)
    assert amount_fit.answer(here) is not None
    assert said(here) == [response]


def test_several_people_use_it_each(orders: Engine) -> None:
    here = turn("ask", text="two people, an hour of video calls a day each, 10 days, is 5 GB enough?", language="en")
    amount_fit.answer(here)
    (message,) = here.dispatcher.messages
    assert (message["low"], message["high"]) == ("6 GB", "20 GB")


@pytest.mark.parametrize(
    "text", ["is 10 GB enough for 10 days?", "an hour of youtube a day", "unlimited, 2 hours of films a day, enough?"]
)
def test_nothing_is_reckoned(orders: Engine, text: str) -> None:
    here = turn("ask", text=text)
    assert amount_fit.answer(here) is None
    assert said(here) == []


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("3 to 12 February, is a 10 day plan enough?", "utter_stay_enough"),
        ("3 to 12 February, is a 9 day plan enough?", "utter_stay_just"),
        ("2月3日到2月12日，7天的套餐够吗", "utter_stay_short"),
    ],
)
def test_the_days_of_a_plan_against_two_dates(orders: Engine, text: str, response: str) -> None:
    here = turn("ask", text=text)
    assert days_fit.answer(here) is not None
    assert said(here) == [response]
