"""What single sentences plainly say: that the line works, an EID is shown, a record is doubted, who may use a code."""

from __future__ import annotations

import pytest

from aftercare.understanding.other_user import asks_for_other_user
from aftercare.understanding.record_doubted import doubts_record
from aftercare.understanding.statements import with_statements
from aftercare.understanding.success import plainly_works
from tests.support.readings import reading
from tests.unit.understanding.test_statements import labels


@pytest.mark.parametrize(
    "text",
    [
        "I picked the other one and it works! Next, a payment I don't recognise",
        "signal is back. where is my receipt?",
        "网络恢复了。另外我的发票呢",
    ],
)
def test_a_success_beside_another_matter_is_heard(text):
    assert plainly_works(text)
    misread = reading("step:failed@0.8", situation="step", asked="manual_network")
    assert "step:works" in labels(with_statements(misread, text))


@pytest.mark.parametrize(
    "text",
    [
        "it works but it's slow",
        "does it work",
        "if it works, fine",
        "it works on my wife's",
        "有信号了但没网",
        "it isn't fixed",
    ],
)
def test_no_success(text):
    assert not plainly_works(text)


@pytest.mark.parametrize(
    "text",
    [
        "can my sister scan the code instead?",
        "could I put it on my dad's phone",
        "for my husband, a new one or the same QR code?",
        "这个码能给我妈用吗",
        "那能给我姐姐用吗",
        "能装到另一部手机上吗",
    ],
)
def test_another_may_use_it(text):
    assert asks_for_other_user(text)


@pytest.mark.parametrize(
    "text",
    [
        "can she share my hotspot",
        "can my wife also use it",
        "can I use it in Fiji",
        "can I install it again",
        "她用小米",
    ],
)
def test_nobody_else_is_to_use_it(text):
    assert not asks_for_other_user(text)


@pytest.mark.parametrize(
    "text", ["why does it say Fiji", "we have never been to Australia", "只是在悉尼转机", "为什么显示在澳洲"]
)
def test_the_record_is_doubted(text):
    assert doubts_record(text)


@pytest.mark.parametrize(
    "text", ["how much is a pack for Fiji, I've never been there", "我要去澳洲，多少钱", "we land in Fiji"]
)
def test_the_record_is_not_doubted(text):
    assert not doubts_record(text)
