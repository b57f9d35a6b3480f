"""A fault of hotspot or calls is told from the question whether they are included."""

import pytest

from actions.help import is_fault


@pytest.mark.parametrize(
    "text",
    [
        "my laptop can't connect to the hotspot",
        "hotspot isn’t working",
        "hotspot on but no internet on my tablet",
        "I cannot make calls",
        "热点连不上",
        "开了热点电脑上不了网",
        "電話打不通",
        "收不到短信",
    ],
)
def test_fault(text: str) -> None:
    assert is_fault(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I use hotspot?",
        "can't I share it?",
        "does it not include calls?",
        "可以开热点吗",
        "是不是不能打电话吗？",
        "hotspot?",
    ],
)
def test_question(text: str) -> None:
    assert not is_fault(text)
