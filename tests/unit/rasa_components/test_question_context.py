"""Short questions completed by what was talked about."""

from __future__ import annotations

import pytest

from aftercare.rasa_components.question_context import fused, subject
from aftercare.understanding.reader.context import Context


@pytest.mark.parametrize(
    ("situation", "asked", "expected"),
    [
        ("done", "refund", "退款"),
        ("exchange_choice", "", "换套餐"),
        ("plan_list", "", "买哪个套餐"),
        ("told", "article", "热点能开吗"),
        ("step", "apn", "设置 APN"),  # "does that cost anything?"
        ("step", "open_place", None),
        ("idle", "", None),
    ],
)
def test_the_subject_is_what_was_talked_about(situation: str, asked: str, expected: str | None) -> None:
    assert subject(Context(situation, asked), {"about": "热点能开吗"}, "zh") == expected


def test_without_the_question_answered_last_there_is_no_subject() -> None:
    assert subject(Context("told", "article"), {"unit": "hotspot.how-many-devices"}, "en") is None
    assert subject(Context("told", "article"), None, "en") is None


def test_what_both_comparisons_find_comes_first() -> None:
    alone = [("talking-to-us.response-time", 0.47), ("finding-your-order.delivery-time", 0.16)]
    of_buying = [("finding-your-order.delivery-time", 0.22), ("choose-a-plan.when-to-buy", 0.14)]
    assert fused(alone, of_buying, None)[0] == ("finding-your-order.delivery-time", pytest.approx(0.595, abs=0.01))


def test_a_question_completed_by_its_subject_is_not_sure_and_not_the_one_just_answered() -> None:
    ranked = fused(
        [("top-up.new-qr-needed", 0.4)], [("top-up.how-to", 0.9), ("top-up.new-qr-needed", 0.8)], "top-up.how-to"
    )
    assert ranked == [("top-up.new-qr-needed", 0.6), ("top-up.how-to", 0.0)]
