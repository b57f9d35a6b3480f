"""A provider's terms in one line."""

from __future__ import annotations

from typing import Any

import pytest

from actions.refunds.wording import terms_text
from actions.wording import Wording
from aftercare.base.settings import settings
from tests.support.order_rows import terms


@pytest.mark.parametrize(
    ("changes", "en", "zh"),
    [
        (
            {},
            "refund within 7 days of purchase; up to 500 MB used; back to your card within 10 days; "
            "exchange within 14 days; faults reviewed within 30 days",
            "购买后 7 天内可退；用量不超过 500 MB；10 天内退到原付款卡；14 天内可换；故障 30 天内可申报",
        ),
        (
            {"installed_refundable": False, "fee_minor": 500, "partial_refund": True, "exchange_allowed": False},
            "refund within 7 days of purchase; only while not installed; otherwise the unused share; NZ$5.00 fee; "
            "back to your card within 10 days; faults reviewed within 30 days",
            "购买后 7 天内可退；仅限未安装；超出时可退未用部分；手续费 NZ$5.00；"
            "10 天内退到原付款卡；故障 30 天内可申报",
        ),
        (
            {"window_days": 0, "exchange_allowed": False, "fault_window_days": 0},
            "no refund once the code is sent",
            "发码后不退款",
        ),
    ],
)
def test_terms_in_one_line(changes: dict[str, Any], en: str, zh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "payment_provider", "stripe")
    assert terms_text(Wording("en", "Pacific/Auckland"), terms(**changes), "NZD") == en
    assert terms_text(Wording("zh", "Pacific/Auckland"), terms(**changes), "NZD") == zh


def test_no_card_is_promised_without_a_payment_provider() -> None:
    assert "paid out within 10 days" in terms_text(Wording("en", "Pacific/Auckland"), terms(), "NZD")
    assert "10 天内付款" in terms_text(Wording("zh", "Pacific/Auckland"), terms(), "NZD")
    credit = terms_text(Wording("en", "Pacific/Auckland"), terms(paid_to="credit"), "NZD")
    assert "back to your shop credit within 10 days" in credit


def test_a_fee_is_told_in_the_orders_currency() -> None:
    charged = terms(fee_minor=200)
    assert "¥2.00" in terms_text(Wording("zh", "Pacific/Auckland"), charged, "CNY")
    assert "US$2.00" in terms_text(Wording("en", "Pacific/Auckland"), charged, "USD")
