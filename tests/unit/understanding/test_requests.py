"""What a text wishes for: the money, a request, a language, a call, a company's name on the invoice, a provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.contact_requests import asks_for_call
from aftercare.understanding.invoice_requests import gives_company, names_company
from aftercare.understanding.language_requests import language_named
from aftercare.understanding.provider_names import provider_named
from aftercare.understanding.refund_requests import asks_for_refund, names_request


@pytest.mark.parametrize(
    ("reads", "yes", "no"),
    [
        (
            asks_for_refund,
            ["actually yes, refund it", "还是退吧", "黑店，把钱还我"],
            ["no refund please", "退出去了", "不退"],
        ),
        (names_request, ["cancel my refund", "撤销申请"], ["stop", "算了"]),
        (asks_for_call, ["is there a hotline?", "可以视频吗"], ["a person please", "人工"]),
        (
            gives_company,
            [
                "my company name is fern travel",
                "Company: Fern",
                "Fern Travel Pty",
                "ABN 51 824 753 556",
                "上海蕨叶旅行有限公司",
                "抬头：蕨叶",
                "税号 91310000XXXX",
            ],
            [
                "the company is a joke",
                "can my company name be on it?",
                "for my business",
                "do I need a GST number?",
                "unlimited data",
                "可以写公司吗",
                "公司抬头",
            ],
        ),
        (names_company, ["for my business", "公司抬头", "with our ABN"], ["invoice please", "开发票"]),
    ],
)
def test_wish(reads: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not reads(text)] == []
    assert [text for text in no if reads(text)] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [("in English please", "en"), ("说中文", "zh"), ("speak Chinese, not English", "zh"), ("another one", None)],
)
def test_language(text: str, language: str | None) -> None:
    assert language_named(text) == language


def test_provider_by_its_names() -> None:
    for provider in load_catalogue().providers:
        assert provider_named(f"what does {provider.name_en} allow?") == provider.id
        assert provider_named(f"{provider.name_zh}能退吗") == provider.id
        assert provider_named(f"and {provider.name_en.split()[0].lower()}?") == provider.id
    assert provider_named("what are the terms?") is None
