"""A message that says only that it does not work is told from one that says how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.understanding.unspecified_fault import is_unspecified


@pytest.mark.parametrize(
    "text",
    [
        "it doesn't work",
        "My eSIM is not working!!",
        "hi, there is a problem with my esim",
        "broken",
        "用不了",
        "我的eSIM用不了了怎么办",
        "你好，我的流量卡有问题",
        "我的esim沒法用",
    ],
)
def test_vague(text: str) -> None:
    assert is_unspecified(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no signal",
        "it doesn't work in Queenstown",
        "my hotspot is not working",
        "the QR code does not work",
        "it works now",
        "没网",
        "热点用不了",
        "二维码用不了",
        "突然不能用了",
        "it suddenly stopped working",
        "NZ10000001 doesn't work",
    ],
)
def test_not_vague(text: str) -> None:
    assert not is_unspecified(text)


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert is_unspecified(text) in (True, False)
