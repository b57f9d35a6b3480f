"""Money in the decimals its currency has (ISO 4217)."""

from __future__ import annotations

import pytest

from aftercare.base.money_and_dates import decimal, is_currency, minor_units, money


@pytest.mark.parametrize(
    ("minor", "currency", "shown", "plain"),
    [
        (2900, "NZD", "NZ$29.00", "29.00"),
        (-5, "NZD", "-NZ$0.05", "-0.05"),
        (12_720, "CNY", "\u00a5127.20", "127.20"),
        (2900, "JPY", "JPY 2,900", "2900"),
        (3500, "XPF", "XPF 3,500", "3500"),
        (3500, "VUV", "VUV 3,500", "3500"),
        (1_234_500, "CLP", "CLP 1,234,500", "1234500"),
        (9_005, "KWD", "KWD 9.005", "9.005"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(minor: int, currency: str, shown: str, plain: str) -> None:
    assert money(minor, currency) == shown
    assert decimal(minor, currency) == plain


def test_minor_units() -> None:
    assert [minor_units(code) for code in ("NZD", "XPF", "KWD")] == [100, 1, 1000]


def test_what_is_no_code_is_told_from_one() -> None:
    assert all(map(is_currency, ("NZD", "CNY", "FJD", "XPF")))
    assert not any(map(is_currency, ("RMB", "NZ$", "nzd", "XXX", "")))
