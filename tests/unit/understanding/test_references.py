"""What is pointed at: a plan beside the one talked about, an order by whose it is, a pack by its data."""

from __future__ import annotations

import pytest

from aftercare.understanding.choices import beside, named_item
from aftercare.understanding.follow_ups import asks_what_now
from aftercare.understanding.order_references import means_other, owner_named
from aftercare.understanding.plan_requirements import data_wanted, plan_attribute, wants_calls


@pytest.mark.parametrize(
    ("text", "at", "count", "place"),
    [
        ("no, the one above", 2, 5, 1),
        ("上面那个", 1, 5, 0),
        ("the next one", 1, 3, 2),
        ("the other one", 0, 2, 1),
        ("the other one", 0, 3, None),
        ("上面那个", 0, 5, None),
    ],
)
def test_a_place_beside_the_one_talked_about(text: str, at: int, count: int, place: int | None) -> None:
    assert beside(text, at, count) == place


def test_three_gigs_are_no_third_place() -> None:
    packs = ["New Zealand 3 GB, 7 days", "New Zealand 5 GB, 15 days", "New Zealand 10 GB, 30 days"]
    assert named_item("the 3 gig one", packs) != 2
    assert data_wanted("the 3 gig one") == data_wanted("3G那个") == 3072
    assert data_wanted("my phone shows 3G") == 0


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("and mine?", "own"),
        ("back to hers", "companion"),
        ("my mum's esim", "companion"),
        ("那我的呢", "own"),
        ("帮我妈看一下", "companion"),
        ("when does it start", None),
    ],
)
def test_whose_order_it_is(text: str, owner: str | None) -> None:
    assert owner_named(text) == owner


def test_the_other_of_two_orders() -> None:
    assert means_other("the other one, please")
    assert means_other("另外那个帮我退了")
    assert not means_other("another question")


def test_a_video_call_is_no_call_by_number() -> None:
    assert not wants_calls("a video call every evening")
    assert not wants_calls("每天视频通话")
    assert wants_calls("can I make calls")
    assert plan_attribute("how much would that be") == "price"


@pytest.mark.parametrize(
    "text", ["so what can you do without it?", "那还有什么办法", "那没有单号能帮我什么", "what are my options"]
)
def test_what_is_possible_is_asked(text: str) -> None:
    assert asks_what_now(text)
