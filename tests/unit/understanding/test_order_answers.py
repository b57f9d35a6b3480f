"""What was meant as an order number or an e-mail, though neither could be read."""

import pytest

from aftercare.understanding.order_answers import looks_like_email, looks_like_order_number


@pytest.mark.parametrize(
    ("text", "number", "email"),
    [
        ("NZ 12345", True, False),
        ("nz-1", True, False),
        ("1000 0001", True, False),
        ("my flight is at 9", False, False),
        ("what for?", False, False),
        ("wang at gmail", False, True),
        ("wang@", False, True),
        ("my qq mail", False, True),
        ("在信箱里找不到", False, False),
    ],
)
def test_what_was_meant(text: str, number: bool, email: bool) -> None:
    assert (looks_like_order_number(text), looks_like_email(text)) == (number, email)
