"""A fault of hotspot or calls is told from the question whether they are included."""

import pytest

from aftercare.understanding.feature_faults import has_deleted, has_no_internet, is_fault


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


@pytest.mark.parametrize(
    ("text", "expected"), [("I have no internet", True), ("上不了网", True), ("how do I install it?", False)]
)
def test_no_internet(text: str, expected: bool) -> None:
    assert has_no_internet(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("I deleted it", True), ("误删了", True), ("can a deleted eSIM come back?", False), ("删掉了还能装吗", False)],
)
def test_deleted_already(text: str, expected: bool) -> None:
    assert has_deleted(text) is expected
