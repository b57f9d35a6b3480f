"""Each rule of a refund decision in one line, with its figure and limit, in both languages."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from aftercare.base.language import LANGUAGES, Language
from aftercare.documents.refund_rules import rule_line
from aftercare.orders.refunds.decide import Rule, RuleName
from tests.support.order_rows import terms


def rule(name: Any, figure: int | str | None = None, limit: int | None = None, passed: bool = True) -> Rule:
    return Rule(name, passed, figure, limit, "days")


@pytest.mark.parametrize(
    ("given", "en", "zh"),
    [
        (rule("window", 1, 7), "bought 1 day ago; KiwiRoam allows 7", "购买已过 1 天；奇异漫游 允许 7 天"),
        (
            rule("fault_window", 20, 30),
            "fault report: bought 20 days ago; KiwiRoam allows 30",
            "故障申报：购买已过 20 天；奇异漫游 允许 30 天",
        ),
        (rule("data_limit", 2458, 500), "2.4 GB used; KiwiRoam allows 500 MB", "已用 2.4 GB；奇异漫游 允许 500 MB"),
        (rule("data_limit", 2458), "2.4 GB used; no data limit", "已用 2.4 GB；没有流量限制"),
        (rule("data_limit", 0, 500), "no data used", "流量还没用"),
        (rule("profile", "deleted"), "eSIM deleted", "eSIM 已删除"),
        (rule("profile"), "eSIM not used yet", "eSIM 尚未使用"),
        (rule("fee", 500), "handling fee NZ$5.00", "手续费 NZ$5.00"),
        (
            rule("duplicate_charge", "NZ10000012"),
            "second charge for the same plan as NZ10000012",
            "与 NZ10000012 是同一套餐的重复扣款",
        ),
        (rule("expiry", passed=False), "the plan has expired", "套餐已过期"),
        (rule("exchange_allowed", passed=False), "KiwiRoam doesn't exchange plans", "奇异漫游 不支持更换套餐"),
    ],
)
def test_a_rule_in_words(given: Rule, en: str, zh: str) -> None:
    assert rule_line(given, "NZD", "en", terms()) == en
    assert rule_line(given, "NZD", "zh", terms()) == zh


@pytest.mark.parametrize(
    ("window_from", "begins"), [("delivery", "QR code sent 3 days"), ("expiry", "expired 3 days ago")]
)
def test_days_are_counted_from_where_the_provider_counts(window_from: str, begins: str) -> None:
    assert rule_line(rule("window", 3, 7), "NZD", "en", terms(window_from=window_from)).startswith(begins)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("passed", [True, False])
def test_every_rule_has_words_with_and_without_the_terms(language: Language, passed: bool) -> None:
    for name in get_args(RuleName):
        for given in (terms(), None):
            assert rule_line(rule(name, passed=passed), "NZD", language, given) != name


def test_a_rule_without_words_is_written_as_it_is_named() -> None:
    assert rule_line(rule("brand_new"), "NZD", "en", terms()) == "brand_new"
