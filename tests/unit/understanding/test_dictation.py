"""Order numbers and e-mails said aloud are read; other numbers and sentences are left alone."""

import pytest

from aftercare.understanding.dictation import dictated_email, dictated_order_number


@pytest.mark.parametrize(
    "text",
    [
        "10000006",
        "1000 0006",
        "it's 1000-0006",
        "nz one zero zero zero zero zero zero six",
        "N Z one oh oh oh oh oh oh six",
        "NZ一零零零零零零六",
        "订单号是幺零零零零零零六",
        "１００００００６",
    ],
)
def test_number(text: str) -> None:
    assert dictated_order_number(text) == "NZ10000006"


@pytest.mark.parametrize(
    "text", ["1000006", "89049032276582719467332122022403", "two or three days", "一直没有信号", "+64 21 1234 5678"]
)
def test_no_number(text: str) -> None:
    assert dictated_order_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "raj at example dot com",
        "it's Raj at Example dot com",
        "raj艾特example点com",
        "raj @ example.com",
        "raj@example。com",
    ],
)
def test_email(text: str) -> None:
    assert dictated_email(text) == "raj@example.com"


@pytest.mark.parametrize("text", ["I'm at the airport", "look at it", "我在机场有点急", "raj example"])
def test_no_email(text: str) -> None:
    assert dictated_email(text) is None
