"""Order numbers of any shop, by the patterns of the setting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.order_numbers import OrderNumberPatternError, reader_of

SHOP = "SHOP-d{4,6}=SHOP-4711"
BY_YEAR = "A-dddd/d{1,4}=A-2024/118"


@pytest.mark.parametrize(
    ("patterns", "written", "number"),
    [
        (SHOP, "shop-4711", "SHOP-4711"),
        (SHOP, "ＳＨＯＰ　４７１１", "SHOP-4711"),
        (SHOP, "shop 47 11 22", "SHOP-471122"),
        (SHOP, "SHOP-4711/2", "SHOP-4711/2"),
        (SHOP, "SHOP-4711/1", "SHOP-4711"),
        ("d{4,9}", "#1001", "1001"),
        ("WC-d{3,8} NZdddddddd", "wc 815", "WC-815"),
        ("WC-d{3,8} NZdddddddd", "nz-1000 0001", "NZ10000001"),
        ("ABC-xxxxdd", "abc-q7rt-88", "ABC-Q7RT88"),
        (BY_YEAR, "A-2024/118", "A-2024/118"),
        (BY_YEAR, "a 2024／118", "A-2024/118"),
        (BY_YEAR, "A2024118", "A-2024/118"),
        (BY_YEAR, "a-2024-118", "A-2024/118"),
        (BY_YEAR, "A-2024/18", "A-2024/18"),
        (BY_YEAR, "A-2024/18/2", "A-2024/18/2"),
        (BY_YEAR, "A-2024/118/1", "A-2024/118"),
        (f"{BY_YEAR} d{{4,9}}", "2024/2", "2024/2"),
    ],
)
def test_a_number_is_read_as_people_write_it(patterns: str, written: str, number: str) -> None:
    assert reader_of(patterns).normalise(written) == number


@pytest.mark.parametrize(("patterns", "text"), [(SHOP, "SHOP-47"), (SHOP, "NZ10000001"), ("NZdddddddd", "NZ1000000")])
def test_other_shapes_are_no_numbers(patterns: str, text: str) -> None:
    assert reader_of(patterns).normalise(text) is None


@pytest.mark.parametrize(
    ("patterns", "text", "found"),
    [
        (SHOP, "my order is shop-4711, from friday", ["SHOP-4711"]),
        (SHOP, "订单SHOP 4711的二维码", ["SHOP-4711"]),
        (SHOP, "shop-4711/2 and SHOP-4712", ["SHOP-4711/2", "SHOP-4712"]),
        (SHOP, "the shop opened in 2024", []),
        (BY_YEAR, "order A-2024/118 and a 2024/7/2, 24/7", ["A-2024/118", "A-2024/7/2"]),
        (SHOP, "SHOP #4711 and SHOP-47/11", ["SHOP-4711"]),
        (SHOP, "Order #4711 confirmed", ["SHOP-4711"]),
        (SHOP, "订单编号:4711/2", ["SHOP-4711/2"]),
        (SHOP, "I paid #12 and 4711 yen", []),
        (SHOP, "shop4711@example.com, shop-4711.b@example.com", []),
        (SHOP, "SHOP-4711,ana@example.com and SHOP-4712 ben@example.com", ["SHOP-4711", "SHOP-4712"]),
        ("A-dddd B-dddd", "order 4711", []),
        ("d{4,9}", "order #1001 does not work", ["1001"]),
        ("d{4,9}", "My order number is 1001", ["1001"]),
        ("d{4,9}", "Order 1001", ["1001"]),
        ("d{4,9}", "订单 #1001", ["1001"]),
        ("d{4,9}", "訂單編號:1001", ["1001"]),
        ("d{4,9}", "订单号1001", ["1001"]),
        ("d{4,9}", "I paid 2900 yen in 2026", []),
        ("NZdddddddd", "İ nz 1000 0001", ["NZ10000001"]),
    ],
)
def test_numbers_are_found_in_messages(patterns: str, text: str, found: list[str]) -> None:
    reader = reader_of(patterns)
    assert [each.number for each in reader.find(text)] == found
    for each in reader.find(text):
        written = text[each.start : each.end]
        digits, slash, place = written.partition("/")
        assert each.number in (reader.normalise(written), f"{reader.from_digits(digits)}{slash}{place}")


def test_digits_alone_are_completed_where_one_pattern_fits() -> None:
    assert reader_of(SHOP).from_digits("4711") == "SHOP-4711"
    assert reader_of("A-dddd B-dddd").from_digits("4711") is None
    assert reader_of("d{4,9}").from_digits("1001") == "1001"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("", "at least one"),
        ("shop", "cannot stand"),
        ("SHOP", "needs a d or x"),
        ("A-d{6,4}", "smaller to a larger"),
        ("A-dddd=A-12", "does not have this shape"),
        ("A-d{60}", "at most"),
    ],
)
def test_a_wrong_pattern_says_what_is_wrong(setting: str, says: str) -> None:
    with pytest.raises(OrderNumberPatternError, match=says):
        reader_of(setting)


@given(st.text(), st.sampled_from([SHOP, "d{4,9}", "ABC-xxxxdd NZdddddddd", BY_YEAR]))
def test_any_text_is_judged(text: str, patterns: str) -> None:
    reader = reader_of(patterns)
    number = reader.normalise(text)
    assert number is None or reader.normalise(number) == number
    assert all(reader.normalise(found.number) == found.number for found in reader.find(text))
    reader.seem_meant(text)


def test_the_number_of_the_whole_order() -> None:
    for number in ("SHOP-4711", "SHOP-4711/2"):
        assert reader_of(SHOP).shop_number(number) == "SHOP-4711"
    for number in ("A-2024/18", "A-2024/18/2"):
        assert reader_of(BY_YEAR).shop_number(number) == "A-2024/18"
