"""What is wanted of the two orders of a double charge."""

from __future__ import annotations

import pytest

from aftercare.understanding.double_charge import asks_why_twice, wanted_of_pair

PAIR = ("NZ10000013", "NZ10000015")


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("which one came first, and who ordered the second?", "each"),
        ("if it's hers, don't refund it", "each"),
        ("did my wife order the second one?", "each"),
        ("第二单是谁买的", "each"),
        ("如果是她的就别退", "each"),
        ("I need a letter for the bank", "letter"),
        ("能开个证明吗", "letter"),
        ("how come it was taken twice", "why"),
        ("我只点了一次", "why"),
        ("give back the duplicate please", "refund"),
        ("退15那笔", "refund"),
        ("13 不用退", None),
        ("which one is refunded, is the other still good?", None),
        ("is the plan still good", None),
    ],
)
def test_of_the_pair(text: str, wish: str | None) -> None:
    assert wanted_of_pair(text, PAIR) == wish
    assert wanted_of_pair(text, ()) is None


def test_the_reason_is_asked_beside_something_else() -> None:
    assert asks_why_twice("I only clicked once! and a letter for my bank, please")
