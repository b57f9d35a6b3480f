"""Phrases are found by name, filled in, counted, and none is kept that nothing says."""

from __future__ import annotations

import pytest

from aftercare.base.responses import counted, phrase, term


def test_a_phrase_is_filled_in() -> None:
    assert phrase("plan_reason_price_a_day", "en", price="NZ$1.00") == "NZ$1.00 a day"
    assert phrase(
        "plan_line", "zh", name="甲", seller="乙", data="1 GB", days="3 天", price="$1", reason="好"
    ).startswith("• 甲（乙）：1 GB")
    with pytest.raises(KeyError):
        phrase("plan_reason_price_a_day", "en")
    with pytest.raises(KeyError):
        phrase("nowhere_to_be_found", "en")


def test_one_is_not_many() -> None:
    assert [counted("days", count, "en") for count in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert counted("days", 1, "zh") == "1 天"


def test_a_term_without_words_stays_as_it_is() -> None:
    assert term("released", "zh") == "尚未使用"
    assert term("brand_new", "zh") == "brand_new"
    assert (term(None, "en"), term(None, "zh")) == ("unknown", "未知")
