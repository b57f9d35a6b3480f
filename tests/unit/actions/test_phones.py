"""A phone is judged by the market it was sold in, then by its model; one that takes no eSIM gets no steps."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import UserUttered
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions import eid, phones
from actions.how_to import ActionDeviceCompatibility, ActionHowToInstall
from aftercare.catalogue.markets import market_named
from aftercare.orders import tables
from tests.support.turns import next_action, prove, said, slots, turn

ASKS = {"intent": "ask_device_compatibility", "confidence": 0.9}


@pytest.mark.parametrize(
    ("text", "named", "response"),
    [
        ("can my mainland Chinese iPhone 13 use it", "apple-iphone-13", "utter_device_market_no"),
        ("國行iphone 15 可以嗎", "apple-iphone-mainland-china", "utter_device_market_no"),
        ("国行 iPhone Air 能用吗", "apple-iphone-mainland-china", "utter_device_market_depends"),
        ("iPhone 16 bought in Hong Kong", "apple-iphone-16", "utter_device_market_mostly_no"),
        ("港版 iPhone 17 得唔得", "apple-iphone-17", "utter_device_market_yes"),
        ("a Taiwan version Galaxy S22, does it work", "samsung-galaxy-s22", "utter_device_market_mostly_no"),
        ("小米14 国行", "xiaomi-14", "utter_device_market_mostly_no"),
        ("iPhone 13 bought in Japan", "apple-iphone-13", "utter_device_market_yes"),
        ("iPhone 8 from my sister", "apple-iphone-8", "utter_device_no"),
        ("my iPhone 16 from Hong Kong", "apple-iphone-16", "utter_device_market_mostly_no"),
        ("美版三星 S23 行吗", "samsung-galaxy-s23", "utter_device_market_open"),
        ("华为 P40 国际版", "huawei-p40", "utter_device_market_yes"),
        ("OPPO Find X5，台灣版的", "oppo-find-x5", "utter_device_market_mostly_yes"),
        ("a Xiaomi 14, Singapore model", "xiaomi-14", "utter_device_market_open"),
        ("红米note12 能用吗", "redmi-note-12", "utter_device_no"),
    ],
)
def test_the_market_decides(text: str, named: str, response: str) -> None:
    here = turn("ask", text=text, entities={"device": named}, device=named, **ASKS)
    ActionDeviceCompatibility().handle(here)
    assert said(here)[0] == response


def test_a_market_alone_is_of_the_phone_named_before() -> None:
    here = turn("ask", text="it was bought in Hong Kong", device="apple-iphone-14", **ASKS)
    assert next_action(phones.answer(here) or []) == "action_device_compatibility"
    ActionDeviceCompatibility().handle(here)
    assert said(here)[0] == "utter_device_market_mostly_no"
    assert market_named("I'm from Hong Kong") is None


def test_a_phone_without_esim_gets_no_steps() -> None:
    here = turn("ask", text="how do I install it on an iPhone 7", entities={"device": "apple-iphone-7"})
    ActionHowToInstall().handle(here)
    assert said(here)[0] == "utter_device_no"
    china = turn("ask", text="国行iPhone 12怎么装", entities={"device": "apple-iphone-12"}, language="zh")
    ActionHowToInstall().handle(china)
    assert said(china)[0] == "utter_device_market_no"


def test_it_is_on_the_phone_already(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        session.add(
            tables.Device(
                id="apple-iphone-15", brand="Apple", model="iPhone 15", aliases=[], esim="yes", menu_family="iphone"
            )
        )
    prove(orders, "NZ10000003", esim={"profile_state": "installed", "device_id": "apple-iphone-15"})
    here = turn("ask", entities={"device": "apple-iphone-15"}, order_number="NZ10000003", **ASKS)
    assert next_action(phones.answer(here) or []) == "action_device_compatibility"
    ActionDeviceCompatibility().handle(here)
    assert said(here) == ["utter_device_installed"]


def test_said_before_an_order_is_asked_for_only_when_useless() -> None:
    for named, told in (("apple-iphone-7", 1), ("apple-iphone-13", 0), ("huawei-mate-40-pro", 0)):
        here = turn("inform", text="a phone", entities={"device": named})
        phones.tell_if_useless(here)
        assert len(here.dispatcher.messages) == told


@pytest.mark.parametrize(
    ("unit", "action"),
    [
        ("install-pixel.pixel-add-sim-where@0.74", "action_device_compatibility"),
        ("phone-compatibility.oldest-iphone@0.74", None),
    ],
)
def test_a_model_surely_asked_about_is_looked_up_whatever_else_it_resembles(unit: str, action: str | None) -> None:
    here = turn("ask", units=unit, entities={"device": "google-pixel-8"}, **{**ASKS, "confidence": 0.99})
    assert next_action(phones.answer(here) or []) == action


@pytest.mark.parametrize(
    ("text", "make", "name"),
    [
        ("does an oppo reno6 5g take it", "oppo", "OPPO reno6 5g"),
        ("华为nova9可以吗", "华为", "Huawei nova9"),
        ("is a samsung A06 any good", "samsung", "Samsung A06"),
    ],
)
def test_a_model_that_is_not_listed_is_not_asked_for_again(text: str, make: str, name: str) -> None:
    device = {"oppo": "oppo-phone", "华为": "huawei-phone", "samsung": "samsung-galaxy"}[make]
    here = turn("ask", text=text, device=device, **ASKS)
    start = text.index(make)
    here.tracker.latest_message["entities"] = [
        {"entity": "device", "value": device, "start": start, "end": start + len(make)}
    ]
    ActionDeviceCompatibility().handle(here)
    assert said(here) == ["utter_device_unlisted"]
    assert here.dispatcher.messages[0]["device"] == name


def test_which_phone_to_get_is_told_by_what_it_must_have() -> None:
    for text in ("what phone should I buy for this", "我該換哪款手機才行"):
        here = turn("ask", text=text)
        assert phones.answer(here) == []
        assert said(here) == ["utter_device_wanted"]


def said_before(text: str, **entities: str) -> dict[str, Any]:
    found = [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in entities.items()]
    return dict(UserUttered(text, {"entities": found}))


def test_each_of_two_phones_is_judged() -> None:
    text = "Does it work with a Huawei P40 Pro? And my daughter has a Samsung S9"
    here = turn("ask", text=text, device="samsung-galaxy-s9", **ASKS)
    named = (("huawei-p40-pro", "Huawei P40 Pro"), ("samsung-galaxy-s9", "Samsung S9"))
    here.tracker.latest_message["entities"] = [
        {"entity": "device", "value": value, "start": text.index(words), "end": text.index(words) + len(words)}
        for value, words in named
    ]
    ActionDeviceCompatibility().handle(here)
    assert said(here) == ["utter_device_depends", "utter_device_no"]


def test_a_make_is_the_model_that_was_told() -> None:
    before = [said_before("a Huawei P40 Pro", device="huawei-p40-pro"), said_before("and an S9", device="samsung-s9")]
    here = turn("ask", text="and the Huawei?", before=before, entities={"device": "huawei-phone"}, **ASKS)
    assert [phone.device.id for phone in phones.named_phones(here)] == ["huawei-p40-pro"]


@pytest.mark.parametrize("text", ["ok and the XR?", "那XR呢"])
def test_the_market_of_a_phone_is_kept(text: str) -> None:
    before = [said_before("an iPhone XR", device="apple-iphone-xr"), said_before("it came from Hong Kong though")]
    here = turn("ask", text=text, before=before)
    assert next_action(phones.answer(here) or []) == "action_device_compatibility"
    ActionDeviceCompatibility().handle(here)
    assert said(here)[0] == "utter_device_market_mostly_no"


def test_a_market_corrected_is_of_the_model_told() -> None:
    before = [said_before("我手机国内买的苹果15", device="apple-iphone-mainland-china")]
    here = turn("correct", text="我记错了，是在香港买的", before=before, language="zh")
    found = phones.named_phone(here)
    assert found is not None
    assert (found.device.id, found.esim) == ("apple-iphone-15", "mostly_no")


def test_a_phone_that_is_left_is_not_asked_about() -> None:
    text = "forget the Huawei, which plan for 3 weeks"
    here = turn("ask", text=text, intent="ask_price_plans", confidence=0.9)
    here.tracker.latest_message["entities"] = [{"entity": "device", "value": "huawei-phone", "start": 11, "end": 17}]
    assert here.entity("device") is None
    assert phones.named_phones(here) == []


def test_an_eid_that_is_seen_means_yes() -> None:
    before = [said_before("it's a Galaxy A54", device="samsung-galaxy-a54")]
    here = turn("ask", text="it does show an EID, the steps please", before=before)
    events = eid.answer(here) or []
    assert said(here) == ["utter_device_eid"]
    assert next_action(events) == "action_how_to_install"
    assert slots(events)["device"] == "samsung-galaxy-a54"
    again = turn("ask", text="and the A54?", before=before, focus=slots(events)["focus"], **ASKS)
    ActionDeviceCompatibility().handle(again)
    assert said(again) == ["utter_device_eid"]
    none = turn("ask", text="there is no EID", before=before)
    assert eid.answer(none)
    assert said(none) == ["utter_article"]
    assert eid.answer(turn("ask", text="where do I find the EID?", before=before)) is None


def test_my_phone_is_the_one_that_was_told() -> None:
    before = [said_before("an iPhone 8", device="apple-iphone-8")]
    units = "phone-compatibility.how-to-check-eid-dial@0.9"
    here = turn("ask", text="does my phone support it?", before=before, units=units, **ASKS)
    assert next_action(phones.answer(here) or []) == "action_device_compatibility"
    general = turn("ask", text="how do I find out if a phone has it?", before=before, units=units, **ASKS)
    assert phones.answer(general) is None
