"""A phone that is somebody else's does not become that of who writes; the same step may be asked for it."""

from __future__ import annotations

from typing import Any

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.whose_phone import asked_for_phone, phone_at_hand

FINDER = EntityFinder(load_catalogue())


def read(text: str) -> tuple[str, list[dict[str, Any]]]:
    return text, [entity._asdict() for entity in FINDER.named(text)]


@pytest.mark.parametrize(
    ("texts", "slot", "phone"),
    [
        (["I'm on an iPhone 12", "no luck, and my dad's OPPO has none either"], "oppo-phone", "apple-iphone-12"),
        (["我用的是 Pixel 8", "不行，我老公的三星也不行"], "samsung-galaxy", "google-pixel-8"),
        (["my wife has a Galaxy S22", "no, she has an iPhone"], "apple-iphone", "apple-iphone"),
        (["I'm on an iPhone 12", "sorry, it's a Pixel 8"], "google-pixel-8", "google-pixel-8"),
    ],
)
def test_the_phone_at_hand(texts: list[str], slot: str, phone: str) -> None:
    assert phone_at_hand(slot, [read(text) for text in texts]) == phone


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("and what's that on a Samsung", "samsung-galaxy"),
        ("mine connects now! and for my sister's Xiaomi", "xiaomi-phone"),
        ("好了，那我妈的华为呢", "huawei-phone"),
        ("三星上怎么弄", "samsung-galaxy"),
        ("I have a Samsung and it fails", None),
    ],
)
def test_the_same_is_asked_for_another_phone(text: str, phone: str | None) -> None:
    assert asked_for_phone(*read(text)) == phone
