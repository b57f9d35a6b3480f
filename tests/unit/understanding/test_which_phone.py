"""On which phone the travel line is said to be, where that was asked or concluded."""

from __future__ import annotations

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.which_phone import ASKED_WHICH, OTHER_ONE, phones_of_line, tells_which_phone

FINDER = EntityFinder(load_catalogue())


def said(text: str):
    return phones_of_line(text, [each._asdict() for each in FINDER.find(text)])


def tells(asked: str, text: str) -> bool:
    return tells_which_phone(asked, text, [each._asdict() for each in FINDER.find(text)])


@pytest.mark.parametrize(
    "text",
    [
        "it's on this phone, I never owned a Galaxy",
        "the line is right here on my iPhone 14. what do I do now?",
        "just this phone, no Samsung",
        "on the phone I'm holding",
        "就装在我现在用的这部手机上",
        "卡就在这部手机上，怎么办？",
        "就喺呢部機度",
        "说错了，它就在这部iPhone上，怎么办？",
    ],
)
def test_the_phone_in_use_has_it(text):
    assert said(text).here
    assert tells(ASKED_WHICH, text)
    assert tells(OTHER_ONE, text)


@pytest.mark.parametrize(
    "text", ["it isn't on this phone", "on this phone I can't find it", "不在这部手机上", "where is it on a phone?"]
)
def test_the_phone_in_use_does_not_have_it(text):
    assert not said(text).here


@pytest.mark.parametrize(
    ("text", "named", "denied"),
    [
        ("on my old Samsung, not on the iPhone", ("samsung-galaxy",), ("apple-iphone",)),
        ("we never had a Galaxy", (), ("samsung-galaxy",)),
        ("我从来没用过三星", (), ("samsung-galaxy",)),
        ("装在 iPhone 16，S24 只是连热点", ("apple-iphone-16", "samsung-galaxy-s24"), ()),
    ],
)
def test_phones_are_named_or_denied(text, named, denied):
    assert said(text)[1:3] == (named, denied)
    assert tells(ASKED_WHICH, text)


def test_a_question_and_other_findings_tell_nothing():
    assert not tells(ASKED_WHICH, "can I move it from the Samsung to my iPhone?")
    assert not tells("incident", "it's on this phone")
    assert not tells(OTHER_ONE, "on my Samsung")


@pytest.mark.parametrize(
    "text", ["neither, I never had a Flip", "两部都没有，我从来没有过什么Flip", "都沒有耶，S22 早就賣了"]
)
def test_on_none_of_the_phones(text):
    assert said(text).neither
    assert tells(ASKED_WHICH, text)


@pytest.mark.parametrize("text", ["wait, the line is on my Pixel 7", "等等，线路就在Pixel 7里"])
def test_the_line_is_on_the_phone_named(text):
    assert tells(OTHER_ONE, text)
