"""Short questions completed by what was talked about."""

from __future__ import annotations

import pytest

from aftercare.rasa_components.question_context import best_of_part, by_question, fused, subject, with_whole
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


def test_a_part_is_read_with_what_the_message_tells() -> None:
    alone = [("install.how-long", 0.6), ("refund.how-long", 0.1)]
    told = [("refund.how-long", 0.5), ("install.how-long", 0.05)]
    assert best_of_part(alone, told, [("refund.status", 0.4)]) == ("refund.how-long", 0.5)


def test_a_part_that_has_nothing_to_do_with_the_whole_needs_to_be_clear() -> None:
    whole = [("speed.what-speed", 0.4)]
    unclear = [("volte.where", 0.6)]
    assert best_of_part(unclear, unclear, whole) is None
    clear = [("volte.where", 0.9)]
    assert best_of_part(clear, clear, whole) == ("volte.where", 0.9)
    of_steps = [("while-we-fix-it.is-that-normal", 0.99)]
    assert best_of_part(of_steps, of_steps, whole) is None


def test_the_whole_decides_between_near_parts() -> None:
    alone = [("visitors.nz-time", 0.58), ("start.day-length", 0.49)]
    whole = [("start.day-length", 0.75), ("visitors.nz-time", 0.1)]
    assert best_of_part(alone, alone, whole) == ("start.day-length", 0.49)


def test_the_one_question_of_a_story_counts_with_the_whole() -> None:
    assert with_whole(0.9, 0.02) < 0.2
    assert with_whole(0.9, 0.4) > 0.6


def test_a_clear_question_brings_its_unit_where_the_whole_knows_its_article() -> None:
    whole = [("speed.evening", 0.38), ("speed.right-now", 0.1), ("coverage.queenstown", 0.05)]
    assert by_question(whole, [("speed.throttle", 0.8)])[0][0] == "speed.throttle"
    assert by_question(whole, [("apn.value", 0.8)])[0][0] == "speed.evening"  # nothing says that it belongs here
    assert by_question(whole, [("speed.throttle", 0.5)])[0][0] == "speed.evening"
    known = [*whole, ("speed.throttle", 0.03)]
    assert by_question(known, [("speed.throttle", 0.8)])[0][0] == "speed.throttle"


def test_what_the_whole_says_already_is_surer_by_its_question() -> None:
    whole = [("speed.throttle", 0.63), ("speed.evening", 0.1)]
    assert by_question(whole, [("speed.throttle", 1.0)])[0] == ("speed.throttle", pytest.approx(0.9, abs=0.1))


def test_a_whole_that_is_sure_of_its_subject_tells_its_questions_apart() -> None:
    whole = [("money.account-closed", 0.49), ("money.which-card", 0.29)]
    assert by_question(whole, [("money.which-card", 0.9)])[0][0] == "money.account-closed"
