"""Several orders of one message, each with its e-mail address."""

from __future__ import annotations

import re

import pytest

from aftercare.understanding.order_pairs import orders_with_emails

_FOUND = {"order_number": r"NZ\d{8}", "email": r"\w+@\w+\.com"}


def named(text: str) -> list[tuple[str, str, str]]:
    entities = [
        {"entity": name, "value": found[0], "start": found.start(), "end": found.end()}
        for name, pattern in _FOUND.items()
        for found in re.finditer(pattern, text, re.ASCII)
    ]
    return [(each.number, each.email, each.words.strip(" ,，")) for each in orders_with_emails(text, entities)]


def test_each_address_belongs_to_the_number_beside_it() -> None:
    text = "mine is NZ10000003 Emma@example.com, hers NZ10000002 li@example.com"
    assert named(text) == [
        ("NZ10000003", "emma@example.com", "mine is NZ10000003 Emma@example.com"),
        ("NZ10000002", "li@example.com", "hers NZ10000002 li@example.com"),
    ]


def test_whose_it_is_may_stand_after_it() -> None:
    told = [each[2] for each in named("NZ10000003 a@x.com 是我的，NZ10000002 b@x.com 是我妈的")]
    assert told == ["NZ10000003 a@x.com 是我的", "NZ10000002 b@x.com 是我妈的"]


@pytest.mark.parametrize(
    "text",
    [
        "NZ10000003 a@x.com",
        "NZ10000003 and NZ10000002, a@x.com",
        "NZ10000003 a@x.com, sorry NZ10000003 b@x.com",
        "no order here",
    ],
)
def test_anything_else_is_no_pair_of_orders(text: str) -> None:
    assert named(text) == []
