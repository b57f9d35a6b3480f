"""What a text says of the step just given."""

import pytest

from aftercare.understanding.step_answers import (
    acknowledges,
    asks_step_back,
    cannot_find,
    goes_to_try,
    has_landed,
    not_there_yet,
    not_tried_yet,
    says_it_works,
    says_tried,
    still_not,
)


@pytest.mark.parametrize(
    ("text", "expected"), [("还是没网", True), ("still no luck", True), ("no thanks", False), ("可以了", False)]
)
def test_still_not(text: str, expected: bool) -> None:
    assert still_not(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("it works now", True), ("能上网了", True), ("it worked yesterday", False), ("不行了", False)],
)
def test_says_it_works(text: str, expected: bool) -> None:
    assert says_it_works(text) is expected


@pytest.mark.parametrize(
    ("reads", "yes", "no"),
    [
        (acknowledges, ["ok, thanks", "好的"], ["ok but it fails"]),
        (asks_step_back, ["previous step", "go back", "上一步"], ["I go back home tomorrow"]),
        (cannot_find, ["I can't find it", "没有这个选项"], ["found it"]),
        (goes_to_try, ["let me try", "我试试"], ["it failed"]),
        (has_landed, ["just landed", "到了"], ["I fly tomorrow"]),
        (not_there_yet, ["I fly tomorrow", "还没到"], ["just landed"]),
        (not_tried_yet, ["I haven't tried", "还没试"], ["I tried"]),
        (says_tried, ["already did that", "试过了"], ["how?"]),
    ],
)
def test_what_a_text_says(reads, yes: list[str], no: list[str]) -> None:  # type: ignore[no-untyped-def]
    assert [text for text in yes if not reads(text)] == []
    assert [text for text in no if reads(text)] == []
