"""Identifiers are read as written and rejected by their check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.identifiers import luhn_digit, normalise_order_number, valid_eid, valid_iccid, valid_imei

digits = st.text("0123456789", min_size=1, max_size=30)


@pytest.mark.parametrize(
    "text",
    [
        "NZ10000001",
        "nz10000001",
        "nz 1000 0001",
        "NZ-10000001",
        "ＮＺ１０００ ０００１",
        "Nz#1000.0001",
        "NZ：10000001",
    ],
)
def test_order_number_as_people_write_it(text):
    assert normalise_order_number(text) == "NZ10000001"


@pytest.mark.parametrize("text", ["", "10000001", "NZ1000000", "NZ100000011", "AU10000001", "NZ1000000a", "NZ١٠٠٠٠٠٠١"])
def test_what_is_no_order_number(text):
    assert normalise_order_number(text) is None


@given(st.text())
def test_any_text_is_judged(text):
    number = normalise_order_number(text)
    assert number is None or normalise_order_number(number) == number
    assert {valid_iccid(text), valid_imei(text), valid_eid(text)} <= {True, False}


@given(digits, st.data())
def test_luhn_finds_every_single_wrong_digit(number, data):
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert luhn_digit(number) != luhn_digit(number[:place] + other + number[place + 1 :])


def test_published_numbers():
    assert luhn_digit("7992739871") == "3"
    assert valid_imei("490154203237518")
    assert not valid_imei("490154203237519")
    # the example of GSMA SGP.29 is checked as a number modulo 97, not by Luhn
    assert valid_eid("89049032123451234512345678901235")
    assert not valid_eid("89049032123451234512345678901234")


@given(st.text("0123456789", min_size=30, max_size=30))
def test_an_eid_may_begin_with_anything(body):
    check = (1 - int(body) * 100) % 97
    assert valid_eid(f"{body}{check:02d}")


@given(st.text("0123456789", min_size=16, max_size=17))
def test_iccid(body):
    number = f"89{body}"
    assert valid_iccid(number + luhn_digit(number))
    assert not valid_iccid(number + str((int(luhn_digit(number)) + 1) % 10))


def test_luhn_of_other_characters():
    with pytest.raises(ValueError, match="0-9"):
        luhn_digit("12a")
