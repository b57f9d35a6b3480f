"""Cantonese is compared as Mandarin; Mandarin stays as it is."""

from __future__ import annotations

import pytest

from aftercare.understanding.cantonese import as_mandarin


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("喺边度睇到", "在哪里看到"),
        ("点解用唔到", "为什么用不了"),
        ("而家都系冇网", "现在都是没有网"),
        ("系统提示错误", "系统提示错误"),  # 系 in Mandarin
        ("太阳晒得很", "太阳晒得很"),
        ("", ""),
    ],
)
def test_words_are_replaced_in_cantonese_only(written: str, compared: str) -> None:
    assert as_mandarin(written) == compared
