"""A no by itself, and a yes before a question."""

import pytest

from aftercare.understanding.yes_no import after_yes, begins_with_yes, is_just_no


@pytest.mark.parametrize(
    ("text", "expected"), [("no", True), ("Nope!", True), ("不", True), ("no signal", False), ("不行", False)]
)
def test_just_no(text: str, expected: bool) -> None:
    assert is_just_no(text) is expected


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("yes, withdraw it. is the code still good?", "is the code still good?"),
        ("Yes please and can I install it today?", "can I install it today?"),
        ("好的，撤回吧，那码还能用吗", "码还能用吗"),
        ("withdraw, yes. and when do the days start?", "when do the days start?"),
        ("yes that's what I said, withdraw. and can she use my code", "can she use my code"),
    ],
)
def test_what_is_asked_after_a_plain_yes(text: str, rest: str) -> None:
    assert after_yes(text, of_money=False) == rest


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "yes but can I undo it later?",
        "yes if it is free, is it?",
        "yes, unless there is a fee. is there?",
        "好，不过还能反悔吗",
        "好的，如果没用过呢？",
        "is that a yes?",
    ],
)
def test_a_yes_on_a_condition_is_no_plain_one(text: str) -> None:
    assert after_yes(text, of_money=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "yes. can I still use it meanwhile?",
        "yes, refund it. how much money is that?",
        "yes, refund it. can I get it back if we travel?",
        "好的，退款吧，手续费多少",
    ],
)
def test_money_moves_only_on_a_yes_that_nothing_doubts(text: str) -> None:
    assert after_yes(text, of_money=True) is None


def test_money_moves_on_a_yes_that_says_what_to_do() -> None:
    assert after_yes("yes, refund it. do I have to delete the eSIM?", of_money=True) == "do I have to delete the eSIM?"


def test_a_yes_on_a_condition_is_no_refusal() -> None:
    assert begins_with_yes("yes but will they take it back")
    assert not begins_with_yes("no refund")
