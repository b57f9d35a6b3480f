"""An order of another shop is called one where the shop is named, whatever else is asked."""

from __future__ import annotations

import pytest

from actions import marketplaces
from tests.support.turns import said, turn


@pytest.mark.parametrize("text", ["can you send the code of my Klook order again", "飞猪下的单，二维码再发一次"])
def test_what_only_the_marketplace_can_do_is_theirs(text: str) -> None:
    here = turn("ask", text=text)
    assert marketplaces.answer(here) == []
    assert said(here) == ["utter_order_of_marketplace"]


def test_an_article_that_surely_answers_goes_first() -> None:
    assert marketplaces.answer(turn("ask", text="is Klook a safe shop?", units="hotspot.how-many-devices@0.9")) is None


def test_without_a_marketplace_nothing_is_said_of_one() -> None:
    assert marketplaces.answer(turn("ask", text="can you send the code again")) is None
