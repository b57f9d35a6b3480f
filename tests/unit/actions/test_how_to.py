"""What is said of a phone: in the language of the chat, with one way to find out."""

from __future__ import annotations

import re

import pytest

from actions.how_to import ActionDeviceCompatibility
from aftercare.base.language import LANGUAGES, Language
from aftercare.base.responses import all_responses
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Device
from tests.support.turns import said, turn

DEVICES = load_catalogue().devices
TABLETS = ("apple-ipad", "android-tablet")


def texts(device: Device, language: Language) -> list[str]:
    """Every wording of what is said of the phone."""
    here = turn("ask", intent="ask_device_compatibility", device=device.id, language=language)
    ActionDeviceCompatibility().handle(here)
    assert said(here)[0] == f"utter_device_{device.esim}"
    message = here.dispatcher.messages[0]
    variations = all_responses()[language].responses[f"utter_device_{device.esim}"]
    return [str(each["text"]).format(**message) for each in variations]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("device", [each for each in DEVICES if each.esim != "no"], ids=lambda device: device.id)
def test_one_way_to_find_out_is_told(device: Device, language: Language) -> None:
    for text in texts(device, language):
        assert text.count("*#06#") == (device.id not in TABLETS), text
        assert "EID" in text


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.id)
def test_a_chinese_name_has_no_english_words(device: Device) -> None:
    assert not re.search(
        r"\b(?:(?<!Nothing )phone|tablet|mainland|first|generation)\b", device.name("zh"), re.IGNORECASE
    )


def test_the_name_is_in_the_language_of_the_chat() -> None:
    huawei = next(device for device in DEVICES if device.id == "huawei-phone")
    assert all("华为手机" in text and "phone" not in text for text in texts(huawei, "zh"))
    assert all("Huawei phone" in text for text in texts(huawei, "en"))
