"""Choices that are typed instead of clicked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.understanding.choices import named_item, named_places, pointed_superlative, typed_choice

CHOICES = [
    {"title": "No signal at all", "payload": "/report_no_service"},
    {"title": "有信号但上不了网", "payload": "/report_no_data"},
    {"title": "It's very slow", "payload": "/report_slow_data"},
]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0), ("2.", 1), ("the second one", 1), ("Option 3", 2), ("第二个", 1), ("第三个吧", 2), ("選第一個", 0),
        ("我要第二個", 1),
        ("２", 1), ("3rd", 2), ("the last one", 2), ("最后一个", 2), ("no signal at all!", 0), ("有訊號", None),
        ("有信號但上不了網", 1), ("it’s very slow", 2), ("4", None), ("no", None), ("", None), ("???", None),
        ("2 phones", None), ("one moment please", None), ("NZ10000001", None), ("12", None),
    ],
)  # fmt: skip
def test_place_or_title(text: str, place: int | None) -> None:
    """A place, a title, or neither."""
    assert typed_choice(text, CHOICES) == (None if place is None else CHOICES[place]["payload"])


def test_a_single_choice_has_no_place() -> None:
    """Where one thing was offered, "1" may be anything; its title still means it."""
    assert typed_choice("1", CHOICES[:1]) is None
    assert typed_choice("No signal at all", CHOICES[:1]) == "/report_no_service"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the first or the third?", [0, 2]), ("2nd vs 1st", [1, 0]), ("第一款和第三款差多少", [0, 2]), ("第２個", [1]),
        ("这2个有什么区别", []), ("我想買一個", []), ("the fourth", []), ("the first, yes the first", [0]),
    ],
)  # fmt: skip
def test_every_place_that_is_named(text: str, places: list[int]) -> None:
    """Numbers of things are no places."""
    assert named_places(text, 3) == places


@given(st.text(max_size=40))
def test_only_offered_payloads(text: str) -> None:
    """Whatever is typed, only an offered payload can come of it."""
    assert typed_choice(text, CHOICES) in {None, *(choice["payload"] for choice in CHOICES)}


PLANS = ["New Zealand 5 GB, 15 days", "New Zealand and Australia 20 GB, 30 days", "Asia-Pacific unlimited, 15 days"]
ZH_PLANS = ["新西兰 5 GB 15 天", "新西兰与澳大利亚 20 GB 30 天", "亚太不限量 15 天"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("how much is the second one", 1), ("is option 3 any faster?", 2), ("number 1 pls", 0), ("the 3rd?", 2),
        ("第二个能用几天", 1), ("第三款有热点吗", 2), ("第２個", 1), ("last one looks nice", None),
        ("what about the last one", 2), ("最后一个多少钱", 2), ("最後那個呢", 2), ("the last time it worked", None),
        ("the one with australia", 1), ("does the 20 gb one have calls", 1), ("the 30 day one", 1),
        ("is unlimited really unlimited", 2), ("the pacific thing", 2),
        ("New Zealand and Australia 20 GB, 30 days please", 1),
        ("the 15 day one", None), ("new zealand", None), ("the fifth", None), ("2.5 GB", None), ("", None),
        ("which is best", None),
    ],
)  # fmt: skip
def test_an_item_is_named_anywhere_in_a_text(text: str, place: int | None) -> None:
    """By its place, its title, or words that it alone has; what two have in common names neither."""
    assert named_item(text, PLANS) == place


@pytest.mark.parametrize(
    ("text", "place"),
    [("带澳大利亚的那个", 1), ("不限量的", 2), ("20 的那个", 1), ("新西兰的", None), ("15 天的", None)],
)
def test_an_item_is_named_in_chinese(text: str, place: int | None) -> None:
    assert named_item(text, ZH_PLANS) == place


def test_nothing_is_named_where_nothing_is_shown() -> None:
    assert named_item("the last one", []) is None
    assert named_item("the first one", []) is None


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=5))
def test_only_a_place_that_is_there_is_named(text: str, titles: list[str]) -> None:
    place = named_item(text, titles)
    assert place is None or 0 <= place < len(titles)


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("the cheapest one", "cheapest"), ("is the cheaper any good", "cheapest"), ("最便宜的", "cheapest"),
        ("便宜那个", "cheapest"), ("最平嗰個", "cheapest"), ("the most expensive", "dearest"), ("最贵的呢", "dearest"),
        ("which has the most data", "most_data"), ("流量最多的", "most_data"), ("the biggest plan", "most_data"),
        ("the longest", "longest"), ("時間最長的", "longest"),
        ("is it cheap", None), ("how much data", None), ("多少钱", None), ("how long", None), ("", None),
    ],
)  # fmt: skip
def test_the_extreme_of_what_is_shown(text: str, which: str | None) -> None:
    assert pointed_superlative(text) == which
